package frontendhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/jsoncache"
	"github.com/rubin-love/love-go/internal/scriptconfig"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/manager"
)

// Accounts lists the users; an auth.UserStore does.
type Accounts interface {
	Accounts(ctx context.Context) ([]auth.Account, error)
}

// Config holds the parts and settings of an [API]. Store is required.
type Config struct {
	Store frontend.Store
	// Users are listed for the night report. Default: there are none.
	Users Accounts
	// URLPrefix is that of the manager, "/love": it is part of the URLs of thumbnails.
	URLPrefix string
	// Logger gets what fails. Default: nothing is logged.
	Logger *slog.Logger
}

// API serves the data of the frontend. It is safe for concurrent use.
type API struct {
	config  Config
	store   frontend.Store
	prefix  string
	checker *scriptconfig.Checker

	answers        jsoncache.Cache
	configurations atomic.Pointer[configurations]
}

// New returns an API. It starts nothing.
func New(c Config) *API {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	a := &API{config: c, store: c.Store, checker: scriptconfig.New()}
	if prefix := strings.Trim(c.URLPrefix, "/"); prefix != "" {
		a.prefix = "/" + prefix
	}
	return a
}

// Routes returns the paths of the API, for manager.Config.
func (a *API) Routes() (all []manager.Route) {
	all = append(all, a.viewRoutes()...)
	all = append(all, a.workspaceRoutes()...)
	all = append(all, a.configRoutes()...)
	all = append(all, a.listRoutes()...)
	all = append(all, a.scriptRoutes()...)
	return append(all, a.userRoutes()...)
}

// handler answers a request. An error is answered instead: a *httpapi.Refusal as it is,
// the errors of a store by what they mean.
type handler func(w http.ResponseWriter, r *http.Request) error

func (a *API) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			a.write(w, a.refusal(r, err).Answer)
		}
	})
}

var (
	errNotFound    = httpapi.RefuseDetail(http.StatusNotFound, "Not found.")
	errInternal    = httpapi.RefuseDetail(http.StatusInternalServerError, "The manager failed on this request. Its log says why.")
	errUnavailable = httpapi.RefuseDetail(http.StatusServiceUnavailable, "The manager cannot do this at the moment. Try again in a moment.")
)

func (a *API) refusal(r *http.Request, err error) *httpapi.Refusal {
	if known, ok := errors.AsType[*httpapi.Refusal](err); ok {
		return known
	}
	if reference, ok := errors.AsType[*frontend.ReferenceError](err); ok {
		return httpapi.FieldErrors{reference.Field: {sentence(reference)}}.Refusal()
	}
	switch {
	case errors.Is(err, frontend.ErrNotFound):
		return errNotFound
	case errors.Is(err, frontend.ErrExists):
		return httpapi.FieldErrors{httpapi.NoField: {"The fields workspace, view must make a unique set."}}.Refusal()
	case r.Context().Err() != nil:
		return errUnavailable // the client has gone
	}
	a.config.Logger.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	if errors.Is(err, auth.ErrUnavailable) {
		return errUnavailable
	}
	return errInternal
}

func (a *API) write(w http.ResponseWriter, answer httpapi.Answer) {
	if err := answer.Write(w); err != nil {
		a.config.Logger.Debug("answer not delivered", "status", answer.Status, "error", err)
	}
}

func (a *API) reply(w http.ResponseWriter, status int, body any) error {
	a.write(w, httpapi.Answer{Status: status, Body: body})
	return nil
}

// serve answers with what read returns, as JSON, which is kept under the key until
// something changes: while nothing does, the store is not asked.
func (a *API) serve(w http.ResponseWriter, r *http.Request, key string, read func(context.Context) (any, error)) error {
	body, err := a.answers.Body(key, a.store.Revision(), func() ([]byte, error) {
		v, err := read(r.Context())
		if err != nil {
			return nil, err
		}
		return encode(v)
	})
	if err != nil {
		return err
	}
	return a.send(w, r, key, body)
}

// send answers with a body, or with 304 if the client has it.
func (a *API) send(w http.ResponseWriter, r *http.Request, key string, body []byte) error {
	w.Header().Set("Cache-Control", "private, no-cache") // the browser must ask each time, and may get a 304
	if err := a.answers.Serve(w, r, key, body); err != nil {
		a.config.Logger.Debug("answer not delivered", "status", http.StatusOK, "error", err)
	}
	return nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// sentence turns the text of an error into one for people.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// changes are the methods of a path that need a permission for a model.
func changes(model auth.Model, add, change, remove http.Handler) map[string]manager.Method {
	all := map[string]manager.Method{}
	for method, of := range map[string]struct {
		action  string
		handler http.Handler
	}{
		http.MethodPost: {"add", add}, http.MethodPut: {"change", change}, http.MethodPatch: {"change", change}, http.MethodDelete: {"delete", remove},
	} {
		if of.handler != nil {
			all[method] = manager.Method{Needs: model.Permission(of.action), Handler: of.handler}
		}
	}
	return all
}

// replyRaw answers with a body that is JSON already and is not kept.
func (a *API) replyRaw(w http.ResponseWriter, body []byte) error {
	a.write(w, httpapi.Answer{Status: http.StatusOK, Raw: body, Header: http.Header{"Content-Type": {"application/json"}}})
	return nil
}

func isNotFound(err error) bool { return errors.Is(err, frontend.ErrNotFound) }
