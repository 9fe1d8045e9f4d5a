package commanderhttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/jsoncache"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// maxRequest is the longest body of a request, in bytes. The longest
// parameter is the configuration of a script.
const maxRequest = 4 << 20

// bodyTimeout is how long the body of a request may take to arrive.
const bodyTimeout = 10 * time.Second

// Backend holds what the handler of [NewHandler] calls. Requests that need a
// nil field, other than Heartbeater, are answered 501.
type Backend struct {
	Commander   commander.Commander
	Informer    commander.Informer
	Heartbeater commander.Heartbeater // default: the time of this machine
	Logbook     commander.Logbook
}

// HandlerOption changes a default of [NewHandler].
type HandlerOption func(*handler)

// WithTimeout sets how long a command, or another request, may take; progress
// that the component reports extends it. It corresponds to COMMAND_TIMEOUTS of
// the Python commander. Default: 10 s, as in the observatory.
func WithTimeout(d time.Duration) HandlerOption { return func(h *handler) { h.timeout = d } }

// WithWrap sets what the handler is wrapped in, such as what makes traces. Default: nothing.
func WithWrap(wrap func(http.Handler) http.Handler) HandlerOption {
	return func(h *handler) { h.wrapped = wrap }
}

// WithMaxCommands sets how many commands and observing logs may be under way at
// once; further ones are refused with 503. Default, also for 0: [DefaultMaxRequests].
func WithMaxCommands(n int) HandlerOption {
	return func(h *handler) { h.underWay = newSemaphore(n) }
}

// WithLogger sets the logger for failures of the API. Default: none.
func WithLogger(l *slog.Logger) HandlerOption { return func(h *handler) { h.log = l } }

// WithPaths serves further paths, and the same with a slash at their ends, by a handler of
// their own, such as "/efd/timeseries" by one of package efdhttp. Like all requests they
// are logged, answered if the handler panics, and refused if a page of another site
// sends them.
func WithPaths(next http.Handler, paths ...string) HandlerOption {
	return func(h *handler) {
		for _, p := range paths {
			h.further[p], h.further[p+"/"] = next, next
		}
	}
}

// handler is the LOVE-commander's HTTP API.
type handler struct {
	Backend
	timeout  time.Duration
	underWay semaphore
	log      *slog.Logger
	cache    jsoncache.Cache
	paths    map[string]actions
	further  map[string]http.Handler
	wrapped  func(http.Handler) http.Handler
}

// actions answer the methods of a path.
type actions = httpapi.Methods[action]

// foreignPages refuses what a browser sends for a page of another site.
var foreignPages = http.NewCrossOriginProtection()

// action answers a request. An error is answered like that of a command.
type action func(w http.ResponseWriter, r *http.Request) (httpapi.Answer, error)

// NewHandler returns the HTTP API of a LOVE-commander (docs/protocol/commander.md:
// cmd, heartbeat, lovecsc, salinfo) over a commander, for our managers and the
// Python one. All answers are JSON, errors {"ack": text}. As in the Python commander
// there is no authentication: let only managers reach it. Pages of other sites in a
// browser are refused.
//
// Unlike with the Python commander, a client that accepts [ProgressType]
// receives the progress of its command, and salinfo has ETags and compression.
func NewHandler(b Backend, opts ...HandlerOption) http.Handler { return newHandler(b, opts).wrap() }

func newHandler(b Backend, opts []HandlerOption) *handler {
	h := &handler{
		Backend: b, timeout: 10 * time.Second, underWay: newSemaphore(0), log: slog.New(slog.DiscardHandler),
		further: map[string]http.Handler{}, wrapped: func(h http.Handler) http.Handler { return h },
	}
	for _, o := range opts {
		o(h)
	}
	const get, post = http.MethodGet, http.MethodPost
	h.paths = map[string]actions{
		commandPath:         {post: h.bounded(h.command)},
		checkPath:           {post: h.bounded(h.check)},
		"/cmd":              {get: addSlash, post: addSlash},
		beatPath:            {get: h.heartbeat},
		"/heartbeat":        {get: addSlash, post: addSlash},
		logPath:             {post: h.bounded(h.observingLog)},
		namesPath:           {get: h.topicNames},
		dataPath:            {get: h.topicData},
		"/salinfo/metadata": {get: noMetadata},
	}
	return h
}

func (h *handler) wrap() http.Handler {
	return h.wrapped(httpapi.Wrap(h, httpapi.Wrapping{Logger: h.log, BodyTimeout: bodyTimeout, Failed: failed}))
}

// failed is the answer to a request on which the commander panicked.
func failed(r *http.Request) httpapi.Answer {
	text := "The commander failed on this request. Its log says why." + Request{Method: r.Method, Path: r.URL.Path}.outcome()
	return refuse(http.StatusInternalServerError, "%s", text).Answer
}

func refuse(status int, format string, args ...any) *httpapi.Refusal {
	return httpapi.Refuse(status, love.Ack{Text: fmt.Sprintf(format, args...)})
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := h.answer(w, r)
	if err != nil {
		if refused, ok := errors.AsType[*httpapi.Refusal](err); ok {
			answer = refused.Answer
		} else {
			h.warn(r, err)
			answer = ResponseOf(love.Ack{}, err).answer()
		}
	}
	if err := answer.Write(w); err != nil {
		h.log.Debug("answer not delivered", "error", err)
	}
}

// warn logs what failed on a request, but nothing that only concerns the client.
// about is added to the line.
func (h *handler) warn(r *http.Request, err error, about ...any) {
	if commander.ErrorOf(err, "").Fault() {
		h.log.Warn("a request to the commander got no answer", append(about, "path", r.URL.Path, "error", err)...)
	}
}

func (h *handler) answer(w http.ResponseWriter, r *http.Request) (httpapi.Answer, error) {
	at, ok := h.paths[r.URL.Path]
	next := h.further[r.URL.Path]
	if !ok && next == nil {
		return httpapi.Answer{}, refuse(http.StatusNotFound, "The commander has no %s.", r.URL.Path)
	}
	// There is no log-in, so no page of another site may send commands from a browser on
	// this network.
	if foreignPages.Check(r) != nil {
		return httpapi.Answer{}, refuse(http.StatusForbidden, "Pages of other sites may not use the commander.")
	}
	if !ok {
		next.ServeHTTP(w, r)
		return httpapi.Answer{Sent: true}, nil
	}
	do, ok := at.Find(r.Method)
	if !ok {
		return httpapi.Answer{}, refuse(http.StatusMethodNotAllowed, "%s takes %s, not %s.", r.URL.Path, strings.Join(at.Allowed(), " and "), r.Method).
			With("Allow", strings.Join(at.Allowed(), ", "))
	}
	return do(w, r)
}

func noMetadata(http.ResponseWriter, *http.Request) (httpapi.Answer, error) {
	return httpapi.Answer{}, refuse(http.StatusNotFound, "LOVE-commanders have no metadata any more. topic-data has what there is.")
}

// addSlash redirects to the path with a slash at its end, keeping method and
// body. It reads the body first, because a Python client that is still sending
// does not look for an answer.
func addSlash(w http.ResponseWriter, r *http.Request) (httpapi.Answer, error) {
	_, _ = httpapi.ReadBody(w, r, maxRequest, bodyTimeout) // the target refuses a body that is too long
	u := *r.URL
	u.Path += "/"
	return httpapi.Answer{Status: http.StatusPermanentRedirect, Header: http.Header{"Location": {u.RequestURI()}}}, nil
}

// bounded wraps do to refuse requests while too many are under way.
func (h *handler) bounded(do action) action {
	return func(w http.ResponseWriter, r *http.Request) (httpapi.Answer, error) {
		release, err := h.underWay.acquire()
		if err != nil {
			return httpapi.Answer{}, err
		}
		defer release()
		return do(w, r)
	}
}

// command answers POST /cmd/.
func (h *handler) command(w http.ResponseWriter, r *http.Request) (httpapi.Answer, error) {
	call, err := h.call(w, r)
	if err != nil {
		return httpapi.Answer{}, err
	}
	progress := NewProgressWriter(w, r)
	ack, err := commander.Within(r.Context(), h.timeout, func(ctx context.Context) (love.Ack, error) {
		return h.Commander.Execute(commander.WithProgress(ctx, progress.Report), call)
	})
	if err != nil {
		h.warn(r, err, logged(call)...)
	}
	response := ResponseOf(ack, err)
	if progress.Finish(response) {
		return httpapi.Answer{Sent: true}, nil
	}
	return response.answer(), nil
}

// check answers POST /check-cmd. It refuses what POST /cmd/ would refuse, with
// the same text, and sends nothing.
func (h *handler) check(w http.ResponseWriter, r *http.Request) (httpapi.Answer, error) {
	call, err := h.call(w, r)
	if err != nil {
		return httpapi.Answer{}, err
	}
	ack, err := commander.Within(r.Context(), h.timeout, func(ctx context.Context) (love.Ack, error) {
		return commander.Check(ctx, h.Commander, call)
	})
	if err != nil {
		err = commander.ErrorOf(err, "")
		h.warn(r, err, logged(call)...)
	}
	return ResponseOf(ack, err).answer(), nil
}

// logged returns what a log line says of a command.
func logged(c commander.Call) []any {
	return []any{"csc", c.CSC, "salindex", c.SalIndex, "cmd", c.Name, "identity", c.Identity}
}

// call reads a command and the identity of whoever gives it.
func (h *handler) call(w http.ResponseWriter, r *http.Request) (commander.Call, error) {
	const keys = "csc, salindex, cmd_name, params, identity"
	body, err := object(w, r, keys, "csc", "salindex", "cmd", "params", "identity")
	if err != nil {
		return commander.Call{}, err
	}
	if h.Commander == nil {
		return commander.Call{}, missing("commands")
	}
	c, err := love.ParseCommand(body)
	switch {
	case err != nil:
		return commander.Call{}, commander.Refuse("%v", err)
	case c.Identity == "":
		return commander.Call{}, commander.Refuse(`"identity" must be a text that says who commands: user@host`)
	}
	return commander.Call{Command: c, Posted: body}, nil
}

// observingLog answers POST /lovecsc/observinglog.
func (h *handler) observingLog(w http.ResponseWriter, r *http.Request) (httpapi.Answer, error) {
	const keys = "user, message"
	body, err := object(w, r, keys, "user", "message")
	if err != nil {
		return httpapi.Answer{}, err
	}
	if h.Logbook == nil {
		return httpapi.Answer{}, missing("LOVE CSC")
	}
	l, err := love.ParseObservingLog(body)
	if _, ok := errors.AsType[*wire.TextError](err); ok {
		return httpapi.Answer{}, commander.Refuse("%v", err)
	}
	if err != nil {
		return httpapi.Answer{}, MissingKeys(keys, body)
	}
	ack, err := commander.Within(r.Context(), h.timeout, func(ctx context.Context) (love.Ack, error) {
		return h.Logbook.WriteObservingLog(ctx, l)
	})
	if err != nil {
		return httpapi.Answer{}, commander.ErrorOf(err, commander.UnknownLog)
	}
	return ResponseOf(ack, nil).answer(), nil
}

// object reads the body, a JSON object with at least the required keys; keys
// lists them for the text of a refusal.
func object(w http.ResponseWriter, r *http.Request, keys string, required ...string) (json.RawMessage, error) {
	body, err := httpapi.ReadBody(w, r, maxRequest, bodyTimeout)
	switch err {
	case httpapi.ErrBodyTimeout:
		return nil, refuse(http.StatusRequestTimeout, "The request did not come to its end within %s.", bodyTimeout).With("Connection", "close")
	case httpapi.ErrBodyTooLarge:
		return nil, refuse(http.StatusRequestEntityTooLarge, "A request may have %d MiB.", maxRequest>>20)
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
			return nil, MissingKeys(keys, body)
		}
	}
	return body, nil
}

// MissingKeys returns a LOVE-commander's refusal of a request that lacks one of the
// keys or has a wrong value there (docs/protocol/commander.md#answers). It shows the
// beginning of the body.
func MissingKeys(keys string, body []byte) *commander.Error {
	return commander.Refuse("Request must have JSON data with the following keys: %s. Received %s", keys, httpapi.Excerpt(body))
}

func missing(what string) error {
	return refuse(http.StatusNotImplemented, "This commander has no %s.", what)
}

// heartbeat answers GET /heartbeat/.
func (h *handler) heartbeat(_ http.ResponseWriter, r *http.Request) (httpapi.Answer, error) {
	now := time.Now()
	if h.Heartbeater != nil {
		var err error
		if now, err = h.Heartbeater.Heartbeat(r.Context()); err != nil {
			return httpapi.Answer{}, commander.ErrorOf(err, "")
		}
	}
	body := love.AppendFloat([]byte(`{"timestamp":`), love.UnixSeconds(now))
	return Response{Status: http.StatusOK, Body: append(body, '}')}.answer(), nil
}

// topicNames answers GET /salinfo/topic-names.
func (h *handler) topicNames(w http.ResponseWriter, r *http.Request) (httpapi.Answer, error) {
	return h.salinfo(w, r, commander.Informer.TopicNames)
}

// topicData answers GET /salinfo/topic-data.
func (h *handler) topicData(w http.ResponseWriter, r *http.Request) (httpapi.Answer, error) {
	return h.salinfo(w, r, commander.Informer.TopicData)
}

func (h *handler) salinfo(w http.ResponseWriter, r *http.Request, ask func(commander.Informer, context.Context, string) (json.RawMessage, error)) (httpapi.Answer, error) {
	if h.Informer == nil {
		return httpapi.Answer{}, missing("SAL information")
	}
	categories := r.URL.Query().Get("categories")
	body, err := commander.Within(r.Context(), h.timeout, func(ctx context.Context) (json.RawMessage, error) {
		return ask(h.Informer, ctx, categories)
	})
	if err != nil {
		return httpapi.Answer{}, commander.ErrorOf(err, "")
	}
	key := r.URL.Path + "?" + categories
	if !h.cache.Has(key, body) {
		if body, err = StrictBody(body); err != nil {
			return httpapi.Answer{}, err
		}
	}
	w.Header().Set("Cache-Control", "no-cache") // clients must revalidate, with the ETag
	if err := h.cache.Serve(w, r, key, body); err != nil {
		h.log.Debug("answer not delivered", "error", err)
	}
	return httpapi.Answer{Sent: true}, nil
}
