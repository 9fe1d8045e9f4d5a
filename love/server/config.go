package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rubin-love/love-go/internal/httpserver"
	"github.com/rubin-love/love-go/internal/origin"
	"github.com/rubin-love/love-go/internal/secret"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/history/historyhttp"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
)

// DefaultMaxConnectionsPerAddress is the default of MaxConnectionsPerAddress.
const DefaultMaxConnectionsPerAddress = httpserver.DefaultMaxPerAddress

// DefaultDrainTimeout is the default of DrainTimeout.
const DefaultDrainTimeout = 5 * time.Second

// ArchiveName is the name of the archive among the sources of the past.
const ArchiveName = "archive"

// Config holds the parts and settings of a [Server]. Every field has a default that
// is safe and works: the zero Config is a manager in memory without a commander, to
// which nobody can log in and no process can connect.
type Config struct {
	// Storage keeps users, tokens, the record of commands and everything else that
	// outlives the server. The server closes it at the end. *store.Store is one.
	// Default: in memory.
	Storage Storage

	// Users are the users in Storage, with their password hasher. Default: made by
	// the server.
	Users *auth.Users
	// Passwords are the passwords of [auth.DefaultUsers] and [auth.RemoteUsers], by
	// name. Those of these users who have a password here and do not exist are
	// added to Storage. Default: none.
	Passwords map[string]string
	// Authenticator checks log-ins. Default: Users.
	Authenticator auth.Authenticator
	// SignIn logs users in at an identity provider, in a browser or by a code; *oidc.SignIn
	// is one. It must add its users to Users, or the Directory must know them. If it has a
	// method Check(context.Context) error, /readyz shows it. Default: none.
	SignIn auth.SignIn
	// Issuers verify tokens that other systems issue, so that their programs and users need
	// no log-in; *oidc.Issuer is one. /readyz shows those that have a method Check.
	// Default: none.
	Issuers []auth.Issuer
	// Directory looks up users at each request, as of now. The websockets of those whom
	// it no longer has close at once if it is an [auth.UserWatcher], else within ten
	// seconds. Users can be administered over the API only if it is Users, or an
	// [auth.FirstOf] with Users in it. Default: the Authenticator, which must be one
	// then, or Users.
	Directory auth.Directory
	// Authorizer decides who may do what. Default: [auth.RoleAuthorizer] over the
	// Directory; a Directory may put users into the groups of Users if it includes
	// Users, else into those of [auth.DefaultRoles].
	Authorizer auth.Authorizer
	// Gate admits websockets whose query has neither a token nor the process password,
	// by a cookie for instance. The Directory must know its users. Pages of other hosts
	// than the manager's cannot connect through it, unless Origins has theirs or it is a
	// [hub.OriginGate]. Default: none, they are refused.
	Gate hub.Gate
	// Tokens issues and verifies the tokens of log-ins. Then SecretKey and TokenLifetime
	// must not be set. Default: *[jwt.Tokens] in Storage.
	Tokens auth.Tokens
	// ProcessPassword lets producers and other processes connect. Default: no
	// process can.
	ProcessPassword string
	// SecretKey signs tokens, 32 random bytes or more. Default: one that is made at
	// the first start and kept in Storage.
	SecretKey []byte
	// AllowWeakSecrets allows a shorter SecretKey, with which tokens can be forged, and
	// passwords of processes and new ones of users that can be guessed: they need twelve
	// characters, and common ones are refused. Those in Passwords, and those that users
	// have already, are reported in the log only.
	AllowWeakSecrets bool
	// TokenLifetime is how long a log-in lasts. Default: 30 days.
	TokenLifetime time.Duration
	// LogInLimits limits failed log-ins. Default: see [auth.LogInLimits].
	LogInLimits auth.LogInLimits

	// Commander executes commands. Default: none, commands are answered 503.
	Commander commander.Commander
	// Informer answers salinfo. Default: the Commander if it is one, or else none,
	// salinfo is answered 503.
	Informer commander.Informer
	// Logbook writes observing logs. Default: the Commander if it is one, or else
	// none, they are answered 503.
	Logbook commander.Logbook
	// Heartbeater is polled for the commander's heartbeat. Default: the Commander
	// if it is one, or else none, and the manager publishes only its own.
	Heartbeater commander.Heartbeater
	// NoCommanderHeartbeat switches the polling of the Heartbeater off.
	NoCommanderHeartbeat bool
	// RelayIncomplete passes on objects that are not complete commands; see
	// [manager.Config]. Set it if the Commander is a client of a LOVE-commander.
	RelayIncomplete bool
	// CommandTimeout is how long a command may take; progress extends it. Default:
	// [manager.DefaultCommandTimeout].
	CommandTimeout time.Duration
	// Name names this manager in the record of commands. It must be the same after a
	// restart. Managers that share a Storage must have different names. Default:
	// "manager".
	Name string
	// CommandRetention is how long entries of the record of commands are kept.
	// Default: for ever.
	CommandRetention time.Duration
	// SendUnrecorded also sends commands that cannot be recorded. Default: they
	// are refused.
	SendUnrecorded bool
	// Authority lets users exclude others from commanding for some time. It needs a
	// Commander. Default: they cannot.
	Authority bool
	// Approval selects commands that a second person must approve. It implies
	// Authority. Default: none.
	Approval []love.CommandPattern

	// Origins are the browser origins, "https://love.example", whose pages may connect.
	// Default: all, because a page needs a token, which browsers do not send by
	// themselves; through Gate only the manager's own.
	Origins []string
	// TrustedProxies are the networks whose X-Forwarded-For and X-Real-IP are
	// believed. Default: none.
	TrustedProxies auth.Networks
	// MaxConnectionsPerAddress is how many HTTP connections an address may have at
	// [Server.Serve]; those beyond are answered 429. Websockets do not count, nor do the
	// connections of TrustedProxies: the requests that they make count for the address
	// of their client. Default: [DefaultMaxConnectionsPerAddress].
	MaxConnectionsPerAddress int
	// TLS makes [Server.Serve] speak TLS: HTTP/1.1 over TLS 1.2 or later. Default: it speaks
	// plain HTTP, for a proxy in front.
	TLS *tls.Config
	// URLPrefix comes before /manager, such as "/love". Default: nothing.
	URLPrefix string
	// ServerURL is the host in the identity "user@host" of a command. Default: the
	// name of this machine.
	ServerURL string
	// Page answers "/" and what is below "/page/". Default: a [dashboard.New].
	Page http.Handler
	// Frontend answers GET and HEAD of every path that is not the manager's, such as a built
	// LOVE-frontend; Page is then at "/page/" only. It gets the path without URLPrefix. Default:
	// none.
	Frontend http.Handler
	// NoFrontendData switches off the API of what the LOVE-frontend keeps in the manager: views,
	// configurations and the like, for a program that has its own in Routes.
	NoFrontendData bool
	// Routes are paths of further APIs, which are served with the manager's checks of
	// log-in and permission. Default: none.
	Routes []manager.Route
	// Archive records events and telemetry into the folder that it names, and answers the
	// history API from there. A folder that cannot be opened, or into which another manager
	// records, is tried again every ten seconds. Its Clock and Log are by default those of
	// the server. Default: nothing is recorded.
	Archive archive.Config
	// History are further sources of the past by their names, such as EFDs. The archive's
	// name is [ArchiveName]. Default: none; with neither there is no history API.
	History map[string]history.Source
	// HistoryLimits bound what can be asked of the past. Default: see
	// [historyhttp.Limits].
	HistoryLimits historyhttp.Limits
	// Broker connects the hub to those of other managers. Default: none, it is alone.
	Broker hub.Broker
	// HubOptions are further options of the hub. They are applied after those of the
	// server, and can replace them; an Observer of its own takes the hub's from /metrics.
	HubOptions []hub.Option
	// Dependencies are checked by /readyz, beside Storage and the commander.
	Dependencies []manager.Dependency
	// Collectors are further metrics at /metrics, beside those of package metrics. Default:
	// none.
	Collectors []prometheus.Collector
	// DrainDelay is how long [Server.Serve] goes on as before when its context has ended,
	// except that /readyz answers that the manager is not ready: the time that a proxy
	// needs to notice it, which must not send new connections to one that refuses them.
	// Default: none.
	DrainDelay time.Duration
	// Drain is the time over which the sockets are then closed,
	// so that the clients do not reconnect all at once. New requests and commands
	// are refused from its beginning. Default: all are closed at once.
	Drain time.Duration
	// DrainTimeout is how long the server then still waits for its clients, and for
	// commands under way. Default: 5 s.
	DrainTimeout time.Duration

	// Wrap, if set, gets the handler of all requests and returns what serves them, such as
	// one that makes traces (package love/commander/trace).
	Wrap func(http.Handler) http.Handler

	// Clock gives the time. Default: the system's.
	Clock love.Clock
	// Logger gets warnings and errors. Default: nothing is logged.
	Logger *slog.Logger
}

// checkPassword returns what checks new passwords of users, nil for none.
func (c *Config) checkPassword() func(username, password string) error {
	if c.AllowWeakSecrets {
		return nil
	}
	return func(username, password string) error {
		return secret.CheckStrength(password, username, "love", "rubin")
	}
}

// check returns an error for settings that are unsafe or that nobody can mean.
func (c *Config) check() error {
	if len(c.SecretKey) > 0 && !c.AllowWeakSecrets {
		if err := jwt.CheckKey(c.SecretKey); err != nil {
			return fmt.Errorf("server.Config.SecretKey: %w", err)
		}
	}
	if c.ProcessPassword != "" && !c.AllowWeakSecrets {
		if err := secret.CheckStrength(c.ProcessPassword); err != nil {
			return fmt.Errorf("server.Config.ProcessPassword: %w", err)
		}
	}
	var names []string
	for _, u := range slices.Concat(auth.DefaultUsers(), auth.RemoteUsers()) {
		names = append(names, u.Username)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Passwords)) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("server.Config.Passwords: %q is none of the default users %s: add other users with Users.Add", name, strings.Join(names, ", "))
		}
	}
	if c.Tokens != nil && (len(c.SecretKey) > 0 || c.TokenLifetime != 0) {
		return errors.New("server.Config.Tokens issues tokens, so SecretKey and TokenLifetime would have no effect: leave them out")
	}
	if c.Commander == nil && (c.Authority || len(c.Approval) > 0) {
		return errors.New("server.Config.Authority and Approval need a Commander: set one")
	}
	if err := c.checkApproval(); err != nil {
		return err
	}
	for _, page := range c.Origins {
		if !origin.Is(page) {
			return fmt.Errorf("server.Config.Origins: %q is not the origin of a page: write it as https://HOST or https://HOST:PORT", page)
		}
	}
	for name, n := range map[string]int{"UserTries": c.LogInLimits.UserTries, "AddressTries": c.LogInLimits.AddressTries} {
		if n < 0 {
			return fmt.Errorf("server.Config.LogInLimits.%s is %d: give a number above 0, or 0 for the default", name, n)
		}
	}
	if c.MaxConnectionsPerAddress < 0 {
		return fmt.Errorf("server.Config.MaxConnectionsPerAddress is %d: give a number above 0, or 0 for the default", c.MaxConnectionsPerAddress)
	}
	if c.History[ArchiveName] != nil {
		return fmt.Errorf("server.Config.History: %q is the name of Archive: choose another", ArchiveName)
	}
	if c.Archive.MaxBytes < 0 {
		return fmt.Errorf("server.Config.Archive.MaxBytes is %d: give a number above 0, or 0 for no limit", c.Archive.MaxBytes)
	}
	for name, d := range map[string]time.Duration{
		"TokenLifetime": c.TokenLifetime, "CommandTimeout": c.CommandTimeout, "CommandRetention": c.CommandRetention,
		"DrainDelay": c.DrainDelay, "Drain": c.Drain, "DrainTimeout": c.DrainTimeout, "Archive.MaxAge": c.Archive.MaxAge,
		"LogInLimits.UserEvery": c.LogInLimits.UserEvery, "LogInLimits.AddressEvery": c.LogInLimits.AddressEvery,
	} {
		if d < 0 {
			return fmt.Errorf("server.Config.%s is %v: give a time above 0, or 0 for the default", name, d)
		}
	}
	return nil
}

// checkApproval returns an error for a pattern that would match no command, so that the
// commands that were meant needed no approval.
func (c *Config) checkApproval() error {
	approval := slices.Clone(c.Approval)
	for i, p := range approval {
		parsed, err := love.ParseCommandPattern(string(p))
		if err != nil {
			return fmt.Errorf("server.Config.Approval: %w", err)
		}
		approval[i] = parsed
	}
	c.Approval = approval
	return nil
}

// allowOrigin reports whether pages of an origin may connect.
func (c *Config) allowOrigin(origin string) bool {
	return len(c.Origins) == 0 || slices.Contains(c.Origins, origin)
}
