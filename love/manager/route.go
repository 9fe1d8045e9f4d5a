package manager

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/julienschmidt/httprouter"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love/auth"
)

// endpoint is one path below the URL prefix, with its checks and actions.
type endpoint struct {
	path  string
	login login
	needs auth.Permission // empty: none
	// needsFor, if not nil, has the permissions by method instead.
	needsFor map[string]auth.Permission
	maxBody  int64 // 0: maxBody
	// forbidden, if not nil, is called when the caller lacks the permission.
	forbidden func(*call, error)
	// showsAck means that the LOVE-frontend shows the operator the "ack" of every
	// answer, so refusals need one, too.
	showsAck bool
	actions  actions
}

// login is whether an endpoint needs a log-in.
type login int

const (
	loginRequired login = iota // a valid token, else 401
	loginOptional              // no token or a valid one, else 401
	loginIgnored               // the Authorization header is ignored
)

// actions answer the methods of an endpoint.
type actions = httpapi.Methods[action]

// action answers one method. An error that is a *refusal is sent as the answer;
// any other is a failure of the manager, and is logged and answered 500, or 503
// if it is an [auth.ErrUnavailable].
type action func(*call) (answer, error)

// call is one request to an action.
type call struct {
	*http.Request
	params httprouter.Params
	who    auth.Principal
	token  string // empty: nobody logged in
	writer http.ResponseWriter
	// bodyTimeout is how long reading the body may take.
	bodyTimeout time.Duration
	body        []byte // once it was read
	bodyLimit   int64  // 0: maxBody
	// recheck repeats the checks of the endpoint as of now: what they allowed may
	// have been taken away while the body was on its way.
	recheck func() error
}

// endpoints returns the table of the API (docs/protocol/manager.md#http, and our own
// additions). Where a path ends in a slash, the path without it is redirected there.
func (m *Manager) endpoints() []endpoint {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	return []endpoint{
		{path: "/manager/api/get-token/", login: loginIgnored, actions: actions{post: m.getToken}},
		{path: "/manager/api/oidc/", login: loginIgnored, actions: actions{get: m.signInInfo}},
		{path: "/manager/api/oidc/login", login: loginIgnored, actions: actions{get: m.beginSignIn}},
		{path: "/manager/api/oidc/callback", login: loginIgnored, actions: actions{get: m.finishSignIn}},
		{path: "/manager/api/oidc/token/", login: loginIgnored, actions: actions{post: m.signInToken}},
		{path: "/manager/api/oidc/device/", login: loginIgnored, actions: actions{post: m.beginDevice}},
		{path: "/manager/api/oidc/device/token/", login: loginIgnored, actions: actions{post: m.deviceToken}},
		{path: "/manager/api/validate-token/", actions: actions{get: m.validateToken}},
		{path: "/manager/api/validate-token/:flags/", actions: actions{get: m.validateToken}},
		{path: "/manager/api/rights/", actions: actions{get: m.showRights}},
		{path: "/manager/api/logout/", actions: actions{del: m.logout}},
		{path: "/manager/api/swap-user/", login: loginOptional, actions: actions{post: m.swapUser}},
		{path: "/manager/api/swap-user/:flags/", login: loginOptional, actions: actions{post: m.swapUser}},
		{path: "/manager/api/cmd/", needs: auth.SomeCommand, forbidden: m.forbiddenCommand, showsAck: true, actions: actions{post: m.command}},
		{path: "/manager/api/cmd/check/", needs: auth.SomeCommand, showsAck: true, actions: actions{post: m.checkCommand}},
		{path: "/manager/api/commands/", needs: auth.SomeCommand, actions: actions{get: m.listCommands}},
		{path: "/manager/api/authority/", needs: auth.SomeCommand, actions: actions{get: m.showAuthority, post: m.takeAuthority}},
		{path: "/manager/api/authority/:id/", needs: auth.SomeCommand, actions: actions{del: m.releaseAuthority}},
		{path: "/manager/api/approvals/:id/", needs: auth.SomeCommand, actions: actions{post: m.approve, del: m.dismiss}},
		{path: "/manager/api/lovecsc/observinglog", needs: auth.ExecuteCommand, showsAck: true, actions: actions{post: m.observingLog}},
		{path: "/manager/api/salinfo/topic-names", actions: actions{get: m.topicNames}},
		{path: "/manager/api/salinfo/topic-data", actions: actions{get: m.topicData}},
		{path: "/manager/api/salinfo/metadata", actions: actions{get: m.metadata}},
		{path: "/manager/api/streams/", actions: actions{get: m.streams}},

		{path: "/manager/api/hub/", needs: auth.ManageUsers, actions: actions{get: m.hubReport}},
		{path: "/manager/api/admin/users/", needs: auth.ManageUsers, actions: actions{get: m.listUsers, post: m.addUser}},
		{path: "/manager/api/admin/users/:name/", needs: auth.ManageUsers, actions: actions{get: m.showUser, patch: m.changeUser, del: m.removeUser}},
		{path: "/manager/api/admin/groups/", needs: auth.ManageUsers, actions: actions{get: m.listGroups}},
		{path: "/manager/api/admin/groups/:name/", needs: auth.ManageUsers, actions: actions{put: m.putGroup, del: m.removeGroup}},
		{path: "/manager/api/admin/permissions/", needs: auth.ManageUsers, actions: actions{get: m.listPermissions}},
		{path: "/manager/api/admin/tokens/", needs: auth.ManageUsers, actions: actions{get: m.listTokens, del: m.revokeTokensOf}},
		{path: "/manager/api/admin/tokens/:id/", needs: auth.ManageUsers, actions: actions{del: m.revokeToken}},
		{path: "/manager/api/admin/sessions/", needs: auth.ManageUsers, actions: actions{get: m.listSessions}},
		{path: "/manager/api/admin/sessions/:id/", needs: auth.ManageUsers, actions: actions{get: m.showSession}},
		{path: "/manager/api/admin/audit/", needs: auth.ManageUsers, actions: actions{get: m.listAudit}},
		{path: "/manager/api/admin/keys/", needs: auth.ManageUsers, actions: actions{post: m.rotateKey}},
	}
}

// The router only finds paths: all methods share one tree, because its own 405,
// OPTIONS and redirects are not those of docs/protocol/manager.md#http, and the
// method is checked after log-in and permission.
const anyMethod = "ANY"

func (m *Manager) route(path string, h httprouter.Handle) { m.router.Handle(anyMethod, path, h) }

// dispatch finds the handler of a path.
func (m *Manager) dispatch(w http.ResponseWriter, r *http.Request) {
	if h, params, _ := m.router.Lookup(anyMethod, r.URL.Path); h != nil {
		h(w, r, params)
		return
	}
	if !strings.HasSuffix(r.URL.Path, "/") {
		if h, _, _ := m.router.Lookup(anyMethod, r.URL.Path+"/"); h != nil {
			u := *r.URL
			u.Path += "/"
			if u.RawPath != "" {
				u.RawPath += "/"
			}
			w.Header().Set("Location", u.RequestURI())
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
	}
	if m.config.Frontend != nil && m.serveFrontend(w, r) {
		return
	}
	m.write(w, errNotFound.Answer)
}

// serveFrontend answers a request for a path that is not the manager's; false if it is.
func (m *Manager) serveFrontend(w http.ResponseWriter, r *http.Request) bool {
	prefix := m.config.URLPrefix
	if prefix != "" && (r.URL.Path == "/" || r.URL.Path == prefix) {
		w.Header().Set("Location", prefix+"/")
		w.WriteHeader(http.StatusFound)
		return true
	}
	path, below := strings.CutPrefix(r.URL.Path, prefix+"/")
	if !below || path == "manager" || strings.HasPrefix(path, "manager/") {
		return false
	}
	readOnly(http.StripPrefix(prefix, m.config.Frontend))(w, r, nil)
	return true
}

// endpoint returns the handler that makes the checks in the order of
// docs/protocol/manager.md#http.
func (m *Manager) endpoint(e endpoint) httprouter.Handle {
	return func(w http.ResponseWriter, r *http.Request, params httprouter.Params) {
		reply, err := m.serve(e, &call{Request: r, params: params, writer: w, bodyTimeout: e.bodyTimeout(m.config.BodyTimeout), bodyLimit: e.maxBody})
		if err != nil {
			reply = m.refusal(r, err)
			if e.showsAck && r.Method == http.MethodPost {
				reply = withAck(reply)
			}
		}
		m.write(w, reply)
	}
}

func (m *Manager) serve(e endpoint, c *call) (answer, error) {
	c.recheck = func() error { return nil }
	switch c.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch: // they recheck, most of them with their body
	default: // a token that another manager has just revoked must not be valid here
		if e.login != loginIgnored {
			m.config.Refresh(c.Context())
		}
	}
	if err := m.check(e, c); err != nil {
		return answer{}, err
	}
	c.recheck = func() error {
		m.config.Refresh(c.Context())
		return m.check(e, c)
	}
	act, ok := e.actions.Find(c.Method)
	switch {
	case ok:
		return act(c)
	case c.Method == http.MethodOptions:
		return answer{Status: http.StatusOK, Header: http.Header{"Allow": {strings.Join(allowed(e.actions), ", ")}}}, nil
	}
	return answer{}, methodNotAllowed(c.Method, allowed(e.actions)...)
}

// check makes the checks of an endpoint: log-in and permission.
func (m *Manager) check(e endpoint, c *call) error {
	if e.login != loginIgnored {
		if err := m.authenticate(c); err != nil && (e.login == loginRequired || !errors.Is(err, errNoCredentials)) {
			return err
		}
	}
	needed := e.needs
	if e.needsFor != nil {
		needed = e.needsFor[methodOf(c.Request)]
	}
	if needed == "" {
		return nil
	}
	err := m.authorize(c, needed)
	if err != nil && e.forbidden != nil {
		c.recheck = func() error { return nil } // the command is read only to be recorded
		e.forbidden(c, err)
	}
	return err
}

// allowed returns the methods in the Allow header of an endpoint.
func allowed(a actions) []string {
	list := a.Allowed()
	if _, ok := a[http.MethodGet]; ok {
		list = append(list, http.MethodHead)
	}
	return append(list, http.MethodOptions)
}

// readOnly restricts a handler to GET and HEAD.
func readOnly(h http.Handler) httprouter.Handle {
	return func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			_ = methodNotAllowed(r.Method, "GET", "HEAD").Write(w) // the client may have gone
			return
		}
		h.ServeHTTP(w, r)
	}
}
