package efdhttp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

const (
	// maxBody is the longest body of a request, in bytes.
	maxBody = 1 << 20
	// bodyTimeout is how long it may take to arrive.
	bodyTimeout = 10 * time.Second
	// maxRequests is how many requests may be under way at once.
	maxRequests = 64
	// maxQueries is how many queries of all requests together the sources get at once.
	maxQueries = 4
	// retryAfter is how long, in seconds, a client should wait when there are too many.
	retryAfter = "2"
)

// Config describes a handler.
type Config struct {
	// Sources are what can be asked, by the names that requests give as "efd_instance".
	Sources map[string]history.Source
	Timeout time.Duration // of one request; default 30 s
	Log     *slog.Logger  // default: none
}

// Paths returns the paths of the API, which may be served below any other, each also with
// a slash at its end.
func Paths() []string {
	return []string{"efd/timeseries", "efd/top_timeseries", "efd/logmessages", "efd/efd_clients"}
}

// handler is the API.
type handler struct {
	config   Config
	actions  map[string]httpapi.Methods[action]
	requests chan struct{}
	queries  chan struct{}
}

// action answers a request with JSON.
type action func(ctx context.Context, body []byte) ([]byte, error)

// New returns a handler of the [Paths]. It looks at the last part of a path only, so that
// it can be mounted anywhere; log-in and permission are the caller's. What is wrong with
// a request, or with its source, is answered 400 with {"ack": text} for the operator, and
// too many requests 503.
func New(c Config) http.Handler {
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	h := &handler{config: c, requests: make(chan struct{}, maxRequests), queries: make(chan struct{}, maxQueries)}
	h.actions = map[string]httpapi.Methods[action]{
		"timeseries":     {http.MethodPost: h.timeSeries},
		"top_timeseries": {http.MethodPost: h.topTimeSeries},
		"logmessages":    {http.MethodPost: h.logMessages},
		"efd_clients":    {http.MethodGet: h.instances},
	}
	return h
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := h.answer(w, r)
	answer := httpapi.Answer{Status: http.StatusOK, Raw: body, Header: http.Header{"Content-Type": {"application/json"}}}
	if err != nil {
		refused, ok := errors.AsType[*httpapi.Refusal](err)
		if !ok {
			refused = refuse(http.StatusBadRequest, "%s", sentence(err))
		}
		answer = refused.Answer
		if errors.Is(err, history.ErrUnavailable) {
			h.config.Log.Warn("a query to a history got no answer", "path", r.URL.Path, "error", err)
		}
	}
	if err := answer.Write(w); err != nil {
		h.config.Log.Debug("answer not delivered", "error", err)
	}
}

// sentence returns an error as a text for the operator.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func refuse(status int, format string, args ...any) *httpapi.Refusal {
	return httpapi.Refuse(status, love.Ack{Text: fmt.Sprintf(format, args...)})
}

func (h *handler) answer(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	methods, ok := h.actions[path.Base(r.URL.Path)]
	if !ok {
		return nil, refuse(http.StatusNotFound, "There is no %s.", r.URL.Path)
	}
	do, ok := methods.Find(r.Method)
	if !ok {
		allowed := strings.Join(methods.Allowed(), ", ")
		return nil, refuse(http.StatusMethodNotAllowed, "%s takes %s, not %s.", r.URL.Path, allowed, r.Method).With("Allow", allowed)
	}
	body, err := httpapi.ReadBody(w, r, maxBody, bodyTimeout)
	switch err {
	case httpapi.ErrBodyTimeout:
		return nil, refuse(http.StatusRequestTimeout, "The request did not come to its end within %s.", bodyTimeout).With("Connection", "close")
	case httpapi.ErrBodyTooLarge:
		return nil, refuse(http.StatusRequestEntityTooLarge, "A request may have %d MiB.", maxBody>>20)
	}
	select {
	case h.requests <- struct{}{}:
		defer func() { <-h.requests }()
	default:
		return nil, refuse(http.StatusServiceUnavailable, "Too many requests for the past are under way (%d): try again in a moment.", maxRequests).With("Retry-After", retryAfter)
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), h.config.Timeout,
		fmt.Errorf("%w: there was no answer within %s: ask for a shorter time, or for fewer topics", history.ErrUnavailable, h.config.Timeout))
	defer cancel()
	answer, err := do(ctx, body)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return answer, err
}

// instances answers GET efd/efd_clients.
func (h *handler) instances(context.Context, []byte) ([]byte, error) {
	out := []byte(`{"instances":[`)
	for i, name := range h.names() {
		if i > 0 {
			out = append(out, ',')
		}
		out = love.AppendText(out, name)
	}
	return append(out, "]}"...), nil
}

func (h *handler) names() []string { return slices.Sorted(maps.Keys(h.config.Sources)) }

// source returns the source of a name.
func (h *handler) source(name string) (history.Source, error) {
	if s := h.config.Sources[name]; s != nil {
		return s, nil
	}
	if len(h.config.Sources) == 0 {
		return nil, errors.New("no EFD and no archive is configured here")
	}
	return nil, fmt.Errorf("there is no EFD %q here: known are %s", name, strings.Join(h.names(), ", "))
}
