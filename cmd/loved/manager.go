package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/dashboard"
	"github.com/rubin-love/love-go/love/hub"
)

// drainTime is how long a manager that ends waits for its clients.
const drainTime = 5 * time.Second

const inMemory = "sqlite::memory:"

// managerFlags are the settings of `loved manager`.
type managerFlags struct {
	listen, database           string
	processPassword, secretKey string
	tokenLifetime              time.Duration
	admin, user, commandUser   string // passwords
	insecureDev                bool
	legacyInitialState, trace  bool
	heartbeats                 bool
	broker, userPublish, nan   *choice
	urlPrefix, serverURL       string
	origins, trustedProxies    []string
	proxies                    []netip.Prefix
	limits                     limitFlags
	log                        logFlags
}

func (a *app) managerCommand() *cobra.Command {
	var f managerFlags
	cmd := &cobra.Command{
		Use:   "manager",
		Short: "Run a manager: websocket hub, log-in and HTTP API",
		Long: `Run a manager: the websocket hub, log-in and the HTTP API of the LOVE-manager.
It needs the password that producers show; the users admin, user and cmd_user are
made if their password is given.`,
		Example: `  PROCESS_CONNECTION_PASS=… ADMIN_USER_PASS=… loved manager --listen 0.0.0.0:8000`,
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmp.Or(f.check(), a.checkDeployment(cmd.Flags())); err != nil {
				return &usageError{err}
			}
			return a.runManager(cmd.Context(), &f)
		},
	}
	f.register(cmd.Flags())
	return cmd
}

func (f *managerFlags) register(fs *pflag.FlagSet) {
	text := func(p *string, name, value, usage string, variables ...string) {
		fs.StringVar(p, name, value, usage)
		bindEnv(fs, name, variables...)
	}
	flag := func(p *bool, name string, value bool, usage string, variables ...string) {
		fs.BoolVar(p, name, value, usage)
		bindEnv(fs, name, variables...)
	}
	word := func(p **choice, name, usage, variable string, choices ...string) {
		*p = oneOf(choices...)
		fs.Var(*p, name, usage)
		bindEnv(fs, name, variable)
	}
	list := func(p *[]string, name, usage, variable string) {
		fs.StringSliceVar(p, name, nil, usage)
		bindEnv(fs, name, variable)
	}
	text(&f.listen, "listen", defaultListen, "`ADDRESS` of HTTP and websocket", "LOVED_LISTEN")
	text(&f.database, "database", inMemory, "`WHERE` users are kept: so far only "+inMemory+", for the life of the process", "LOVED_DATABASE")
	text(&f.processPassword, "process-password", "", "`PASSWORD` of producers and other processes; required", "PROCESS_CONNECTION_PASS")
	text(&f.secretKey, "secret-key", "", "`KEY` that signs tokens, 32 bytes or more (default random: tokens end with the process)", "SECRET_KEY")
	fs.DurationVar(&f.tokenLifetime, "token-lifetime", auth.DefaultTokenLifetime, "how long a token lives")
	bindEnv(fs, "token-lifetime", "LOVED_TOKEN_LIFETIME")
	text(&f.admin, "admin-password", "", "`PASSWORD` of the user admin, who may everything", "ADMIN_USER_PASS")
	text(&f.user, "user-password", "", "`PASSWORD` of the user user, who may not command", "USER_USER_PASS")
	text(&f.commandUser, "cmd-password", "", "`PASSWORD` of the user cmd_user, who may command", "CMD_USER_PASS")
	fs.BoolVar(&f.insecureDev, "insecure-dev", false, "allow well-known and short secrets")
	flag(&f.legacyInitialState, "initial-state-legacy", false, "send initial_state requests to initial_state-all-all-all, for old producers", "LOVE_PRODUCER_LEGACY")
	word(&f.broker, "broker", "what connects several managers: so far only this one", "LOVED_BROKER", "memory")
	text(&f.urlPrefix, "url-prefix", "", "`PATH` before /manager", "URL_SUBPATH")
	list(&f.origins, "origins", "browser `ORIGINS` that may connect (default all)", "LOVED_ORIGINS")
	word(&f.userPublish, "user-publish", "what a user's connection may publish", "LOVED_USER_PUBLISH", "love_csc", "none", "any")
	list(&f.trustedProxies, "trusted-proxies", "`NETWORKS` whose X-Real-IP and X-Forwarded-For are believed (default none)", "LOVED_TRUSTED_PROXIES")
	flag(&f.trace, "trace", true, "add time stamps to messages", "SHOW_TRACE_TIMESTAMPS")
	word(&f.nan, "nan", "what leaves for NaN and the infinities", "LOVED_NAN", "raw", "null")
	flag(&f.heartbeats, "heartbeat-query-commander", true, "ask the commander for its heartbeat", "HEARTBEAT_QUERY_COMMANDER")
	text(&f.serverURL, "server-url", "", "`HOST` in the identity of commands (default this machine's name)", "SERVER_URL")
	f.limits.register(fs)
	f.log.register(fs, slog.LevelInfo)
}

// wellKnown are the process passwords that everybody knows from the Python
// system's files.
var wellKnown = []string{"", "dev_pass", "my_dev_password"}

// check refuses settings that are wrong or unsafe.
func (f *managerFlags) check() error {
	if f.database != inMemory {
		return fmt.Errorf("--database: this release keeps users in memory only; give %s, or nothing", inMemory)
	}
	if !f.insecureDev {
		if slices.Contains(wellKnown, f.processPassword) {
			return fmt.Errorf("--process-password is missing or well known: choose a secret one, or give --insecure-dev")
		}
		if f.secretKey != "" {
			if err := auth.CheckKey([]byte(f.secretKey)); err != nil {
				return fmt.Errorf("--secret-key: %w", err)
			}
		}
	}
	if f.tokenLifetime <= 0 {
		return fmt.Errorf("--token-lifetime is %v: give a time above 0, such as 720h", f.tokenLifetime)
	}
	for _, network := range f.trustedProxies {
		p, err := netip.ParsePrefix(network)
		if err != nil {
			return fmt.Errorf("--trusted-proxies: %q is no network such as 10.0.0.0/8", network)
		}
		f.proxies = append(f.proxies, p)
	}
	if slices.Contains(f.origins, "*") {
		f.origins = nil
	}
	return f.limits.check()
}

// checkDeployment refuses the environment of a Python deployment that counts
// on what this release does not have: going on without would look right and
// lose users, or messages between processes.
func (a *app) checkDeployment(fs *pflag.FlagSet) error {
	for _, v := range []struct{ variable, flag, instead string }{
		{"DB_ENGINE", "database", inMemory},
		{"REDIS_HOST", "broker", "memory"},
	} {
		if value, _ := a.env(v.variable); value != "" && !fs.Changed(v.flag) {
			return fmt.Errorf("%s is set, which this release cannot use yet: give --%s %s to go on without", v.variable, v.flag, v.instead)
		}
	}
	return nil
}

func (a *app) runManager(ctx context.Context, f *managerFlags) error {
	listener, err := listen(f.listen)
	if err != nil {
		return err
	}
	log := f.log.logger(a.stderr)
	b, err := newBackend(ctx, f.backendConfig(log))
	if err != nil {
		listener.Close()
		return err
	}
	fmt.Fprintf(a.stdout, "LOVE manager at %s\n", urlOf(listener, f.urlPrefix))
	return b.serve(ctx, listener, drainTime)
}

func (f *managerFlags) backendConfig(log *slog.Logger) backendConfig {
	version, _ := buildVersion()
	return backendConfig{
		processPassword: f.processPassword,
		passwords:       map[string]string{"admin": f.admin, "user": f.user, "cmd_user": f.commandUser},
		secretKey:       []byte(f.secretKey),
		tokenLifetime:   f.tokenLifetime,
		heartbeats:      f.heartbeats,
		serverURL:       f.serverURL,
		urlPrefix:       f.urlPrefix,
		page:            dashboard.Info{Version: version, Started: time.Now(), URLPrefix: f.urlPrefix},
		edge:            edge{f.proxies, f.origins},
		hubOptions: []hub.Option{
			hub.WithUserPublish(map[string]hub.UserPublish{
				"none": hub.PublishNone, "love_csc": hub.PublishLoveCSC, "any": hub.PublishAny,
			}[f.userPublish.value]),
			hub.WithNaN(map[string]hub.NaN{"raw": hub.NaNRaw, "null": hub.NaNNull}[f.nan.value]),
			hub.WithTracing(f.trace),
			hub.WithLimits(f.limits.limits),
			hub.WithLegacyInitialState(f.legacyInitialState),
		},
		log: log,
	}
}
