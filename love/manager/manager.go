package manager

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/julienschmidt/httprouter"

	"github.com/rubin-love/love-go/internal/encoded"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/dashboard"
	"github.com/rubin-love/love-go/love/hub"
)

// Hub is what the manager needs of a hub; *hub.Hub is one.
type Hub interface {
	// ServeHTTP takes over a websocket handshake; who may connect is the hub's
	// own decision.
	http.Handler
	// DisconnectToken closes the sockets opened with a token that died. It must
	// not block.
	DisconnectToken(tokenID string)
	// Disconnect closes the sockets of whoever matches. It must not block.
	Disconnect(match func(auth.Principal) bool, reason hub.CloseReason)
}

// HubReporter is what a [Hub] may tell administrators; *hub.Hub does.
type HubReporter interface {
	Stats() hub.Stats
	Sessions() []hub.SessionStats
	Groups() []hub.GroupStats
}

// DefaultCommandTimeout is how long the manager waits for a commander: longer
// than the 10 s after which a LOVE-commander answers 504 itself.
const DefaultCommandTimeout = 15 * time.Second

// Config says what a [Manager] is made of. Hub, Authenticator and Tokens are
// required; the others have a default that works.
type Config struct {
	Hub           Hub
	Authenticator auth.Authenticator
	Tokens        auth.Tokens

	// Users are what administrators administer, and whose sockets close when
	// they are disabled. Default: none, administration is answered 404.
	Users *auth.Users
	// Authorizer decides who may command. Default: [auth.RoleAuthorizer], over
	// Users if there are some.
	Authorizer auth.Authorizer
	// LogInLimits bounds wrong log-ins. Default: see [auth.LogInLimits].
	LogInLimits auth.LogInLimits
	// AuditLog keeps who did what. Default: none, records go to the Logger only.
	AuditLog auth.AuditLog
	// TrustedProxies are whose X-Forwarded-For and X-Real-IP are believed.
	// Default: nobody.
	TrustedProxies auth.Networks
	// Commander executes commands. Default: none, commands are answered 503.
	Commander commander.Commander
	// Informer answers salinfo. Default: none, salinfo is answered 503. One that
	// is also a [MetadataInformer] answers salinfo/metadata too.
	Informer commander.Informer
	// Record tells what was commanded, as a [commander.Recorder] or a
	// commander.Record does. Default: none, the record is answered 404.
	Record RecordReader
	// Refused is told of commands that their user may not give;
	// [commander.Recorder.Refuse] fits. Default: nobody.
	Refused func(context.Context, commander.Request, commander.Reply)
	// Authority decides who excludes others from commanding, if the Commander is
	// one or passes commands on to it. Default: none, it is answered 404.
	Authority *commander.Authority
	// Logbook writes observing logs. Default: none, they are answered 503.
	Logbook commander.Logbook
	// CommandTimeout bounds the wait for both. Default: [DefaultCommandTimeout];
	// raise it with the commander's own time-out.
	CommandTimeout time.Duration

	// BodyTimeout is how long a client may take to send the body of a request.
	// Default: 10 s.
	BodyTimeout time.Duration

	// ServerURL is the host in a command's identity "user@host". Default: the
	// name of this machine.
	ServerURL string
	// URLPrefix stands before /manager, such as "/love". Default: nothing.
	URLPrefix string
	// Page answers "/". Default: [dashboard.New] that knows the manager only.
	Page http.Handler
	// Dependencies are reported by /readyz. Default: none.
	Dependencies []Dependency

	// Clock tells the time. Default: that of the system.
	Clock love.Clock
	// Logger gets each request at level debug, without its query, and what went
	// wrong on our side. Default: nothing is logged.
	Logger *slog.Logger
}

// Manager is the LOVE-manager as an http.Handler. It is safe for concurrent
// use; [Manager.Close] ends it.
type Manager struct {
	Config
	router    *httprouter.Router
	socket    *regexp.Regexp
	handler   http.Handler
	config    configuration
	topics    encoded.Cache
	audit     *auth.Auditor
	limiter   *auth.LogInLimiter
	seldom    *seldom
	stopWatch []func()
}

// New makes a manager. From then on a token that dies closes its sockets.
func New(c Config) (*Manager, error) {
	if c.Hub == nil || c.Authenticator == nil || c.Tokens == nil {
		return nil, errors.New("making a manager: Config needs Hub, Authenticator and Tokens")
	}
	if err := c.setDefaults(); err != nil {
		return nil, err
	}
	m := &Manager{
		Config: c,
		router: httprouter.New(),
		// Matched before the router, which knows no pattern in the middle.
		socket:  regexp.MustCompile(`^` + regexp.QuoteMeta(c.URLPrefix) + `/manager(.*?)/ws/subscription/?$`),
		config:  builtinConfiguration(c.Clock.Now()),
		audit:   auth.NewAuditor(c.AuditLog, c.Logger, c.Clock),
		limiter: auth.NewLogInLimiter(c.LogInLimits, c.Clock),
		seldom:  &seldom{clock: c.Clock},
	}
	for _, e := range m.endpoints() {
		m.route(c.URLPrefix+e.path, m.endpoint(e))
	}
	m.route("/healthz", reading(http.HandlerFunc(healthz)))
	m.route("/readyz", reading(http.HandlerFunc(m.readyz)))
	m.route("/metrics", reading(http.HandlerFunc(m.metrics)))
	m.route("/openapi.yaml", reading(http.HandlerFunc(openAPI)))
	m.route("/", reading(c.Page))
	if c.URLPrefix != "" {
		m.route(c.URLPrefix+"/", reading(c.Page))
	}
	m.handler = m.logged(m.recovered(crossOrigin(http.HandlerFunc(m.dispatch))))
	m.stopWatch = []func(){c.Tokens.Watch(c.Hub.DisconnectToken)}
	if c.Users != nil {
		l := newLeavers(c.Users, c.Hub, c.Clock)
		m.stopWatch = append(m.stopWatch, c.Users.Watch(l.changed), l.stop)
	}
	return m, nil
}

func (c *Config) setDefaults() error {
	c.URLPrefix = strings.Trim(c.URLPrefix, "/")
	if c.URLPrefix != "" {
		c.URLPrefix = "/" + c.URLPrefix
	}
	if strings.ContainsAny(c.URLPrefix, ":*?# ") {
		return fmt.Errorf("making a manager: the URL prefix %q is no plain path such as /love", c.URLPrefix)
	}
	if c.ServerURL == "" {
		host, err := os.Hostname()
		if err != nil {
			return fmt.Errorf("making a manager: without ServerURL the machine needs a host name: %w", err)
		}
		c.ServerURL = host
	}
	if c.Authorizer == nil {
		c.Authorizer = auth.RoleAuthorizer{}
		if c.Users != nil {
			c.Authorizer = auth.RoleAuthorizer{Users: c.Users}
		}
	}
	if c.Clock == nil {
		c.Clock = love.SystemClock{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Page == nil {
		c.Page = dashboard.New(dashboard.Info{Started: c.Clock.Now(), URLPrefix: c.URLPrefix})
	}
	c.BodyTimeout = cmp.Or(c.BodyTimeout, bodyTimeout)
	c.CommandTimeout = cmp.Or(c.CommandTimeout, DefaultCommandTimeout)
	return nil
}

// Close ends the manager's watch over dying tokens and disabled users.
// Requests are still answered: the http.Server in front decides when they end.
func (m *Manager) Close() {
	for _, stop := range m.stopWatch {
		stop()
	}
}

// ServeHTTP implements http.Handler.
func (m *Manager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if peer, address := auth.Address(r), m.TrustedProxies.ClientAddress(r); address != peer {
		r = r.WithContext(r.Context()) // a copy: the request is the caller's
		r.RemoteAddr = net.JoinHostPort(address, "0")
		if address == "" {
			// This is no address, so no location fits; log-ins are still limited by it.
			r.RemoteAddr = "unknown, behind " + peer
		}
	}
	if m.socket.MatchString(r.URL.Path) {
		m.serveSocket(w, r)
		return
	}
	m.handler.ServeHTTP(w, r)
}
