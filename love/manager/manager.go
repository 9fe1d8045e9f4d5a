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
	"sync"
	"sync/atomic"
	"time"

	"github.com/julienschmidt/httprouter"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/jsoncache"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/dashboard"
	"github.com/rubin-love/love-go/love/hub"
)

// Hub is the part of a hub that the manager needs; *hub.Hub is one.
type Hub interface {
	// ServeHTTP takes over a websocket handshake. The hub itself decides who may
	// connect.
	http.Handler
	// DisconnectToken closes the sockets that were opened with a token which has
	// ended. It must not block.
	DisconnectToken(tokenID string)
	// Usernames returns the names of the users who have sockets open, each once.
	Usernames() []string
	// Disconnect closes the sockets of everybody who matches. It must not block.
	Disconnect(match func(auth.Principal) bool, reason hub.CloseReason)
	// Publish sends a message to its subscribers.
	Publish(ctx context.Context, m love.Message) error
}

// HubReporter is a [Hub] that also reports to administrators, as *hub.Hub does.
type HubReporter interface {
	Stats() hub.Stats
	Sessions() []hub.SessionStats
	Groups() []hub.GroupStats
}

// SubscriptionReporter is a [HubReporter] that also tells what a session is subscribed to, as
// *hub.Hub does.
type SubscriptionReporter interface {
	// Subscriptions returns the names of the groups of the session with that ID, and
	// whether there is one.
	Subscriptions(session string) (groups []string, found bool)
}

// DefaultCommandTimeout is how long the manager waits for a commander by default:
// longer than the 10 s after which a LOVE-commander answers 504 itself.
const DefaultCommandTimeout = 15 * time.Second

// Config holds the parts and settings of a [Manager]. Hub, Authenticator and
// Tokens are required; all other fields have a working default.
type Config struct {
	Hub           Hub
	Authenticator auth.Authenticator
	Tokens        auth.Tokens

	// Users can be administered over the API. Default: none, administration is
	// answered 404.
	Users *auth.Users
	// Directory looks up the users who may hold tokens and authority. Those whom it
	// disables or no longer has lose their sockets: at once if it is an
	// [auth.UserWatcher], else within ten seconds. Default: Users, or the Authenticator
	// if it is one.
	Directory auth.Directory
	// Authorizer decides who may command. Default: [auth.RoleAuthorizer], over
	// Users if there are some.
	Authorizer auth.Authorizer
	// LogInLimits limits failed log-ins. Default: see [auth.LogInLimits].
	LogInLimits auth.LogInLimits
	// LogInLimiter limits them, in the place of LogInLimits, if it is shared with other
	// managers ([auth.LogInLimiter.Share]). Default: one of this manager's own.
	LogInLimiter *auth.LogInLimiter
	// AuditLog keeps the audit records. Default: none, they go to the
	// Logger only.
	AuditLog audit.Log
	// CheckPassword returns an error if a user must not have a new password, which is
	// sent to whoever chose it. One that exists is only reported in the log. Default: any
	// password is allowed.
	CheckPassword func(username, password string) error
	// SignIn logs users in at an identity provider, in a browser. Its users must be in the
	// Directory once they have signed in. Default: none.
	SignIn auth.SignIn
	// SignInKey returns the secret, 16 bytes or more, that protects what browsers keep
	// during a sign-in. Managers behind one address need the same. Default: a random one,
	// so that sign-ins under way end with the manager.
	SignInKey func(ctx context.Context) ([]byte, error)
	// Refresh, if set, is called before the token of a request is checked: it reads what
	// other processes have changed, as (*store.Store).Refresh does.
	// Default: nothing is called, which is right if no other process changes them.
	Refresh func(ctx context.Context)
	// Origins reports whether pages of a browser origin, "https://love.example",
	// may call the API. Default: all may. That is safe because browsers add no
	// credentials by themselves: a foreign page has no token. The Hub has its own
	// setting.
	Origins func(origin string) bool
	// TrustedProxies are the networks whose X-Forwarded-For and X-Real-IP are
	// believed. Default: none.
	TrustedProxies auth.Networks
	// Commander executes commands. Default: none, commands are answered 503.
	Commander commander.Commander
	// Informer answers salinfo. Default: none, salinfo is answered 503. One that
	// is also a [MetadataInformer] answers salinfo/metadata as well.
	Informer commander.Informer
	// RelayIncomplete also passes on objects that are not complete commands or
	// observing logs. Set it if the Commander relays [commander.Call.Posted] to a
	// LOVE-commander that checks the keys. Default: they are answered 400.
	RelayIncomplete bool
	// Record is the record of commands that the API shows. Commands that their
	// user may not give are recorded in it. Its changes are published to the group
	// event-Hub-0-commands. Default: none, the record is answered 404.
	Record Record
	// Authority lets users exclude others from commanding. The Commander must be
	// the same value, or pass its commands on to it. Its changes are published to
	// the group event-Hub-0-authority. Default: none, authority is answered 404.
	Authority *authority.Authority
	// Logbook writes observing logs. Default: none, they are answered 503.
	Logbook commander.Logbook
	// CommandTimeout limits each call of Commander, Informer and Logbook; progress
	// extends it. Default: [DefaultCommandTimeout].
	CommandTimeout time.Duration

	// BodyTimeout is how long a client may take to send the body of a request.
	// Default: 10 s.
	BodyTimeout time.Duration

	// ServerURL is the host in the identity "user@host" of a command. Default: the
	// name of this machine.
	ServerURL string
	// URLPrefix comes before /manager, such as "/love". Default: nothing.
	URLPrefix string
	// Configurations gives the answer to a log-in the configuration of the LOVE-frontend
	// that the user has chosen. Default: a built-in one, the same for all.
	Configurations Configurations
	// Page answers "/" and what is below "/page/". Default: a [dashboard.New] that tells of
	// the manager only.
	Page http.Handler
	// Frontend answers GET and HEAD of every path that is not the manager's, "/" too, so that
	// the Page is at "/page/" only. It gets the path without URLPrefix; with one, "/" is
	// redirected there.
	// Default: none, such paths are answered 404.
	Frontend http.Handler
	// Routes are paths of other APIs, which are served with the manager's checks.
	// Default: none.
	Routes []Route
	// Metrics answers /metrics. Default: none, /metrics is answered 404. Package metrics has
	// one for Prometheus.
	Metrics http.Handler
	// Observer is notified of commands and log-ins. Default: nobody is.
	Observer Observer
	// Dependencies are checked by /readyz. Default: none.
	Dependencies []Dependency

	// Clock gives the time. Default: the system's.
	Clock love.Clock
	// Logger gets each request at level debug, without its query, and every
	// failure of the manager. Default: nothing is logged.
	Logger *slog.Logger
}

// Manager is the LOVE-manager as an http.Handler. It is safe for concurrent
// use; [Manager.Close] ends it.
type Manager struct {
	config   Config
	router   *httprouter.Router
	socket   *regexp.Regexp
	handler  http.Handler
	topics   jsoncache.Cache
	audit    *audit.Auditor
	limiter  *auth.LogInLimiter
	throttle *audit.Throttle
	// checkedPasswords holds the names of users whose password was checked at log-in.
	checkedPasswords sync.Map
	outages          outages
	ending           atomic.Bool
	signIns          *signIns
	cancelWatches    []func()
}

// New returns a manager. From then on the end of a token closes its sockets.
func New(c Config) (*Manager, error) {
	if c.Hub == nil || c.Authenticator == nil || c.Tokens == nil {
		return nil, errors.New("making a manager: Config needs Hub, Authenticator and Tokens")
	}
	if err := c.setDefaults(); err != nil {
		return nil, err
	}
	if err := c.checkSignIn(); err != nil {
		return nil, err
	}
	m := &Manager{
		config: c,
		router: httprouter.New(),
		// Matched before the router, which has no patterns in the middle of a path.
		socket:   regexp.MustCompile(`^` + regexp.QuoteMeta(c.URLPrefix) + `/manager(.*?)/ws/subscription/?$`),
		audit:    audit.NewAuditor(c.AuditLog, audit.WithLogger(c.Logger), audit.WithClock(c.Clock)),
		limiter:  cmp.Or(c.LogInLimiter, auth.NewLogInLimiter(c.LogInLimits, c.Clock)),
		throttle: audit.NewThrottle(c.Clock),
		outages:  newOutages(c.Logger),
		signIns:  newSignIns(&c),
	}
	for _, e := range m.endpoints() {
		m.route(c.URLPrefix+e.path, m.endpoint(e))
	}
	if err := m.addRoutes(c.Routes); err != nil {
		return nil, fmt.Errorf("making a manager: Config.Routes: %w", err)
	}
	m.route("/healthz", readOnly(http.HandlerFunc(healthz)))
	m.route("/readyz", readOnly(http.HandlerFunc(m.readyz)))
	if c.Metrics != nil {
		m.route("/metrics", readOnly(c.Metrics))
	}
	m.route("/openapi.yaml", readOnly(http.HandlerFunc(openAPI)))
	m.routePage()
	m.handler = httpapi.Wrap(m.crossOrigin(http.HandlerFunc(m.dispatch)), httpapi.Wrapping{
		Logger: c.Logger, BodyTimeout: c.BodyTimeout, Failed: func(*http.Request) answer { return errInternal.Answer },
	})
	m.cancelWatches = []func(){c.Tokens.Watch(c.Hub.DisconnectToken)}
	if c.Directory != nil {
		r := newSessionRevoker(c.Directory, c.Hub, c.Clock)
		m.cancelWatches = append(m.cancelWatches, r.watch(), r.stop)
	}
	if c.Record != nil {
		m.cancelWatches = append(m.cancelWatches, c.Record.Watch(m.publishCommand))
	}
	if c.Authority != nil {
		m.cancelWatches = append(m.cancelWatches, c.Authority.Watch(m.publishAuthority))
	}
	return m, nil
}

// routePage serves the page below the URL prefix. Beside a frontend it is at "/page/" only;
// without one "/" leads to the prefix.
func (m *Manager) routePage() {
	page, prefix := readOnly(m.config.Page), m.config.URLPrefix
	m.route(prefix+"/page/*file", page)
	if m.config.Frontend != nil {
		return
	}
	m.route(prefix+"/", page)
	if prefix != "" {
		m.route("/", readOnly(http.RedirectHandler(prefix+"/", http.StatusFound)))
	}
}

func (c *Config) setDefaults() error {
	c.URLPrefix = strings.Trim(c.URLPrefix, "/")
	if c.URLPrefix != "" {
		c.URLPrefix = "/" + c.URLPrefix
	}
	if strings.ContainsAny(c.URLPrefix, ":*?# ") {
		return fmt.Errorf("making a manager: the URL prefix %q is not a plain path such as /love", c.URLPrefix)
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
	if c.Directory == nil && c.Users != nil {
		c.Directory = c.Users
	}
	if c.Directory == nil {
		c.Directory, _ = c.Authenticator.(auth.Directory)
	}
	if c.Clock == nil {
		c.Clock = love.SystemClock{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Refresh == nil {
		c.Refresh = func(context.Context) {}
	}
	if c.Observer == nil {
		c.Observer = nopObserver{}
	}
	if c.Origins == nil {
		c.Origins = func(string) bool { return true }
	}
	if c.Configurations == nil {
		c.Configurations = newBuiltinConfiguration(c.Clock.Now())
	}
	if c.Page == nil {
		c.Page = dashboard.New(dashboard.Info{Started: c.Clock.Now(), URLPrefix: c.URLPrefix})
	}
	c.BodyTimeout = cmp.Or(c.BodyTimeout, bodyTimeout)
	c.CommandTimeout = cmp.Or(c.CommandTimeout, DefaultCommandTimeout)
	return nil
}

// Close ends the manager's watches of tokens, users, the record and authority.
// Requests are still answered: the http.Server in front decides when they end.
func (m *Manager) Close() {
	for _, stop := range m.cancelWatches {
		stop()
	}
}

// ServeHTTP implements http.Handler.
func (m *Manager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff") // for whatever answers
	if peer, address := auth.Address(r), m.config.TrustedProxies.ClientAddress(r); address != peer {
		r = r.WithContext(r.Context()) // a copy: the request belongs to the caller
		r.RemoteAddr = net.JoinHostPort(address, "0")
		if address == "" {
			// Not an address, so that it matches no location; it still limits
			// log-ins.
			r.RemoteAddr = "unknown, behind " + peer
		}
	}
	if m.socket.MatchString(r.URL.Path) {
		m.serveSocket(w, r)
		return
	}
	m.handler.ServeHTTP(w, r)
}
