package hub

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strconv"
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
	self     *source // of the hub's own messages
	ids      atomic.Uint64
	index    index
	wheel    wheel
	counters counters
	requests requests
	sources  sources
	schedule schedule

	// joining is held for reading while a batch is routed, and for writing
	// while a session gets a snapshot and joins, so that no message falls in
	// between.
	joining sync.RWMutex

	mu       sync.Mutex
	sessions map[*Session]struct{}
	taken    int            // places reserved, also for sessions in their handshake
	users    map[string]int // places reserved, by user name
	closing  bool

	ended         atomic.Bool
	swept         atomic.Int64 // when stale values were last searched for, UNIX ns
	lastHeartbeat atomic.Pointer[frame]
	detach        func()
	stop          context.CancelFunc
	running       sync.WaitGroup // the loop and every place reserved
}

// New makes a hub and starts its background loop (pings and heartbeats).
// Without options it admits nobody; see [WithGate].
func New(opts ...Option) *Hub {
	h := &Hub{config: defaults(), sessions: make(map[*Session]struct{}), users: make(map[string]int)}
	for _, o := range opts {
		o(&h.config)
	}
	h.self = &source{id: rand.Text()[:8]}
	h.counters.observer = h.observer
	h.schedule.wake = make(chan struct{}, 1)
	h.index.init()
	h.wheel.init(h.pingInterval, h.clock.Now())
	h.detach = h.broker.Attach(h.deliver)
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	h.running.Go(func() { h.run(ctx) })
	return h
}

// nextID returns an ID that no other session of any hub has.
func (h *Hub) nextID() string {
	return h.self.id + "-" + strconv.FormatUint(h.ids.Add(1), 10)
}

// run sends pings and heartbeats and runs scheduled tasks until ctx ends. It
// is the hub's only goroutine besides those of its sessions.
func (h *Hub) run(ctx context.Context) {
	wheel := h.clock.NewTicker(h.wheel.step)
	defer wheel.Stop()
	beat := h.clock.NewTicker(h.heartbeatPeriod)
	defer beat.Stop()
	task := h.clock.NewTimer(time.Hour)
	defer task.Stop()
	h.heartbeat()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wheel.C():
			h.ping()
		case <-beat.C():
			h.heartbeat()
		case <-h.schedule.wake:
		case <-task.C():
			h.schedule.run(h.clock.Now())
		}
		if wait, any := h.schedule.next(h.clock.Now()); any {
			task.Reset(wait)
		}
	}
}

var (
	errShuttingDown = errors.New("the manager is shutting down: try again in a moment")
	errFull         = errors.New("the manager has no place for another connection: try again later")
	errUserFull     = errors.New("this user has too many connections: close some first")
)

// reserve reserves a place for one session of p, to be given back with
// release. Without a place it returns the reason and an error for the client.
func (h *Hub) reserve(p auth.Principal) (Denial, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	user := p.User.Username
	switch {
	case h.closing:
		return DenyShutdown, errShuttingDown
	case h.taken >= h.limits.Sessions:
		return DenyFull, errFull
	case !p.Process && h.users[user] >= h.limits.UserSessions:
		return DenyUserFull, errUserFull
	}
	h.taken++
	if !p.Process {
		h.users[user]++
	}
	h.running.Add(1)
	return 0, nil
}

func (h *Hub) release(p auth.Principal) {
	h.mu.Lock()
	h.taken--
	if user := p.User.Username; !p.Process {
		if h.users[user]--; h.users[user] == 0 {
			delete(h.users, user)
		}
	}
	h.mu.Unlock()
	h.running.Done()
}

// add registers a session, so that Disconnect and Shutdown can close it.
func (h *Hub) add(s *Session) {
	h.mu.Lock()
	h.sessions[s] = struct{}{}
	closing := h.closing
	h.mu.Unlock()
	h.observer.Opened(s.principal.Process)
	if closing {
		s.close(CloseShutdown)
	}
}

// remove forgets a session and all its subscriptions.
func (h *Hub) remove(s *Session) {
	s.leaveAll()
	h.mu.Lock()
	_, known := h.sessions[s]
	delete(h.sessions, s)
	h.mu.Unlock()
	if known && s.publishes {
		h.sourceGone(s)
	}
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
	h.Disconnect(func(p auth.Principal) bool { return !p.Process && p.TokenID == tokenID }, CloseCredential)
}

// Disconnect closes every session whose principal matches, with the given reason.
func (h *Hub) Disconnect(match func(auth.Principal) bool, reason CloseReason) {
	h.each(func(s *Session) {
		if match(s.principal) {
			s.close(reason)
		}
	})
}

// Shutdown closes all sessions with code 1001 once what waits for them has
// been written, spread over the time of [WithDrain], and ends the hub. It
// returns when all is done, or with ctx's error after it has cut the
// connections that were left.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.closing = true
	left := len(h.sessions)
	h.mu.Unlock()
	step := h.drain / time.Duration(max(1, left))
	h.each(func(s *Session) {
		s.close(CloseShutdown)
		if left--; h.drain > 0 && left > 0 {
			h.pause(ctx, step)
		}
	})
	h.stop()
	h.ended.Store(true)

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

func (h *Hub) pause(ctx context.Context, d time.Duration) {
	t := h.clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C():
	case <-ctx.Done():
	}
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
	observer        Observer
	drain           time.Duration
	tracing         bool
	nan             NaN
	legacyRequests  bool
	heartbeatPeriod time.Duration
	heartbeats      func() []Heartbeat
	pingInterval    time.Duration
	closeTimeout    time.Duration
}
