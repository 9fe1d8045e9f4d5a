package manager

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/julienschmidt/httprouter"

	"github.com/rubin-love/love-go/love/auth"
)

// Route is a path of an API that is served beside the manager's own, after the same
// checks in the same order: log-in, permission, method, body
// (docs/protocol/manager.md#http).
type Route struct {
	// Path is below the URL prefix and begins with /manager/. A part ":name" matches
	// any text up to the next slash; see [Param]. A path that ends in a slash is
	// redirected to from the path without it.
	Path string
	// Public means that nobody needs to log in, whatever the request's Authorization
	// header says. It is for what browsers ask for without a token: pictures, links.
	// [Caller] is then nobody.
	Public bool
	// MaxBody is the size of the largest body that is accepted, in bytes; a larger one
	// is answered 413. Its sender has [Config.BodyTimeout] for each MiB of MaxBody.
	// Default: 1 MiB.
	MaxBody int64
	// Methods answer GET, POST, PUT, PATCH and DELETE. HEAD is answered by GET's, OPTIONS
	// by the manager, and every other method by 405.
	Methods map[string]Method
}

// Method answers one method of a [Route].
type Method struct {
	// Needs is the permission that is needed beside a log-in. Default: none.
	Needs auth.Permission
	// Handler gets the request after all checks. The body is in memory. Who sent it
	// is [Caller].
	Handler http.Handler
}

type callerKey struct{}

// Caller returns who sent the request that a [Method] answers; ctx is that of the
// request. In any other context it returns nobody, the zero Principal.
func Caller(ctx context.Context) auth.Principal {
	who, _ := ctx.Value(callerKey{}).(auth.Principal)
	return who
}

// Param returns the part of a request's path that stands for ":name" in the [Route],
// without escapes, and an empty text if there is none.
func Param(r *http.Request, name string) string {
	return httprouter.ParamsFromContext(r.Context()).ByName(name)
}

// endpoint returns the route as an endpoint of the manager.
func (r Route) endpoint() (endpoint, error) {
	if !strings.HasPrefix(r.Path, "/manager/") {
		return endpoint{}, fmt.Errorf("the path %q must begin with /manager/", r.Path)
	}
	e := endpoint{path: r.Path, maxBody: r.MaxBody, needsFor: map[string]auth.Permission{}, actions: actions{}}
	if r.Public {
		e.login = loginIgnored
	}
	for method, answer := range r.Methods {
		switch {
		case answer.Handler == nil:
			return endpoint{}, fmt.Errorf("%s %s has no Handler", method, r.Path)
		case r.Public && answer.Needs != "":
			return endpoint{}, fmt.Errorf("%s %s is Public, so nobody can have what it Needs", method, r.Path)
		}
		e.actions[method] = answer.action()
		e.needsFor[method] = answer.Needs
	}
	if known := len(e.actions.Allowed()); known == 0 || known < len(r.Methods) {
		return endpoint{}, fmt.Errorf("%s has to have Methods out of GET, POST, PUT, PATCH and DELETE", r.Path)
	}
	return e, nil
}

// bodyTimeout returns how long the body of a request may take if timeout is what one
// of the default size may take.
func (e endpoint) bodyTimeout(timeout time.Duration) time.Duration {
	return timeout * time.Duration(max(1, e.maxBody/maxBody))
}

func (m Method) action() action {
	return func(c *call) (answer, error) {
		var body []byte
		if c.ContentLength != 0 {
			var err error
			if body, err = c.read(); err != nil {
				return answer{}, err
			}
		}
		ctx := context.WithValue(c.Context(), callerKey{}, c.who)
		request := c.WithContext(context.WithValue(ctx, httprouter.ParamsKey, c.params))
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		m.Handler.ServeHTTP(c.writer, request)
		return answer{Sent: true}, nil
	}
}

// addRoutes adds the paths of other APIs. Two that cannot be told apart are an error.
func (m *Manager) addRoutes(routes []Route) error {
	for _, r := range routes {
		e, err := r.endpoint()
		if err != nil {
			return err
		}
		if err := m.addRoute(e); err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
	}
	return nil
}

func (m *Manager) addRoute(e endpoint) (err error) {
	defer func() { // that is how the router refuses a path
		if why := recover(); why != nil {
			err = errors.New(fmt.Sprint(why))
		}
	}()
	m.route(m.config.URLPrefix+e.path, m.endpoint(e))
	return nil
}

// methodOf returns the method whose checks and action a request has.
func methodOf(r *http.Request) string {
	if r.Method == http.MethodHead {
		return http.MethodGet
	}
	return r.Method
}
