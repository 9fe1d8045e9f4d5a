package commander

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/jsoncache"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// maxRequest bounds the body of a request to the API, in bytes. The longest
// parameter is the configuration of a script.
const maxRequest = 4 << 20

// bodyTime bounds the time in which the body of a request has to arrive.
const bodyTime = 10 * time.Second

// Backend holds what the handler of [NewHandler] calls. Requests that need a
// nil field, other than Heartbeater, are answered 501.
type Backend struct {
	Commander   Commander
	Informer    Informer
	Heartbeater Heartbeater // default: the time of this machine
	Logbook     Logbook
}

// HandlerOption changes a default of [NewHandler].
type HandlerOption func(*handler)

// WithMostRequests sets how many commands and observing logs may be under way
// at once; further ones are refused with 503. Default: [DefaultUnderWay].
func WithMostRequests(n int) HandlerOption {
	return func(h *handler) { h.slots = make(slots, max(n, 1)) }
}

// WithLogger sets the logger for failures of the API. Default: none.
func WithLogger(l *slog.Logger) HandlerOption { return func(h *handler) { h.log = l } }

// handler is the LOVE-commander's HTTP API.
type handler struct {
	Backend
	slots slots
	log   *slog.Logger
	cache jsoncache.Cache
	paths map[string]endpoint
}

// endpoint holds the functions that answer a path, by method.
type endpoint map[string]func(w http.ResponseWriter, r *http.Request) error

// NewHandler returns the HTTP API of a LOVE-commander (manager protocol, section
// 11: cmd, heartbeat, lovecsc, salinfo) over a commander, for our managers and
// the Python one. All answers are JSON, errors {"ack": text}. As in the original
// there is no authentication: let only managers reach it.
//
// Beyond the original, a client that accepts [love.ProgressType] receives the
// progress of its command, and salinfo has ETags and compression.
func NewHandler(b Backend, opts ...HandlerOption) http.Handler {
	h := &handler{Backend: b, slots: make(slots, DefaultUnderWay), log: slog.New(slog.DiscardHandler)}
	for _, o := range opts {
		o(h)
	}
	const get, post = http.MethodGet, http.MethodPost
	h.paths = map[string]endpoint{
		commandPath:            {post: h.bounded(h.command)},
		checkPath:              {post: h.bounded(h.check)},
		"/cmd":                 {get: addSlash, post: addSlash},
		"/heartbeat/":          {get: h.heartbeat},
		"/heartbeat":           {get: addSlash, post: addSlash},
		logPath:                {post: h.bounded(h.observingLog)},
		"/salinfo/topic-names": {get: h.topicNames},
		"/salinfo/topic-data":  {get: h.topicData},
		"/salinfo/metadata": {get: func(http.ResponseWriter, *http.Request) error {
			return &refusal{AckReply(http.StatusNotFound, "LOVE-commanders have no metadata any more. topic-data has what there is.")}
		}},
	}
	return h
}

// refusal is an error that carries its reply.
type refusal struct{ reply Reply }

func (r *refusal) Error() string { return string(r.reply.Body) }

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			panic(p)
		} else if p != nil {
			h.log.Error("a request to the commander panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			text := "The commander failed on this request. Its log says why." + Call{Method: r.Method, Path: r.URL.Path}.aftermath()
			h.write(w, AckReply(http.StatusInternalServerError, text))
		}
	}()
	if r.ContentLength != 0 { // net/http clears the deadline after the body
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) // not every writer supports it
	}
	err := h.dispatch(w, r)
	if err == nil {
		return
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		h.write(w, refused.reply)
		return
	}
	h.log.Warn("a request to the commander got no answer", "path", r.URL.Path, "error", err)
	h.write(w, ReplyTo(NoReply(err, "")))
}

func (h *handler) dispatch(w http.ResponseWriter, r *http.Request) error {
	at, ok := h.paths[r.URL.Path]
	if !ok {
		return &refusal{AckReply(http.StatusNotFound, fmt.Sprintf("The commander has no %s.", r.URL.Path))}
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet // net/http leaves the body out
	}
	do, ok := at[method]
	if !ok {
		var allowed []string
		for _, m := range []string{http.MethodGet, http.MethodPost} {
			if at[m] != nil {
				allowed = append(allowed, m)
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return &refusal{AckReply(http.StatusMethodNotAllowed, fmt.Sprintf("%s takes %s, not %s.", r.URL.Path, strings.Join(allowed, " and "), r.Method))}
	}
	return do(w, r)
}

// addSlash redirects to the path with a slash at its end, keeping method and
// body. It reads the body first, because a Python client that is still sending
// does not look for an answer.
func addSlash(w http.ResponseWriter, r *http.Request) error {
	_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxRequest)) // the target refuses a body that is too long
	u := *r.URL
	u.Path += "/"
	w.Header().Set("Location", u.RequestURI())
	w.WriteHeader(http.StatusPermanentRedirect)
	return nil
}

// bounded wraps do to refuse requests while too many are under way.
func (h *handler) bounded(do func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		release, err := h.slots.take()
		if err != nil {
			return err
		}
		defer release()
		return do(w, r)
	}
}

// object reads the body, a JSON object with at least the required keys; keys
// lists them for the text of a refusal.
func object(w http.ResponseWriter, r *http.Request, keys string, required ...string) (json.RawMessage, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.Header().Set("Connection", "close")
		return nil, &refusal{AckReply(http.StatusRequestTimeout, fmt.Sprintf("The request did not come to its end within %s.", bodyTime))}
	}
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		return nil, &refusal{AckReply(http.StatusRequestEntityTooLarge, fmt.Sprintf("A request may have %d MiB.", maxRequest>>20))}
	}
	found := map[string]bool{}
	if err == nil && json.Valid(body) {
		body = []byte(strings.TrimSpace(string(body)))
		for name := range wire.Members(body) {
			found[name] = true
		}
	}
	for _, key := range required {
		if !found[key] {
			return nil, &refusal{MissingKeys(keys, body)}
		}
	}
	return body, nil
}

// MissingKeys returns a LOVE-commander's reply to a request that lacks one of
// the keys or has a wrong value there (manager protocol, section 11). It shows
// the beginning of the body.
func MissingKeys(keys string, body []byte) Reply {
	return AckReply(http.StatusBadRequest,
		fmt.Sprintf("Request must have JSON data with the following keys: %s. Received %s", keys, excerpt(body)))
}

// observingLog answers POST /lovecsc/observinglog.
func (h *handler) observingLog(w http.ResponseWriter, r *http.Request) error {
	body, err := object(w, r, "user, message", "user", "message")
	if err != nil {
		return err
	}
	if h.Logbook == nil {
		return missing("LOVE CSC")
	}
	reply, err := h.Logbook.WriteObservingLog(r.Context(), ObservingLog{Body: body})
	return h.pass(w, reply, err, UnknownLog)
}

// pass writes the reply of a backend, or returns why there is none.
func (h *handler) pass(w http.ResponseWriter, reply Reply, err error, aftermath string) error {
	if err == nil {
		reply, err = reply.Strict()
	}
	if err != nil {
		return NoReply(err, aftermath)
	}
	h.write(w, reply)
	return nil
}

func missing(what string) error {
	return &refusal{AckReply(http.StatusNotImplemented, "This commander has no "+what+".")}
}

// heartbeat answers GET /heartbeat/.
func (h *handler) heartbeat(w http.ResponseWriter, r *http.Request) error {
	now := time.Now()
	if h.Heartbeater != nil {
		var err error
		if now, err = h.Heartbeater.Heartbeat(r.Context()); err != nil {
			return err
		}
	}
	body := love.AppendFloat([]byte(`{"timestamp":`), love.UnixSeconds(now))
	h.write(w, Reply{Status: http.StatusOK, Body: append(body, '}')})
	return nil
}

// topicNames answers GET /salinfo/topic-names.
func (h *handler) topicNames(w http.ResponseWriter, r *http.Request) error {
	return h.inform(w, r, Informer.TopicNames)
}

// topicData answers GET /salinfo/topic-data.
func (h *handler) topicData(w http.ResponseWriter, r *http.Request) error {
	return h.inform(w, r, Informer.TopicData)
}

func (h *handler) inform(w http.ResponseWriter, r *http.Request, ask func(Informer, context.Context, string) (Reply, error)) error {
	if h.Informer == nil {
		return missing("SAL information")
	}
	categories := r.URL.Query().Get("categories")
	reply, err := ask(h.Informer, r.Context(), categories)
	key := r.URL.Path + "?" + categories
	if err == nil && !h.cache.Has(key, reply.Body) {
		reply, err = reply.Strict()
	}
	if err != nil || reply.Status != http.StatusOK {
		return h.pass(w, reply, err, "")
	}
	w.Header().Set("Cache-Control", "no-cache") // clients have to revalidate, with the ETag
	if err := h.cache.Serve(w, r, key, reply.Body); err != nil {
		h.log.Debug("answer not delivered", "error", err)
	}
	return nil
}

// write writes a reply. A failed delivery is only logged.
func (h *handler) write(w http.ResponseWriter, r Reply) {
	head := w.Header()
	head.Set("Content-Type", "application/json")
	head.Set("Cache-Control", "no-store")
	if r.RetryAfter > 0 {
		head.Set("Retry-After", strconv.Itoa(int((r.RetryAfter+time.Second-1)/time.Second)))
	}
	w.WriteHeader(r.Status)
	if _, err := w.Write(r.Body); err != nil {
		h.log.Debug("answer not delivered", "error", err)
	}
}
