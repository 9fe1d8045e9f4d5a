package historyhttp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/manager"
)

// Config describes an [API]. Only Sources are needed.
type Config struct {
	// Sources are asked by their names, "source" in a query. One that is an [Exporter] can
	// be downloaded from.
	Sources map[string]history.Source
	// Default is the name of the source that is asked if a query names none; by default
	// the first by name.
	Default string
	Limits  Limits
	Logger  *slog.Logger // default: none
}

// Exporter is a [history.Source] that writes MCAP files, such as *archive.Archive.
type Exporter interface {
	history.Source
	Export(ctx context.Context, to io.Writer, span history.Span, groups ...love.Group) error
}

// Limits bound what can be asked. A limit of 0 is the default.
type Limits struct {
	Span         time.Duration // of series and events; default 31 days
	DownloadSpan time.Duration // default 25 hours: a night, and a day
	Time         time.Duration // for one query, not a download; default 30 s
	Queries      int           // under way; default 8
	UserQueries  int           // under way, of one user; default half of Queries
	Downloads    int           // under way; default 4
	UserDownload int           // under way, of one user; default half of Downloads
	// Wait is how long a query or a download waits for others to end before it is
	// answered 503. Default 5 s.
	Wait time.Duration
}

func (l Limits) withDefaults() Limits {
	l.Span = cmp.Or(l.Span, 31*24*time.Hour)
	l.DownloadSpan = cmp.Or(l.DownloadSpan, 25*time.Hour)
	l.Time = cmp.Or(l.Time, 30*time.Second)
	l.Queries = cmp.Or(l.Queries, 8)
	l.UserQueries = cmp.Or(l.UserQueries, (l.Queries+1)/2)
	l.Downloads = cmp.Or(l.Downloads, 4)
	l.UserDownload = cmp.Or(l.UserDownload, (l.Downloads+1)/2)
	l.Wait = cmp.Or(l.Wait, 5*time.Second)
	return l
}

// API answers the paths below /manager/api/history/. Use [New].
type API struct {
	config    Config
	names     []string // of the sources, ordered
	queries   gate
	downloads gate
}

// New returns an API.
func New(c Config) *API {
	c.Limits = c.Limits.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	a := &API{config: c, names: slices.Sorted(maps.Keys(c.Sources))}
	if a.config.Default == "" && len(a.names) > 0 {
		a.config.Default = a.names[0]
	}
	l := a.config.Limits
	a.queries = gate{most: l.Queries, each: l.UserQueries, wait: l.Wait}
	a.downloads = gate{most: l.Downloads, each: l.UserDownload, wait: l.Wait}
	return a
}

// Routes returns the paths for manager.Config. They need a log-in and no permission.
func (a *API) Routes() []manager.Route {
	get := func(path string, h http.HandlerFunc) manager.Route {
		return manager.Route{Path: "/manager/api/history/" + path, Methods: map[string]manager.Method{http.MethodGet: {Handler: h}}}
	}
	return []manager.Route{
		get("streams/", a.answer(a.streams)), get("series/", a.answer(a.series)),
		get("events/", a.answer(a.events)), get("download/", a.download),
	}
}

// answer returns a handler of a query, which returns what is sent as JSON.
func (a *API) answer(query func(ctx context.Context, p *parameters) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := a.ask(r, query)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		a.write(w, httpapi.Answer{Status: http.StatusOK, Raw: body, Header: http.Header{"Content-Type": {"application/json"}}})
	}
}

func (a *API) ask(r *http.Request, query func(context.Context, *parameters) (any, error)) (json.RawMessage, error) {
	p, err := a.parameters(r)
	if err != nil {
		return nil, err
	}
	leave, err := a.queries.enter(r.Context(), manager.Caller(r.Context()).Name())
	if err != nil {
		return nil, err
	}
	defer leave()
	ctx, cancel := context.WithTimeoutCause(r.Context(), a.config.Limits.Time, errTooLong)
	defer cancel()
	found, err := query(ctx, p)
	if err != nil {
		return nil, err
	}
	return json.Marshal(found)
}

var (
	errBusy    = errors.New("too many queries are under way: try again in some seconds")
	errTooLong = errors.New("the query took too long: ask for a shorter span, or less in it")
)

// refuse answers a query that failed.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the client has gone
	}
	if refusal, ok := errors.AsType[*httpapi.Refusal](err); ok {
		a.write(w, refusal.Answer)
		return
	}
	detail := func(status int, text string) *httpapi.Refusal { return httpapi.RefuseDetail(status, text) }
	var answer *httpapi.Refusal
	switch {
	case errors.Is(err, errBusy):
		answer = detail(http.StatusServiceUnavailable, sentence(err)).With("Retry-After", "5")
	case errors.Is(err, context.DeadlineExceeded):
		answer = detail(http.StatusServiceUnavailable, sentence(errTooLong)).With("Retry-After", "30")
	case errors.Is(err, history.ErrUnavailable):
		a.config.Logger.Warn("a query about the past was not answered", "path", r.URL.Path, "error", err)
		answer = detail(http.StatusServiceUnavailable, sentence(err)).With("Retry-After", "30")
	case errors.Is(err, history.ErrQuery), errors.Is(err, history.ErrTooMuch):
		answer = detail(http.StatusBadRequest, sentence(err))
	case errors.Is(err, history.ErrUnknownStream), errors.Is(err, history.ErrUnknownField):
		answer = detail(http.StatusNotFound, sentence(err))
	default:
		a.config.Logger.Error("a query about the past failed", "path", r.URL.Path, "error", err)
		answer = detail(http.StatusInternalServerError, "The query failed. The log of the manager says why.")
	}
	a.write(w, answer.Answer)
}

// sentence returns the text of an error as a sentence.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func (a *API) write(w http.ResponseWriter, answer httpapi.Answer) {
	if err := answer.Write(w); err != nil {
		a.config.Logger.Debug("answer not delivered", "status", answer.Status, "error", err)
	}
}
