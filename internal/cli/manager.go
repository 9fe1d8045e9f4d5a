package cli

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/origin"
	"github.com/rubin-love/love-go/internal/secret"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/hub"
)

// minPing is the least interval between pings that makes sense.
const minPing = time.Second

// managerFlags are the settings of `loved manager`.
type managerFlags struct {
	listen                                 string
	database                               databaseFlag
	processPassword, secretKey             string
	tokenLifetime                          time.Duration
	broker                                 brokerFlags
	admin, user, commandUser               string // passwords
	insecureDev                            bool
	legacyInitialState, trace              bool
	heartbeats                             bool
	drainDelay, drain, ping, writeInterval time.Duration
	userPublish, nan                       *choice
	compression                            *choice
	urlPrefix, serverURL                   string
	origins, trustedProxies                []string
	proxies                                auth.Networks
	remote                                 [3]string // passwords
	commanding                             *choice
	commandFrom                            []string
	ldap                                   ldapFlags
	oidc                                   oidcFlags
	limits                                 limitFlags
	client                                 commanderClientFlags
	traces                                 tracingFlags
	services                               serviceFlags
	frontend                               frontendFlags
	commands                               commandSettings
	archive                                archiveFlags
	efds                                   efdFlags
	log                                    logFlags
	debug                                  debugFlags
	tls                                    tlsFlags
}

func (a *app) managerCommand() *cobra.Command {
	var f managerFlags
	cmd := &cobra.Command{
		Use:   "manager",
		Short: "Run a manager: websocket hub, log-in and HTTP API",
		Long: `Run a manager: the websocket hub, log-in and the HTTP API of the LOVE-manager. It needs the password that
producers connect with. Users are kept in a database (loved user, loved check). The users admin, user and
cmd_user are added if their passwords are given; those that exist keep theirs.`,
		Example: `  PROCESS_CONNECTION_PASS=… ADMIN_USER_PASS=… loved manager --listen 0.0.0.0:8000`,
		Args:    exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.complete(cmd.Flags(), a.env); err != nil {
				return &usageError{err}
			}
			return a.runManager(cmd.Context(), &f)
		},
	}
	f.register(cmd.Flags())
	a.groupFlags(cmd, managerFlagGroups)
	return withConfig(cmd, "manager")
}

// managerFlagGroups are the parts of the manager's help.
var managerFlagGroups = []flagGroup{
	{"Start", false, []string{"listen", "process-password", "database", "commander", "frontend", "archive", configFlag, "help", helpAll}},
	{"Users who are added if they are missing", false, []string{"admin-password", "user-password", "cmd-password"}},
	{"Behind a proxy", false, []string{"url-prefix", "origins", "trusted-proxies"}},
	{"Logging", false, []string{"log-level", "log-format"}},
	{"Tokens and secrets", true, []string{"insecure-dev", "secret-key", "token-lifetime"}},
	{"Own TLS", true, []string{"tls-*"}},
	{"Remote control rooms", true, []string{"base-password", "tucson-password", "slac-password"}},
	{"Directory (LDAP)", true, []string{"ldap-*"}},
	{"OpenID Connect", true, []string{"oidc-*", "trust-*"}},
	{"Commands", true, []string{
		"commanding", "command-*", "approval", "authority", "unrecorded-commands", "name", "server-url", "heartbeat-query-commander", "otlp-endpoint",
	}},
	{"Services outside of LOVE", true, []string{"ole", "jira", "jira-*", "smtp-*", "nightreport-*", "nightly-digest"}},
	{"Archive and EFDs", true, []string{"archive-*", "efd*"}},
	{"Websockets", true, []string{"user-publish", "initial-state-legacy", "trace", "nan", "ping", "write-interval", "compression", "drain", "drain-delay"}},
	{"Several managers", true, []string{"broker", "broker-*"}},
	{"Limits (0 is the default)", true, []string{"limit-*"}},
	{"Log, profiles, time", true, []string{"log-limit", "debug-listen", "leap-seconds"}},
}

func (f *managerFlags) register(fs *pflag.FlagSet) {
	str := func(p *string, name, value, usage string, variables ...string) {
		fs.StringVar(p, name, value, usage)
		bindEnv(fs, name, variables...)
	}
	flag := func(p *bool, name string, value bool, usage string, variables ...string) {
		fs.BoolVar(p, name, value, usage)
		bindEnv(fs, name, variables...)
	}
	duration := func(p *time.Duration, name string, value time.Duration, usage, variable string) {
		durationVar(fs, p, name, value, usage)
		bindEnv(fs, name, variable)
	}
	enum := func(p **choice, name, usage, variable string, choices ...string) {
		*p = oneOf(choices...)
		fs.Var(*p, name, usage)
		bindEnv(fs, name, variable)
	}
	list := func(p *[]string, name, usage, variable string) {
		fs.StringSliceVar(p, name, nil, usage)
		bindEnv(fs, name, variable)
	}
	str(&f.listen, "listen", defaultListen, "`ADDRESS` of HTTP and websocket", "LOVED_LISTEN")
	f.database.register(fs)
	str(&f.processPassword, "process-password", "", "`PASSWORD` of producers and other processes; required", "PROCESS_CONNECTION_PASS")
	str(&f.secretKey, "secret-key", "", "`KEY` that signs tokens, 32 bytes or more (default generated at the first start and kept in the database)", "SECRET_KEY")
	duration(&f.tokenLifetime, "token-lifetime", jwt.DefaultLifetime, "how long a token is valid", "LOVED_TOKEN_LIFETIME")
	str(&f.admin, "admin-password", "", "`PASSWORD` of the user admin, who may do everything", "ADMIN_USER_PASS")
	str(&f.user, "user-password", "", "`PASSWORD` of the user user, who may not command", "USER_USER_PASS")
	str(&f.commandUser, "cmd-password", "", "`PASSWORD` of the user cmd_user, who may command", "CMD_USER_PASS")
	str(&f.remote[0], "base-password", "", "`PASSWORD` of the user base_control_room, who may not command", "REMOTE_BASE_USER_PASS")
	str(&f.remote[1], "tucson-password", "", "`PASSWORD` of the user tucson_control_room, who may not command", "REMOTE_TUCSON_USER_PASS")
	str(&f.remote[2], "slac-password", "", "`PASSWORD` of the user slac_control_room, who may not command", "REMOTE_SLAC_USER_PASS")
	markSecret(fs, unescaped, "process-password")
	markSecret(fs, escaped, "secret-key", "admin-password", "user-password", "cmd-password", "base-password", "tucson-password", "slac-password")
	f.ldap.register(fs)
	f.oidc.register(fs)
	enum(&f.commanding, "commanding", "what decides who may command: the user's permission, or the location", "COMMANDING_PERMISSION_TYPE", "user", "location")
	list(&f.commandFrom, "command-from", "`NETWORKS` that may command; needed with, and only with, --commanding location", "LOVED_COMMAND_FROM")
	fs.BoolVar(&f.insecureDev, "insecure-dev", false, "allow secrets that are short or that can be guessed")
	flag(&f.legacyInitialState, "initial-state-legacy", false, "send initial_state requests to initial_state-all-all-all, for old producers", "LOVE_PRODUCER_LEGACY")
	f.broker.register(fs)
	str(&f.urlPrefix, "url-prefix", "", "`PATH` before /manager", "URL_SUBPATH")
	list(&f.origins, "origins", "browser `ORIGINS` that may connect (default all)", "LOVED_ORIGINS")
	enum(&f.userPublish, "user-publish", "what a user's connection may publish", "LOVED_USER_PUBLISH", "love_csc", "none", "any")
	list(&f.trustedProxies, "trusted-proxies", "`NETWORKS` whose X-Real-IP and X-Forwarded-For are trusted (default none)", "LOVED_TRUSTED_PROXIES")
	flag(&f.trace, "trace", true, "add time stamps to messages", "SHOW_TRACE_TIMESTAMPS")
	enum(&f.nan, "nan", "how NaN and the infinities are sent", "LOVED_NAN", "raw", "null")
	duration(&f.ping, "ping", hub.DefaultPing, "`INTERVAL` between the pings of a connection, which is closed if it is silent until the next", "LOVED_PING")
	duration(&f.writeInterval, "write-interval", hub.DefaultWriteInterval, "least `TIME` between two writes of telemetry to a user's connection, at most 1s; 0 writes each message at once", "LOVED_WRITE_INTERVAL")
	enum(&f.compression, "compression", "compress messages for clients that offer it, as browsers do", "LOVED_COMPRESSION", "on", "off")
	duration(&f.drain, "drain", 0, "`TIME` over which the connections are closed when the manager ends, so that not all clients reconnect at once (default all at once)", "LOVED_DRAIN")
	duration(&f.drainDelay, "drain-delay", 0, "`TIME` for which the manager still works when it is told to end, but is not ready, so that a proxy that asks /readyz sends nobody to it any more (default none)", "LOVED_DRAIN_DELAY")
	f.client.register(fs)
	f.traces.register(fs)
	f.services.register(fs)
	f.frontend.register(fs)
	f.commands.register(fs)
	flag(&f.heartbeats, "heartbeat-query-commander", true, "ask the commander for its heartbeat", "HEARTBEAT_QUERY_COMMANDER")
	str(&f.serverURL, "server-url", "", "`HOST` in the identity of commands (default this machine's name)", "SERVER_URL")
	f.archive.register(fs)
	f.efds.register(fs)
	f.limits.register(fs)
	f.log.register(fs, slog.LevelInfo)
	f.log.registerLimit(fs)
	f.debug.register(fs)
	f.tls.register(fs)
}

// wellKnownPasswords are the process passwords that everybody knows from the Python
// system's files.
var wellKnownPasswords = []string{"", "dev_pass", "my_dev_password"}

// complete completes the settings from the environment and checks them.
func (f *managerFlags) complete(fs *pflag.FlagSet, env func(string) (string, bool)) error {
	f.resolve(env)
	if err := f.oidc.check(fs, f.urlPrefix); err != nil {
		return err
	}
	return f.check()
}

// checkProcessPassword refuses a process password that others know or can guess.
func checkProcessPassword(password string) error {
	if slices.Contains(wellKnownPasswords, password) {
		return fmt.Errorf("--process-password (PROCESS_CONNECTION_PASS) is missing or well known: choose a secret one, or give --insecure-dev")
	}
	if err := secret.CheckStrength(password, "process", "love", "loved"); err != nil {
		return fmt.Errorf("--process-password (PROCESS_CONNECTION_PASS): %w; or give --insecure-dev", err)
	}
	return nil
}

// check refuses settings that are wrong, unsafe or without effect, and parses
// those that are lists.
func (f *managerFlags) check() error {
	if !f.insecureDev {
		if err := checkProcessPassword(f.processPassword); err != nil {
			return err
		}
		if f.secretKey != "" {
			if err := jwt.CheckKey([]byte(f.secretKey)); err != nil {
				return fmt.Errorf("--secret-key: %w", err)
			}
		}
	}
	if f.tokenLifetime <= 0 {
		return fmt.Errorf("--token-lifetime is %v: give a time above 0, such as 720h", f.tokenLifetime)
	}
	if f.ping < minPing {
		return fmt.Errorf("--ping is %v: give %v or more", f.ping, minPing)
	}
	if f.writeInterval < 0 || f.writeInterval > hub.MaxWriteInterval {
		return fmt.Errorf("--write-interval is %v: give a time up to %v, or 0 to write each message at once", f.writeInterval, hub.MaxWriteInterval)
	}
	if f.drain < 0 {
		return fmt.Errorf("--drain is %v: give a time above 0, or 0 to close all connections at once", f.drain)
	}
	if f.drainDelay < 0 {
		return fmt.Errorf("--drain-delay is %v: give a time above 0, or 0 to accept nothing more at once", f.drainDelay)
	}
	var err error
	if f.proxies, err = parseNetworks("trusted-proxies", f.trustedProxies); err != nil {
		return err
	}
	if err := f.checkLocation(); err != nil {
		return err
	}
	if slices.Contains(f.origins, "*") {
		f.origins = nil
	}
	for _, page := range f.origins {
		if !origin.Is(page) {
			return fmt.Errorf("--origins: %q is not the origin of a page: write it as https://HOST or https://HOST:PORT", page)
		}
	}
	if err := f.ldap.check(); err != nil {
		return err
	}
	for _, check := range []func() error{f.commands.check, f.broker.check, f.archive.check, f.efds.check, f.tls.check} {
		if err := check(); err != nil {
			return err
		}
	}
	if err := f.services.check(); err != nil {
		return err
	}
	return f.limits.check()
}

// checkLocation refuses locations that have no effect, and their use without
// any, as then nobody could command.
func (f *managerFlags) checkLocation() error {
	from, err := parseNetworks("command-from", f.commandFrom)
	switch byLocation := f.commanding.value == "location"; {
	case err != nil:
		return err
	case byLocation && len(from) == 0:
		return fmt.Errorf("--commanding location (COMMANDING_PERMISSION_TYPE) without --command-from lets nobody command: name the networks that may, such as --command-from 10.0.0.0/8")
	case !byLocation && len(from) > 0:
		return fmt.Errorf("--command-from restricts nobody while the user's permission decides: add --commanding location, or leave it out")
	}
	return nil
}

// resolve applies what a Python deployment's environment sets beside the flags.
func (f *managerFlags) resolve(env func(string) (string, bool)) {
	f.services.resolve(env)
	if site, _ := env("LOVE_SITE"); site != "" && site != "summit" {
		f.remote = [3]string{} // only the summit has remote control rooms
	}
}
