package manager

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/julienschmidt/httprouter"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/dashboard"
)

// Hub is what the manager needs of a hub; *hub.Hub is one.
type Hub interface {
	// ServeHTTP takes over a websocket handshake; who may connect is the hub's
	// own decision.
	http.Handler
	// DisconnectToken closes the sockets opened with a token that died. It must
	// not block.
	DisconnectToken(tokenID string)
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

	// Authorizer decides who may command. Default: [auth.RoleAuthorizer].
	Authorizer auth.Authorizer
	// Commander executes commands. Default: none, commands are answered 503.
	Commander commander.Commander
	// Informer answers salinfo. Default: none, salinfo is answered 503.
	Informer commander.Informer
	// CommandTimeout bounds the wait for both. Default: [DefaultCommandTimeout];
	// raise it with the commander's own time-out.
	CommandTimeout time.Duration

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
	stopWatch func()
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
		socket: regexp.MustCompile(`^` + regexp.QuoteMeta(c.URLPrefix) + `/manager(.*?)/ws/subscription/?$`),
		config: builtinConfiguration(c.Clock.Now()),
	}
	for _, e := range m.endpoints() {
		m.route(c.URLPrefix+e.path, m.endpoint(e))
	}
	m.route("/healthz", reading(http.HandlerFunc(healthz)))
	m.route("/readyz", reading(http.HandlerFunc(m.readyz)))
	m.route("/", reading(c.Page))
	if c.URLPrefix != "" {
		m.route(c.URLPrefix+"/", reading(c.Page))
	}
	m.handler = m.logged(m.recovered(crossOrigin(http.HandlerFunc(m.dispatch))))
	m.stopWatch = c.Tokens.Watch(c.Hub.DisconnectToken)
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
	c.CommandTimeout = cmp.Or(c.CommandTimeout, DefaultCommandTimeout)
	return nil
}

// Close ends the manager's watch over dying tokens. Requests are still
// answered: the http.Server in front decides when they end.
func (m *Manager) Close() { m.stopWatch() }

// ServeHTTP implements http.Handler.
func (m *Manager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m.socket.MatchString(r.URL.Path) {
		m.serveSocket(w, r)
		return
	}
	m.handler.ServeHTTP(w, r)
}
