package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/rubin-love/love-go/internal/mask"
)

// registry is a client of the schema registry that retries while it is down.
type registry struct {
	url      string
	client   *sr.Client
	http     *http.Client
	calls    *calls
	requests chan struct{} // semaphore
}

// maxRegistryRequests is the number of requests to the registry at a time.
const maxRegistryRequests = 16

func newRegistry(url string, log *slog.Logger) (*registry, error) {
	h := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: maxRegistryRequests, IdleConnTimeout: time.Minute},
	}
	client, err := sr.NewClient(sr.URLs(url), sr.HTTPClient(h), sr.UserAgent("love-go"))
	if err != nil {
		return nil, fmt.Errorf("schema registry: %w", mask.Error(err, url))
	}
	c := newCalls(log, "the schema registry does not answer, trying again", "the schema registry answers again")
	return &registry{url: url, client: client, http: h, calls: c, requests: make(chan struct{}, maxRegistryRequests)}, nil
}

func (r *registry) close() { r.http.CloseIdleConnections() }

// register makes sure that the registry has the schema under the subject, and
// returns its id. The error is a [SchemaError], or ctx has ended.
func (r *registry) register(ctx context.Context, subject, schema string) (id int, err error) {
	err = r.retry(ctx, "registering the schema of "+subject, func() error {
		id, err = r.registerOnce(ctx, subject, schema)
		return err
	})
	if refused := (*sr.ResponseError)(nil); errors.As(err, &refused) && ctx.Err() == nil {
		return 0, &SchemaError{Subject: subject, Incompatible: refused.StatusCode == http.StatusConflict, Err: err}
	}
	return id, err
}

// registerOnce is register without trying again.
func (r *registry) registerOnce(ctx context.Context, subject, schema string) (int, error) {
	id, err := r.client.RegisterSchema(ctx, subject, sr.Schema{Schema: schema, Type: sr.TypeAvro}, -1, -1)
	return id, mask.Error(err, r.url)
}

// schema returns the schema with the id. The error is [errUnknownSchema], or ctx has
// ended.
func (r *registry) schema(ctx context.Context, id int) (text string, err error) {
	err = r.retry(ctx, fmt.Sprintf("asking for schema %d", id), func() error {
		text, err = r.schemaOnce(ctx, id)
		return err
	})
	return text, err
}

// schemaOnce is schema without trying again; the error may be any other, too.
func (r *registry) schemaOnce(ctx context.Context, id int) (text string, err error) {
	s, err := r.client.SchemaByID(ctx, id)
	err = mask.Error(err, r.url)
	if isRefusal(err) {
		return "", fmt.Errorf("%w: %w", errUnknownSchema, err)
	}
	return s.Schema, err
}

var errUnknownSchema = errors.New("the schema registry does not know the schema")

// retry repeats a request until the registry answers, even with a refusal.
func (r *registry) retry(ctx context.Context, doing string, request func() error) error {
	return r.calls.retry(ctx, func(err error) bool { return !isRefusal(err) }, doing, func() error {
		select {
		case r.requests <- struct{}{}:
			defer func() { <-r.requests }()
			return request()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// isRefusal reports whether the registry refused a request, which a retry does not
// change.
func isRefusal(err error) bool {
	var answer *sr.ResponseError
	return errors.As(err, &answer) && answer.StatusCode >= 400 && answer.StatusCode < 500 &&
		answer.StatusCode != http.StatusRequestTimeout && answer.StatusCode != http.StatusTooManyRequests
}
