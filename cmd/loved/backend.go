package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/dashboard"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
)

// backendConfig holds the parts and settings of a manager process.
type backendConfig struct {
	accounts        accountsConfig
	processPassword string
	commander       commanding        // nil: commands are answered 503
	logbook         commander.Logbook // nil: observing logs are answered 503
	relays          bool              // the commander is a LOVE-commander over HTTP
	desk            deskConfig
	heartbeats      bool   // ask the commander for its heartbeat
	serverURL       string // empty: the host's name
	urlPrefix       string
	page            dashboard.Info
	origins         origins
	logIns          auth.LogInLimits
	proxies         auth.Networks // that are believed when they name the client's address
	hubOptions      []hub.Option
	log             *slog.Logger
}

// commanding is all that a manager needs of a commander.
type commanding interface {
	commander.Commander
	commander.Informer
	commander.Heartbeater
}

// backend is a manager with its hub and users.
type backend struct {
	*accounts
	hub     *hub.Hub
	manager *manager.Manager
	pulse   *manager.HeartbeatPoller // nil: nobody to ask
	desk    *desk                    // nil: no commander
	handler http.Handler
	log     *slog.Logger
}

// newBackend builds a manager. serve, or close, ends it.
func newBackend(ctx context.Context, c backendConfig) (*backend, error) {
	accounts, err := openAccounts(ctx, c.accounts, c.log)
	if err != nil {
		return nil, err
	}
	b := &backend{accounts: accounts, log: c.log}
	config := manager.Config{
		Authenticator:  b.authenticator,
		Users:          b.users,
		Tokens:         b.tokens,
		Authorizer:     b.authorizer,
		AuditLog:       b.store.AuditLog(),
		LogInLimits:    c.logIns,
		TrustedProxies: c.proxies,
		ServerURL:      c.serverURL,
		URLPrefix:      c.urlPrefix,
		Page:           dashboard.New(c.page),
		Dependencies:   []manager.Dependency{{Name: "database", Check: b.store.Check, Required: true}},
		Logger:         c.log,
	}
	var beats func() []hub.Heartbeat
	if c.commander != nil {
		config.Informer, config.Logbook, config.RelayIncomplete = c.commander, c.logbook, c.relays
		b.desk = newDesk(c.desk, c.commander, b.store.Commands(), b.store.Holds(), c.log)
		b.desk.serve(&config)
		if c.heartbeats {
			b.pulse = manager.NewHeartbeatPoller(c.commander, love.SystemClock{})
			beats = b.commanderBeat
			config.Dependencies = append(config.Dependencies, manager.Dependency{Name: "commander", Check: b.pulse.Check})
		}
	}
	b.hub = hub.New(append([]hub.Option{
		hub.WithGate(auth.Gate{Tokens: b.tokens, ProcessPassword: c.processPassword}),
		hub.WithAuthorizer(config.Authorizer),
		hub.WithOrigins(c.origins.allow),
		hub.WithHeartbeats(0, beats),
		hub.WithLogger(c.log),
	}, c.hubOptions...)...)
	config.Hub = b.hub
	if b.manager, err = manager.New(config); err != nil {
		return nil, errors.Join(err, b.hub.Shutdown(ctx), b.store.Close())
	}
	b.handler = c.origins.handler(b.manager)
	return b, nil
}

func (b *backend) commanderBeat() []hub.Heartbeat {
	last, ok := b.pulse.Last()
	if !ok {
		return nil
	}
	return []hub.Heartbeat{{CSC: "Commander", Timestamp: love.UnixSeconds(last)}}
}

// serve answers on the listener until ctx ends, then drains for as long as
// drain and ends the manager.
func (b *backend) serve(ctx context.Context, listener net.Listener, drain time.Duration) error {
	server := newServer(b.handler, b.log)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	defer running.Wait()
	if b.pulse != nil {
		running.Go(func() { _ = b.pulse.Run(ctx) }) // ends with ctx
	}
	if b.desk != nil {
		b.desk.settle(ctx)
		running.Go(func() { b.desk.run(ctx) })
	}
	served := make(chan error, 1)
	running.Go(func() { served <- server.Serve(listener) })

	var err error
	select {
	case <-ctx.Done():
	case err = <-served: // the listener broke
		err = fmt.Errorf("serving: %w", err)
		stop()
	}
	b.close(server, drain)
	return err
}

// close ends new requests first, then sockets and requests under way, then
// commands whose answer nobody waits for any more, and the database last.
func (b *backend) close(server *http.Server, drain time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	b.manager.Close()
	var sockets sync.WaitGroup
	sockets.Go(func() {
		if err := b.hub.Shutdown(ctx); err != nil {
			b.log.Warn("cut the connections of clients that did not close them", "error", err)
		}
	})
	if err := server.Shutdown(ctx); err != nil {
		b.log.Warn("cut the requests under way", "error", err)
		server.Close()
	}
	sockets.Wait()
	if b.desk != nil {
		b.desk.recorder.Close(ctx)
	}
	if err := b.store.Close(); err != nil {
		b.log.Warn("the database could not be closed", "error", err)
	}
}
