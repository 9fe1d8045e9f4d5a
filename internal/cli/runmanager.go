package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/ldap"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/dashboard"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/metrics"
	"github.com/rubin-love/love-go/love/server"
	"github.com/rubin-love/love-go/love/store"
)

func (a *app) runManager(ctx context.Context, f *managerFlags) error {
	client, err := f.openCommander()
	if err != nil {
		return &usageError{err}
	}
	log, flush, err := f.log.limited(a.stderr)
	if err != nil {
		return err
	}
	defer flush()
	machine := ownResources()
	version, commit := buildVersion()
	log.Info("loved manager", "version", version, "commit", commit)
	if err := f.limits.fit(machine); err != nil {
		return err
	}
	for _, w := range f.warnings(machine) {
		log.Warn(w)
	}
	if w := f.sharesNoDatabase(); w != "" {
		log.Warn(w)
	}
	endDebug, err := f.debug.serve(log)
	if err != nil {
		return err
	}
	defer endDebug()
	frontend, closeFrontend, err := f.frontend.open(f.urlPrefix)
	if err != nil {
		return err
	}
	defer closeFrontend()
	traces, err := f.traces.open(ctx, "loved-manager", log)
	if err != nil {
		return err
	}
	defer traces.close()
	secure, err := f.tls.config(log)
	if err != nil {
		return err
	}
	listener, err := listen(f.listen)
	if err != nil {
		return err
	}
	config := f.serverConfig()
	config.TLS = secure
	config.Frontend = frontend
	config.Logger = log
	config.Name = cmp.Or(f.commands.name, managerName(listener))
	if client != nil {
		defer client.Close()
		config.Commander, config.RelayIncomplete = traces.commander(client), true
		config.Informer, config.Heartbeater, config.Logbook = client, client, client
	}
	config.Wrap = traces.handler
	broker, err := f.broker.open(config.Name, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if broker != nil {
		defer broker.Close()
		config.Broker = broker
		figures := metrics.Broker(func() metrics.BrokerStats { return metrics.BrokerStats(broker.Stats()) })
		config.Collectors = append(config.Collectors, figures)
	}
	services, err := f.openServices(log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer services.Close()
	config.Routes = append(config.Routes, services.Routes()...)
	if err := f.openStorage(ctx, &config); err != nil {
		return errors.Join(err, listener.Close())
	}
	endIdentity, err := f.openIdentity(&config)
	if err != nil {
		return errors.Join(err, listener.Close(), config.Storage.Close())
	}
	defer endIdentity()
	s, err := server.New(ctx, config)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	f.report(ctx, s, machine, log)
	fmt.Fprintf(a.stdout, "LOVE manager at %s\n", withScheme(urlOf(listener, f.urlPrefix), secure != nil))
	defer tellSystemd(ctx, log)()
	err = s.Serve(ctx, listener)
	log.Info("ended")
	return err
}

// serverConfig returns the settings that need nothing opened.
func (f *managerFlags) serverConfig() server.Config {
	version, _ := buildVersion()
	c := server.Config{
		Passwords: map[string]string{
			"admin": f.admin, "user": f.user, "cmd_user": f.commandUser,
			"base_control_room": f.remote[0], "tucson_control_room": f.remote[1], "slac_control_room": f.remote[2],
		},
		ProcessPassword:      f.processPassword,
		SecretKey:            []byte(f.secretKey),
		AllowWeakSecrets:     f.insecureDev,
		TokenLifetime:        f.tokenLifetime,
		LogInLimits:          auth.LogInLimits{UserTries: f.limits.logInTries, AddressTries: 5 * f.limits.logInTries},
		CommandTimeout:       time.Duration(f.client.timeout),
		NoCommanderHeartbeat: !f.heartbeats,
		Origins:              f.origins,
		TrustedProxies:       f.proxies,
		URLPrefix:            f.urlPrefix,
		ServerURL:            f.serverURL,
		DrainDelay:           f.drainDelay,
		Drain:                f.drain,
		Page:                 dashboard.New(dashboard.Info{Version: version, Started: time.Now(), URLPrefix: f.urlPrefix}),
		HubOptions: []hub.Option{
			hub.WithUserPublish(map[string]hub.UserPublish{
				"none": hub.PublishNone, "love_csc": hub.PublishLoveCSC, "any": hub.PublishAny,
			}[f.userPublish.value]),
			hub.WithNaN(map[string]hub.NaN{"raw": hub.NaNRaw, "null": hub.NaNNull}[f.nan.value]),
			hub.WithTracing(f.trace),
			hub.WithLimits(f.limits.hub()),
			hub.WithLegacyInitialState(f.legacyInitialState),
			hub.WithPing(f.ping),
			hub.WithWriteInterval(f.writeInterval),
			hub.WithCompression(f.compression.value == "on"),
		},
	}
	c.MaxConnectionsPerAddress = f.limits.addressConnections
	f.commands.configure(&c)
	c.Archive, c.History = f.archive.config(), f.efds.sources
	return c
}

// openStorage opens the database and sets the settings that need it. The
// server closes the database, unless there is an error.
func (f *managerFlags) openStorage(ctx context.Context, c *server.Config) error {
	s, err := f.database.open(ctx, store.WithLogger(c.Logger))
	if err != nil {
		return err
	}
	c.Storage, c.Users = s, auth.NewUsers(s.Users(), password.New())
	auditor := audit.NewAuditor(s.AuditLog(), audit.WithLogger(c.Logger))
	directory, err := f.ldap.authenticator(c.Users, ldap.WithAuditor(auditor))
	if err != nil {
		return errors.Join(err, s.Close())
	}
	if directory != nil {
		c.Authenticator, c.Directory = auth.FirstOf{directory, c.Users}, c.Users
	}
	if f.commanding.value == "location" {
		c.Authorizer = auth.LocationAuthorizer{
			Locations: auth.Whitelist(strings.Join(f.commandFrom, " ")), Others: auth.RoleAuthorizer{Users: c.Users},
		}
	}
	return nil
}

// parseNetworks parses the networks of a flag.
func parseNetworks(flag string, words []string) (auth.Networks, error) {
	n, err := auth.ParseNetworks(strings.Join(words, " "))
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return n, nil
}
