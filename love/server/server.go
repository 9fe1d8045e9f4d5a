package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/httpserver"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/frontend/frontendhttp"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
	"github.com/rubin-love/love-go/love/metrics"
)

// Server is a manager with all its parts. Call [Server.Serve] or
// [Server.ListenAndServe]. It is also an http.Handler, for programs that have their
// own http.Server; those call [Server.Run] and [Server.Close] instead.
type Server struct {
	config    Config
	access    access
	commands  *commands // nil: no commander
	hub       *hub.Hub
	recording *recording // nil: no archive
	manager   *manager.Manager
	poller    *manager.HeartbeatPoller // nil: no Heartbeater
	metrics   *metrics.Metrics
	http      *httpserver.Server // for Serve

	unfinished []startTask // owned by New, then by Run
}

// New assembles a server. It opens no port. What is published from then on is recorded,
// if there is an Archive. The error says which setting is wrong, or how Storage failed. Without an error, [Server.Serve] or
// [Server.Close] must be called; both close Storage at the end.
func New(ctx context.Context, c Config) (*Server, error) {
	if c.Clock == nil {
		c.Clock = love.SystemClock{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Storage == nil {
		c.Storage = NewMemory(c.Clock)
	}
	c.DrainTimeout = cmp.Or(c.DrainTimeout, DefaultDrainTimeout)
	s := &Server{config: c, metrics: metrics.New(metrics.Config{})}
	err := c.check()
	if err == nil {
		err = s.assemble(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, c.Storage.Close())
	}
	return s, nil
}

func (s *Server) assemble(ctx context.Context) (err error) {
	c := &s.config
	if s.access, err = newAccess(ctx, c); err != nil {
		return err
	}
	if err := s.addMissing(ctx); err != nil {
		return err
	}
	config := manager.Config{
		Authenticator: s.access.authenticator, Users: s.access.administrable, Tokens: s.access.tokens, Authorizer: s.access.authorizer,
		AuditLog: c.Storage.AuditLog(), LogInLimiter: newLogInLimiter(c), TrustedProxies: c.TrustedProxies, Origins: c.allowOrigin, Directory: s.access.directory,
		ServerURL: c.ServerURL, URLPrefix: c.URLPrefix, Page: c.Page, Frontend: c.Frontend, Routes: c.Routes, Clock: c.Clock, Logger: c.Logger,
		CommandTimeout: c.CommandTimeout, RelayIncomplete: c.RelayIncomplete, Informer: part(c.Informer, c.Commander), Logbook: part(c.Logbook, c.Commander),
		Refresh: c.refresh(), CheckPassword: c.checkPassword(), SignIn: c.SignIn, SignInKey: c.signInKey(),
		Dependencies: []manager.Dependency{{Name: "database", Check: c.Storage.Check, Required: true}},
	}
	if !c.NoFrontendData {
		s.addFrontend(ctx, &config)
	}
	var heartbeats func() []hub.Heartbeat
	if c.Commander != nil {
		s.commands = newCommands(c, s.access)
		s.commands.configure(&config)
	}
	if h := part(c.Heartbeater, c.Commander); h != nil && !c.NoCommanderHeartbeat {
		s.poller = manager.NewHeartbeatPoller(h, c.Clock, manager.WithHeartbeatLogger(c.Logger))
		heartbeats = s.commanderHeartbeat
		config.Dependencies = append(config.Dependencies, manager.Dependency{Name: "commander", Check: s.poller.Check})
	}
	if s.recording = newRecording(c); s.recording != nil {
		config.Dependencies = append(config.Dependencies, manager.Dependency{Name: "archive", Check: s.recording.check})
		s.metrics.Archive = s.recording.stats
	}
	config.Routes = append(slices.Clip(config.Routes), s.historyRoutes()...)
	config.Dependencies = slices.Concat(config.Dependencies, c.identityChecks(), c.Dependencies)
	s.hub = hub.New(s.hubOptions(heartbeats)...)
	config.Hub = s.hub
	if check := s.hub.BrokerCheck(); check != nil {
		// Without it the manager goes on for its own clients: if all managers were not ready
		// because of it, nobody could connect anywhere.
		config.Dependencies = append(config.Dependencies, manager.Dependency{Name: "broker", Check: check})
	}
	s.http = httpserver.New(httpserver.Config{
		Handler: s.wrapped(), Logger: c.Logger, MaxPerAddress: c.MaxConnectionsPerAddress, Sockets: s.hub.Limits().Sessions,
		Trusted: c.TrustedProxies.Contains, ClientAddress: c.TrustedProxies.ClientAddress,
		TLS: c.TLS, Reserved: func(r *http.Request) bool { return s.manager.Administrative(r) },
	})
	s.metrics.CertificateExpiry = certificateExpiry(c.TLS)
	s.metrics.Hub = s.hub.Stats
	s.metrics.HTTP = func() metrics.HTTPStats { return metrics.HTTPStats(s.http.Stats()) }
	s.metrics.Dependencies = func(ctx context.Context) []manager.DependencyState { return s.manager.Dependencies(ctx) }
	config.Observer = s.metrics
	if config.Metrics, err = s.metrics.Handler(c.Collectors...); err == nil {
		s.manager, err = manager.New(config)
	}
	if err != nil {
		return errors.Join(err, s.hub.Shutdown(ctx))
	}
	if s.recording != nil {
		s.atStart(ctx, "the archive cannot be opened, so nothing is recorded", "the archive is opened", s.recording.begin(s.hub))
	}
	if s.commands != nil {
		s.atStart(ctx, "the commands that the last run left open could not be marked in the record",
			"the commands that the last run left open are marked in the record", s.commands.markInterrupted())
	}
	return nil
}

// addFrontend adds the API of the LOVE-frontend's data, and gives a new store its first data.
func (s *Server) addFrontend(ctx context.Context, config *manager.Config) {
	data := s.config.frontend()
	api := frontendhttp.New(frontendhttp.Config{
		Store: data, Users: s.access.users.Store(), URLPrefix: s.config.URLPrefix, Logger: s.config.Logger,
	})
	config.Routes, config.Configurations = slices.Concat(api.Routes(), config.Routes), api
	s.atStart(ctx, "the first views and configurations of the frontend could not be added", "the first views and configurations of the frontend are added",
		func(ctx context.Context) error { return frontend.AddFirst(ctx, data) })
}

func (s *Server) hubOptions(heartbeats func() []hub.Heartbeat) []hub.Option {
	c := &s.config
	gate := auth.Gate{Tokens: s.access.tokens, ProcessPassword: c.ProcessPassword}
	if c.Gate != nil {
		gate.Other = c.Gate
	}
	options := []hub.Option{
		hub.WithGate(gate),
		hub.WithAuthorizer(s.access.authorizer),
		hub.WithHeartbeats(0, heartbeats),
		hub.WithDrain(c.Drain),
		hub.WithClock(c.Clock),
		hub.WithLogger(c.Logger),
		hub.WithObserver(s.metrics),
	}
	if len(c.Origins) > 0 {
		options = append(options, hub.WithOrigins(c.allowOrigin))
	}
	if s.recording != nil {
		options = append(options, hub.WithHistory(s.recording))
	}
	if c.Broker != nil {
		options = append(options, hub.WithBroker(c.Broker))
	}
	return append(options, c.HubOptions...)
}

// part returns what is configured or, by default, the commander if it is one.
func part[T comparable](configured T, c commander.Commander) T {
	var none T
	if configured != none {
		return configured
	}
	t, _ := c.(T)
	return t
}

// wrapped returns the handler of all requests.
func (s *Server) wrapped() http.Handler {
	if s.config.Wrap == nil {
		return s
	}
	return s.config.Wrap(s)
}

func (s *Server) commanderHeartbeat() []hub.Heartbeat {
	last, ok := s.poller.Last()
	if !ok {
		return nil
	}
	return []hub.Heartbeat{{CSC: "Commander", Timestamp: love.UnixSeconds(last)}}
}

// Hub returns the server's hub, for producers in the same program (hub.Local)
// and subscribers (hub.Subscribe).
func (s *Server) Hub() *hub.Hub { return s.hub }

// Users returns the users in Storage.
func (s *Server) Users() *auth.Users { return s.access.users }

// Tokens returns the server's token service.
func (s *Server) Tokens() auth.Tokens { return s.access.tokens }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.manager.ServeHTTP(w, r) }

// Run does the background work of the server: it polls the commander's heartbeat,
// ends holds and approvals in time, prunes the record of commands, and finishes what
// could not be written when the server started. It returns nil when ctx ends.
func (s *Server) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	if s.poller != nil {
		running.Go(func() { _ = s.poller.Run(ctx) }) // ends with ctx
	}
	running.Go(func() { s.finishStart(ctx) })
	if s.commands != nil {
		s.commands.run(ctx)
	}
	<-ctx.Done()
	return nil
}

// ListenAndServe is [Server.Serve] at an address, "127.0.0.1:8000".
func (s *Server) ListenAndServe(ctx context.Context, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return errors.Join(fmt.Errorf("serving: %w", err), s.Close(ctx))
	}
	return s.Serve(ctx, listener)
}

// Serve serves the listener until ctx ends. Then it is not ready, but goes on for
// DrainDelay; accepts no new requests, waits for clients and commands under way up to
// Drain and DrainTimeout, and closes everything. The error is that of the listener, if
// it failed.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	// The background work, which includes closing the sockets of users who are
	// disabled, goes on until the last socket is closed.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { _ = s.Run(background) })
	served := make(chan error, 1)
	running.Go(func() { served <- s.http.Serve(context.WithoutCancel(ctx), listener) })

	var err error
	select {
	case <-ctx.Done():
		err = s.delayDrain(served)
	case err = <-served:
	}
	if err != nil {
		err = fmt.Errorf("serving: %w", err)
	}
	limit := s.config.Drain + s.config.DrainTimeout
	s.config.Logger.Info("ending: waiting for the clients and for commands under way", "clients", s.hub.Stats().Sessions, "at most", limit)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	_ = s.drain(drain, func() { // logs its errors
		if err := s.http.Shutdown(drain); err != nil {
			s.config.Logger.Warn("aborted the requests under way", "error", err)
			_ = s.http.Close()
		}
	})
	return err
}

// delayDrain waits for DrainDelay, during which the server is not ready, or for the error
// of the listener.
func (s *Server) delayDrain(served <-chan error) error {
	delay := s.config.DrainDelay
	if delay <= 0 {
		return nil
	}
	timer := s.config.Clock.NewTimer(delay)
	defer timer.Stop()
	s.manager.End()
	s.config.Logger.Info("ending: not ready any more, and going on until proxies have noticed", "for", delay)
	select {
	case <-timer.C():
		return nil
	case err := <-served:
		return err
	}
}

// Close ends a server whose program does not call [Server.Serve]: it closes the
// sockets, waits for commands under way until ctx ends, and closes Storage and Archive.
func (s *Server) Close(ctx context.Context) error { return s.drain(ctx, func() {}) }

// answerTime is how long before the end of the server the commands under way end,
// so that their callers still get an answer.
const answerTime = 500 * time.Millisecond

// drain ends sockets, requests and commands together, then what they need.
func (s *Server) drain(ctx context.Context, requests func()) error {
	s.manager.End()
	var ending sync.WaitGroup
	ending.Go(requests)
	if s.recording != nil {
		s.recording.ending.Store(true)
	}
	ending.Go(func() {
		if err := s.hub.Shutdown(ctx); err != nil {
			s.config.Logger.Warn("closed the connections of clients that did not close them", "error", err)
		}
	})
	if s.commands != nil {
		ending.Go(func() {
			earlier, cancel := s.earlier(ctx)
			defer cancel()
			s.commands.recorder.Close(earlier)
		})
	}
	ending.Wait()
	s.manager.Close()
	err := s.config.Storage.Close()
	if err != nil {
		s.config.Logger.Warn("the database could not be closed", "error", err)
	}
	if s.recording != nil {
		err = errors.Join(err, s.recording.close())
	}
	return err
}

// earlier returns a context that ends before ctx does: by answerTime, or by half
// of what is left if that is less.
func (s *Server) earlier(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	left := time.Until(end)
	return context.WithTimeout(ctx, max(left-answerTime, left/2))
}
