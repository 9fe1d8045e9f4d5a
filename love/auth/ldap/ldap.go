package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// Config describes where the users are. Servers and UserBase are required.
type Config struct {
	// Servers are URLs, ldap://host[:port] or ldaps://host[:port], at most three
	// (AUTH_LDAP_1_SERVER_URI to _3_). The next one is asked when one cannot be
	// reached or does not know the user. A plain ldap:// is secured by StartTLS
	// before anything is sent.
	Servers []string
	// BindDN and BindPassword (AUTH_LDAP_BIND_PASSWORD) are the log-in for
	// searching. Default: none, the search is anonymous.
	BindDN, BindPassword string
	// UserBase is the entry below which users are searched, such as
	// "cn=users,cn=accounts,dc=example,dc=org".
	UserBase string
	// UserAttribute is the attribute with the user name. Default: "uid".
	UserAttribute string
	// GroupBase is the entry below which CommandGroup must be. Default:
	// anywhere; then only the memberOf of the user counts.
	GroupBase string
	// CommandGroup gives its members the groups cmd and ui_framework. Default: "love_ops".
	CommandGroup string
	// Timeout bounds a log-in over all servers. Default and maximum: 5 s.
	Timeout time.Duration
	// TLS configures the connections. Default: the system's certificates. Its
	// server name defaults to that of the URL.
	TLS *tls.Config
	// AllowPlain sends passwords without TLS if the URL is ldap://. Default: false.
	AllowPlain bool
}

// maxServers is the largest number of servers.
const maxServers = 3

// maxTimeout is the longest that a log-in may take.
const maxTimeout = 5 * time.Second

// pause is the wait before a server that did not answer is asked again.
const pause = 30 * time.Second

// Users creates or updates the users who log in; *auth.Users implements it. If it is
// an auth.Directory too, a user is looked up before the password is checked, so
// that a change in between is noticed.
type Users interface {
	Provision(ctx context.Context, u auth.User) (auth.Provisioned, error)
}

// Authenticator asks LDAP servers. It is safe for concurrent use.
type Authenticator struct {
	config  Config
	servers []server
	users   Users
	auditor *audit.Auditor
	clock   love.Clock

	mu     sync.Mutex
	paused map[string]time.Time // server URL: until when it is not asked
}

var _ auth.Authenticator = (*Authenticator)(nil)

// server is one of the configured ones.
type server struct {
	url     string // as given
	address string // host:port
	host    string
	secure  bool // ldaps
}

// Option changes a default of an [Authenticator].
type Option func(*Authenticator)

// WithClock sets the clock. Default: the system's.
func WithClock(c love.Clock) Option { return func(a *Authenticator) { a.clock = c } }

// WithAuditor records whom a log-in adds and which groups it grants, with "LDAP"
// as the actor. A log-in that cannot be recorded fails. Default: nothing is
// recorded.
func WithAuditor(a *audit.Auditor) Option { return func(l *Authenticator) { l.auditor = a } }

// New makes an authenticator; it connects at each log-in.
func New(c Config, users Users, opts ...Option) (*Authenticator, error) {
	if len(c.Servers) == 0 || len(c.Servers) > maxServers {
		return nil, fmt.Errorf("LDAP needs 1 to %d servers, not %d", maxServers, len(c.Servers))
	}
	if c.UserBase == "" {
		return nil, errors.New("LDAP needs the entry below which the users are, such as cn=users,cn=accounts,dc=example,dc=org")
	}
	if c.Timeout <= 0 || c.Timeout > maxTimeout {
		c.Timeout = maxTimeout
	}
	if c.UserAttribute == "" {
		c.UserAttribute = "uid"
	}
	if c.CommandGroup == "" {
		c.CommandGroup = "love_ops"
	}
	a := &Authenticator{config: c, users: users, auditor: audit.NewAuditor(nil), clock: love.SystemClock{}, paused: make(map[string]time.Time)}
	for _, text := range c.Servers {
		s, err := parseServer(text)
		if err != nil {
			return nil, err
		}
		a.servers = append(a.servers, s)
	}
	for _, o := range opts {
		o(a)
	}
	return a, nil
}

func parseServer(text string) (server, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "ldap" && u.Scheme != "ldaps" {
		return server{}, fmt.Errorf("the LDAP server %q is not of the form ldap://HOST or ldaps://HOST", mask.Address(text))
	}
	if u.User != nil {
		return server{}, fmt.Errorf("the URL of the LDAP server %s holds a user: give the log-in for searching as BindDN and BindPassword (AUTH_LDAP_BIND_DN, AUTH_LDAP_BIND_PASSWORD)", u.Host)
	}
	s := server{url: text, host: u.Hostname(), address: u.Host, secure: u.Scheme == "ldaps"}
	if u.Port() == "" {
		s.address += map[bool]string{false: ":389", true: ":636"}[s.secure]
	}
	return s, nil
}

// errNoUser means that a server does not know the user; another one may.
var errNoUser = errors.New("no such user")

// Authenticate implements auth.Authenticator. The error wraps
// auth.ErrUnavailable if no server could check the log-in.
func (a *Authenticator) Authenticate(ctx context.Context, username, password string) (auth.User, error) {
	// A bind with an empty password succeeds, anonymously.
	if username == "" || password == "" {
		return auth.User{}, auth.ErrCredentials
	}
	refused := false
	var failures []error
	for _, s := range a.servers {
		if a.isPaused(s) {
			continue
		}
		user, err := a.ask(ctx, s, username, password)
		switch {
		case err == nil:
			return a.provision(ctx, user)
		case errors.Is(err, auth.ErrCredentials):
			return auth.User{}, auth.ErrCredentials
		case errors.Is(err, errNoUser):
			refused = true
		case ctx.Err() != nil:
			return auth.User{}, ctx.Err()
		default:
			a.pauseServer(s)
			failures = append(failures, fmt.Errorf("LDAP server %s: %w", mask.Address(s.url), mask.Error(err, s.url)))
		}
	}
	if refused {
		return auth.User{}, auth.ErrCredentials
	}
	return auth.User{}, fmt.Errorf("no LDAP server could check the log-in: %w", errors.Join(append(failures, auth.ErrUnavailable)...))
}

// provision creates or updates the user here, and records what that changed.
func (a *Authenticator) provision(ctx context.Context, user auth.User) (auth.User, error) {
	p, err := a.users.Provision(ctx, user)
	if err != nil {
		return auth.User{}, err
	}
	r := audit.Record{Actor: "LDAP", Subject: user.Username, Outcome: audit.Done, Detail: "groups: " + strings.Join(p.Granted, ", ")}
	switch {
	case p.Added:
		r.Action = audit.UserAdded
	case len(p.Granted) > 0:
		r.Action = audit.PermissionGranted
	default:
		return p.User, nil
	}
	return p.User, a.auditor.Record(ctx, r)
}

func (a *Authenticator) isPaused(s server) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.clock.Now().Before(a.paused[s.url])
}

func (a *Authenticator) pauseServer(s server) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.paused[s.url] = a.clock.Now().Add(pause)
}

// Check returns nil if a server can be searched, or why none can. It searches for
// a user that does not exist.
func (a *Authenticator) Check(ctx context.Context) error {
	var failures []error
	for _, s := range a.servers {
		_, err := a.ask(ctx, s, "loved-check-of-the-connection", "")
		if err == nil || errors.Is(err, errNoUser) || errors.Is(err, auth.ErrCredentials) {
			return nil
		}
		failures = append(failures, fmt.Errorf("LDAP server %s: %w", mask.Address(s.url), mask.Error(err, s.url)))
	}
	return errors.Join(failures...)
}
