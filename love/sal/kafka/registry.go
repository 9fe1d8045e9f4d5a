package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
)

// registry is a client of the schema registry that retries while it is away.
type registry struct {
	client *sr.Client
	http   *http.Client
	log    *slog.Logger
	said   limiter
	asking chan struct{} // semaphore of requests
}

// registryParallel is the number of requests to the registry at a time.
const registryParallel = 16

func newRegistry(url string, log *slog.Logger) (*registry, error) {
	h := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: registryParallel, IdleConnTimeout: time.Minute},
	}
	client, err := sr.NewClient(sr.URLs(url), sr.HTTPClient(h), sr.UserAgent("love-go"))
	if err != nil {
		return nil, fmt.Errorf("schema registry: %w", err)
	}
	return &registry{client: client, http: h, log: log, asking: make(chan struct{}, registryParallel)}, nil
}

func (r *registry) close() { r.http.CloseIdleConnections() }

// register makes sure that the registry has the schema under the subject, and
// returns its id. The error is a [SchemaError], or ctx has ended.
func (r *registry) register(ctx context.Context, subject, schema string) (id int, err error) {
	err = r.insist(ctx, "registering the schema of "+subject, func() error {
		id, err = r.client.RegisterSchema(ctx, subject, sr.Schema{Schema: schema, Type: sr.TypeAvro}, -1, -1)
		return err
	})
	if refused := (*sr.ResponseError)(nil); errors.As(err, &refused) {
		return 0, &SchemaError{Subject: subject, Incompatible: refused.StatusCode == http.StatusConflict, Err: err}
	}
	return id, err
}

// schema returns the schema with the id. The error is [errUnknownSchema], or ctx has
// ended.
func (r *registry) schema(ctx context.Context, id int) (text string, err error) {
	var s sr.Schema
	err = r.insist(ctx, fmt.Sprintf("asking for schema %d", id), func() error {
		s, err = r.client.SchemaByID(ctx, id)
		return err
	})
	if refused := (*sr.ResponseError)(nil); errors.As(err, &refused) {
		return "", fmt.Errorf("%w: %w", errUnknownSchema, err)
	}
	return s.Schema, err
}

var errUnknownSchema = errors.New("the schema registry does not know the schema")

// insist repeats a request until the registry answers, be it with a refusal.
func (r *registry) insist(ctx context.Context, what string, ask func() error) error {
	return insist(ctx, func(err error) bool {
		if refusal(err) {
			return false
		}
		if r.said.allow(complaintPause) {
			r.log.Warn("the schema registry does not answer, trying again", "doing", what, "error", err)
		}
		return true
	}, func() error {
		select {
		case r.asking <- struct{}{}:
			defer func() { <-r.asking }()
			return ask()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// refusal reports whether the error is a refusal, which a retry does not change.
func refusal(err error) bool {
	var answer *sr.ResponseError
	return errors.As(err, &answer) && answer.StatusCode >= 400 && answer.StatusCode < 500 &&
		answer.StatusCode != http.StatusRequestTimeout && answer.StatusCode != http.StatusTooManyRequests
}

// insist calls ask until it succeeds, again returns false for its error, or ctx ends.
// The pauses between calls grow from 50 ms to 5 s.
func insist(ctx context.Context, again func(error) bool, ask func() error) error {
	const longest = 5 * time.Second
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, longest) {
		err := ask()
		if err == nil || ctx.Err() == nil && !again(err) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}
