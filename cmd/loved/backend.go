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

// backendConfig says what a manager process is made of.
type backendConfig struct {
	processPassword string
	passwords       map[string]string // of the default users; who has none is not made
	secretKey       []byte            // empty: a random one
	tokenLifetime   time.Duration
	commander       commanding // nil: commands are answered 503
	heartbeats      bool       // ask the commander for its heartbeat
	serverURL       string     // empty: the host's name
	urlPrefix       string
	page            dashboard.Info
	edge            edge
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
	hub     *hub.Hub
	tokens  *auth.JWT
	users   *auth.MemoryUsers
	manager *manager.Manager
	pulse   *manager.Pulse // nil: nobody to ask
	handler http.Handler
	log     *slog.Logger
}

// newBackend builds a manager. serve, or close, ends it.
func newBackend(ctx context.Context, c backendConfig) (*backend, error) {
	b := &backend{users: auth.NewMemoryUsers(), log: c.log}
	for _, u := range auth.DefaultUsers() {
		if password := c.passwords[u.Username]; password != "" {
			if err := b.users.Add(ctx, u, password); err != nil {
				return nil, err
			}
		}
	}
	b.tokens = auth.NewJWT(c.secretKey, b.users, auth.WithTokenLifetime(c.tokenLifetime))
	config := manager.Config{
		Authenticator: b.users,
		Tokens:        b.tokens,
		Authorizer:    auth.RoleAuthorizer{},
		ServerURL:     c.serverURL,
		URLPrefix:     c.urlPrefix,
		Page:          dashboard.New(c.page),
		Logger:        c.log,
	}
	var beats func() []hub.Heartbeat
	if c.commander != nil {
		config.Commander, config.Informer = c.commander, c.commander
		if c.heartbeats {
			b.pulse = manager.NewPulse(c.commander, love.SystemClock{})
			beats = b.commanderBeat
			config.Dependencies = []manager.Dependency{{Name: "commander", Check: b.pulse.Check}}
		}
	}
	b.hub = hub.New(append([]hub.Option{
		hub.WithGate(auth.Gate{Tokens: b.tokens, ProcessPassword: c.processPassword}),
		hub.WithAuthorizer(config.Authorizer),
		hub.WithOrigins(c.edge.allowsOrigin),
		hub.WithHeartbeats(0, beats),
		hub.WithLogger(c.log),
	}, c.hubOptions...)...)
	config.Hub = b.hub
	var err error
	if b.manager, err = manager.New(config); err != nil {
		return nil, errors.Join(err, b.hub.Shutdown(ctx))
	}
	b.handler = c.edge.handler(b.manager)
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
	server := &http.Server{
		Handler:           b.handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(b.log.Handler(), slog.LevelWarn),
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	defer running.Wait()
	if b.pulse != nil {
		running.Go(func() { _ = b.pulse.Run(ctx) }) // ends with ctx
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

// close ends new requests first, then sockets and requests under way.
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
}
