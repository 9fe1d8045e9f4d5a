package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// Config says where the users are. Servers and UserBase are required.
type Config struct {
	// Servers are URLs, ldap://host[:port] or ldaps://host[:port], at most three
	// (AUTH_LDAP_1_SERVER_URI to _3_). The next one is asked when one cannot be
	// reached or does not know the user. A plain ldap:// is secured by StartTLS
	// before anything is sent.
	Servers []string
	// BindDN and BindPassword (AUTH_LDAP_BIND_PASSWORD) are who searches.
	// Default: nobody, the search is anonymous.
	BindDN, BindPassword string
	// UserBase is below which the users are searched, such as
	// "cn=users,cn=accounts,dc=example,dc=org".
	UserBase string
	// UserAttribute is what users call themselves by. Default: "uid".
	UserAttribute string
	// GroupBase is below which the group CommandGroup has to be. Default:
	// anywhere, by the memberOf of the user.
	GroupBase string
	// CommandGroup gives the groups cmd and ui_framework. Default: "love_ops".
	CommandGroup string
	// Timeout bounds a log-in over all servers. Default and most: 5 s.
	Timeout time.Duration
	// TLS is for the connections. Default: the system's certificates. The server
	// name is that of the URL.
	TLS *tls.Config
	// AllowPlain sends passwords without TLS if the URL is ldap://. Default: false.
	AllowPlain bool
}

// maxServers is how many servers are asked.
const maxServers = 3

// maxTimeout is the longest that a log-in may take.
const maxTimeout = 5 * time.Second

// pause is for how long a server that did not answer is left alone.
const pause = 30 * time.Second

// Users is where those who log in are made known; *auth.Users is one.
type Users interface {
	Provision(ctx context.Context, u auth.User) (auth.User, error)
}

// Authenticator asks LDAP servers. It is safe for concurrent use.
type Authenticator struct {
	config  Config
	servers []server
	users   Users
	clock   love.Clock

	mu     sync.Mutex
	silent map[string]time.Time // server URL: until when it is left alone
}

var _ auth.Authenticator = (*Authenticator)(nil)

// server is one of the configured ones.
type server struct {
	url     string // as given
	address string // host:port
	host    string
	secure  bool // ldaps
}

// Option changes an [Authenticator] from its default.
type Option func(*Authenticator)

// WithClock sets the clock. Default: that of the system.
func WithClock(c love.Clock) Option { return func(a *Authenticator) { a.clock = c } }

// New makes an authenticator; it connects at each log-in.
func New(c Config, users Users, opts ...Option) (*Authenticator, error) {
	if len(c.Servers) == 0 || len(c.Servers) > maxServers {
		return nil, fmt.Errorf("LDAP needs 1 to %d servers, there are %d", maxServers, len(c.Servers))
	}
	if c.UserBase == "" {
		return nil, errors.New("LDAP needs the base of the users, such as cn=users,cn=accounts,dc=example,dc=org")
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
	a := &Authenticator{config: c, users: users, clock: love.SystemClock{}, silent: make(map[string]time.Time)}
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
		return server{}, fmt.Errorf("the LDAP server %q is no ldap://HOST or ldaps://HOST", text)
	}
	s := server{url: text, host: u.Hostname(), address: u.Host, secure: u.Scheme == "ldaps"}
	if u.Port() == "" {
		s.address += map[bool]string{false: ":389", true: ":636"}[s.secure]
	}
	return s, nil
}

// errNoUser is that a server does not know the user: another one may.
var errNoUser = errors.New("no such user")

// Authenticate implements auth.Authenticator. The error wraps
// auth.ErrUnavailable if no server could tell.
func (a *Authenticator) Authenticate(ctx context.Context, username, password string) (auth.User, error) {
	// A bind with an empty password succeeds as nobody.
	if username == "" || password == "" {
		return auth.User{}, auth.ErrCredentials
	}
	refused := false
	var failures []error
	for _, s := range a.servers {
		if a.isSilent(s) {
			continue
		}
		user, err := a.ask(ctx, s, username, password)
		switch {
		case err == nil:
			return a.users.Provision(ctx, user)
		case errors.Is(err, auth.ErrCredentials):
			return auth.User{}, auth.ErrCredentials
		case errors.Is(err, errNoUser):
			refused = true
		case ctx.Err() != nil:
			return auth.User{}, ctx.Err()
		default:
			a.leaveAlone(s)
			failures = append(failures, fmt.Errorf("LDAP server %s: %w", s.url, err))
		}
	}
	if refused {
		return auth.User{}, auth.ErrCredentials
	}
	return auth.User{}, fmt.Errorf("no LDAP server answers: %w", errors.Join(append(failures, auth.ErrUnavailable)...))
}

func (a *Authenticator) isSilent(s server) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.clock.Now().Before(a.silent[s.url])
}

func (a *Authenticator) leaveAlone(s server) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.silent[s.url] = a.clock.Now().Add(pause)
}

// Check returns why no server can be asked, or nil. It searches for nobody.
func (a *Authenticator) Check(ctx context.Context) error {
	var failures []error
	for _, s := range a.servers {
		_, err := a.ask(ctx, s, "loved-check-of-the-connection", "")
		if err == nil || errors.Is(err, errNoUser) || errors.Is(err, auth.ErrCredentials) {
			return nil
		}
		failures = append(failures, fmt.Errorf("LDAP server %s: %w", s.url, err))
	}
	return errors.Join(failures...)
}
