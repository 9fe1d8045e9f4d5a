package hub

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// Hub routes messages between the sessions connected to it. It is an
// http.Handler; make one with [New] and end it with [Hub.Shutdown].
type Hub struct {
	config
	index    index
	wheel    wheel
	counters counters

	mu       sync.Mutex
	sessions map[*Session]struct{}
	taken    int // places of sessions, those in their handshake too
	closing  bool

	lastHeartbeat atomic.Pointer[frame]
	detach        func()
	stop          context.CancelFunc
	running       sync.WaitGroup // the loop and every place taken
}

// New makes a hub and starts its background loop (pings and heartbeats).
// Without options it admits nobody; see [WithGate].
func New(opts ...Option) *Hub {
	h := &Hub{config: defaults(), sessions: make(map[*Session]struct{})}
	for _, o := range opts {
		o(&h.config)
	}
	h.index.init()
	h.wheel.init(h.pingInterval, h.clock.Now())
	h.detach = h.broker.Attach(h.deliver)
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	h.running.Go(func() { h.run(ctx) })
	return h
}

// run is the hub's only goroutine beside those of its sessions.
func (h *Hub) run(ctx context.Context) {
	wheel := h.clock.NewTicker(h.wheel.step)
	defer wheel.Stop()
	beat := h.clock.NewTicker(h.heartbeatPeriod)
	defer beat.Stop()
	h.heartbeat()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wheel.C():
			h.ping()
		case <-beat.C():
			h.heartbeat()
		}
	}
}

var (
	errShuttingDown = errors.New("the manager is shutting down: try again in a moment")
	errFull         = errors.New("the manager has no place for another connection: try again later")
)

// reserve takes the place of one session, until release.
func (h *Hub) reserve() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closing:
		return errShuttingDown
	case h.taken >= h.limits.Sessions:
		return errFull
	}
	h.taken++
	h.running.Add(1)
	return nil
}

func (h *Hub) release() {
	h.mu.Lock()
	h.taken--
	h.mu.Unlock()
	h.running.Done()
}

// add makes a session known: from now on it can be closed by others.
func (h *Hub) add(s *Session) {
	h.mu.Lock()
	h.sessions[s] = struct{}{}
	closing := h.closing
	h.mu.Unlock()
	if closing {
		s.close(CloseShutdown)
	}
}

// remove forgets a session and all its subscriptions.
func (h *Hub) remove(s *Session) {
	s.leaveAll()
	h.mu.Lock()
	delete(h.sessions, s)
	h.mu.Unlock()
}

// each calls f for every session, without holding the hub's lock.
func (h *Hub) each(f func(*Session)) {
	h.mu.Lock()
	all := make([]*Session, 0, len(h.sessions))
	for s := range h.sessions {
		all = append(all, s)
	}
	h.mu.Unlock()
	for _, s := range all {
		f(s)
	}
}

// DisconnectToken closes every session that was opened with the token of that
// ID, with code 1000: the LOVE-frontend takes it as the end of its log-in and
// does not reconnect (manager protocol, section 2.8).
func (h *Hub) DisconnectToken(tokenID string) {
	h.each(func(s *Session) {
		if !s.principal.Process && s.principal.TokenID == tokenID {
			s.close(CloseCredential)
		}
	})
}

// Shutdown closes all sessions with code 1001 once what waits for them has
// been written, and ends the hub. It returns when all is done, or with ctx's
// error after it has cut the connections that were left.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	h.stop()
	h.each(func(s *Session) { s.close(CloseShutdown) })

	done := make(chan struct{})
	go func() {
		h.running.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
		h.each(func(s *Session) { s.sink.abort() })
		<-done
	}
	h.detach()
	return err
}

type config struct {
	gate            Gate
	authorizer      auth.Authorizer
	userPublish     UserPublish
	origins         func(origin string) bool
	clock           love.Clock
	log             *slog.Logger
	broker          Broker
	limits          Limits
	tracing         bool
	nan             NaN
	legacyRequests  bool
	heartbeatPeriod time.Duration
	heartbeats      func() []Heartbeat
	pingInterval    time.Duration
	closeTimeout    time.Duration
}
