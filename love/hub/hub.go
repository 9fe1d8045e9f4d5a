package hub

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love/auth"
)

// Hub routes messages between the sessions connected to it. It is an
// http.Handler; make one with [New] and end it with [Hub.Shutdown].
type Hub struct {
	config
	self          *source // of the hub's own messages
	ids           atomic.Uint64
	sessions      sessionSet
	index         index
	pings         pingWheel
	counters      counters
	observed      bool // somebody wants to know of writes
	initialStates initialStateLimiter
	sources       sources
	interests     interests
	schedule      schedule
	pacer         pacer
	snapshots     turns
	pasts         turns
	unpublished   *outage.Log // batches that the broker did not take
	unread        *outage.Log // histories that could not be read
	misdelivery   *outage.Log // what the broker delivers and is not a message
	expiry        expiryCheck

	// joinMu is held for reading while a batch is routed, and for writing while a
	// session joins that gets a snapshot then. Each such join begins an epoch: what a
	// snapshot must hold was stored in an earlier one.
	joinMu    sync.RWMutex
	joinEpoch uint64 // guarded by joinMu

	queueBytes    atomic.Int64 // that wait for all sessions, in steps
	ended         atomic.Bool
	relieving     sync.Mutex // held while sessions are closed to make room for others
	sweeping      sweep
	lastHeartbeat atomic.Pointer[frame]
	detach        func()
	stop          context.CancelFunc
	running       sync.WaitGroup // the goroutines of New
}

// New makes a hub and starts its background goroutines (one for pings and heartbeats,
// one for what is left of snapshots, one for what waits for the end of a write interval).
// Without options it admits nobody; see [WithGate].
func New(opts ...Option) *Hub {
	h := &Hub{config: defaults()}
	for _, o := range opts {
		o(&h.config)
	}
	h.limits = h.limits.withinMachine()
	h.self = &source{id: rand.Text()[:8]}
	h.counters.observer = h.observer
	h.observed = h.observer != Observer(NopObserver{})
	h.unpublished = outage.New(h.log, slog.LevelError, "messages were not published", "messages are published again")
	h.misdelivery = outage.New(h.log, slog.LevelError, "the broker delivered something that is not a message", "")
	h.unread = outage.New(h.log, slog.LevelWarn, "a subscription begins without a part of its history", "histories are read again")
	h.pasts.init(deliverPast)
	h.schedule.wake = make(chan struct{}, 1)
	h.snapshots.init(func(_ context.Context, s *session, wakes *wakeList) bool { return s.makeSnapshots(wakes) })
	h.pacer.init(h.clock)
	h.sessions.now = h.clock.Now
	h.index.init()
	h.index.hasPast = h.past != nil
	h.pings.init(h.pingInterval, h.clock.Now())
	h.interests.patience = interestPatience
	h.attach()
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	h.running.Go(func() { h.run(ctx) })
	h.running.Go(func() { h.snapshots.run(ctx) })
	if h.past != nil {
		h.running.Go(func() { h.pasts.run(ctx) })
	}
	h.running.Go(func() { h.pacer.run(ctx) })
	return h
}

// attach attaches the hub to its broker.
func (h *Hub) attach() {
	if b, ok := h.broker.(InterestBroker); ok {
		h.interests.link = b.AttachReceiver(receiver{h})
		h.detach = h.interests.link.Detach
		return
	}
	h.detach = h.broker.Attach(h.deliver)
}

// Limits returns the limits as they apply: with their defaults, and within what
// the machine allows.
func (h *Hub) Limits() Limits { return h.limits }

// BrokerCheck returns the method Check(context.Context) error of the hub's broker,
// which returns why the broker does not work, in words for an operator; or nil if the
// broker has no such method. It fits manager.Dependency.
func (h *Hub) BrokerCheck() func(context.Context) error {
	if b, ok := h.broker.(interface{ Check(context.Context) error }); ok {
		return b.Check
	}
	return nil
}

// nextID returns an ID that no other session of any hub has.
func (h *Hub) nextID() string {
	return h.self.id + "-" + strconv.FormatUint(h.ids.Add(1), 10)
}

// run sends pings and heartbeats and runs scheduled tasks until ctx ends.
func (h *Hub) run(ctx context.Context) {
	ping := h.clock.NewTicker(h.pings.step)
	defer ping.Stop()
	beat := h.clock.NewTicker(h.heartbeatPeriod)
	defer beat.Stop()
	task := h.clock.NewTimer(time.Hour)
	defer task.Stop()
	h.heartbeat()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C():
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

// add registers a session, so that Disconnect and Shutdown can close it.
func (h *Hub) add(s *session) {
	closing := h.sessions.add(s)
	h.observer.Opened(s.principal.Process)
	if closing {
		s.close(CloseShutdown)
	}
	if !s.principal.Expires.IsZero() {
		h.scheduleExpiry()
	}
}

// remove forgets a session and all its subscriptions.
func (h *Hub) remove(s *session) {
	s.leaveAll()
	if h.sessions.remove(s) && s.publishes.Load() {
		h.sourceGone(s)
	}
}

// DisconnectToken closes every session that was opened with the token of that ID,
// with code 1000: the LOVE-frontend takes it as the end of its log-in and does not
// reconnect (docs/protocol/manager.md#revocation).
func (h *Hub) DisconnectToken(tokenID string) {
	h.Disconnect(func(p auth.Principal) bool { return !p.Process && p.TokenID == tokenID }, CloseCredential)
}

// DisconnectUser closes every session of a user, like [Hub.DisconnectToken]: for a log-in
// of your own that withdraws somebody. Have the gate refuse the user first.
func (h *Hub) DisconnectUser(username string) {
	h.Disconnect(func(p auth.Principal) bool { return !p.Process && p.User.Username == username }, CloseCredential)
}

// Usernames returns the names of the users who have sessions, each once.
func (h *Hub) Usernames() []string { return h.sessions.usernames() }

// Disconnect closes every session whose principal matches, with the given reason.
func (h *Hub) Disconnect(match func(auth.Principal) bool, reason CloseReason) {
	for _, s := range h.sessions.all() {
		if match(s.principal) {
			s.close(reason)
		}
	}
}

// Shutdown closes all sessions with code 1012 (service restart) once what waits for them has
// been written, spread over the time of [WithDrain], and ends the hub. Those that have
// published come first, so that the others miss little of it; before these, it waits for a
// [FlushBroker]. Those within the process come last. It
// returns when all have ended, or with ctx's error after it has closed
// the connections that were left.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.sessions.refuseNew()
	open := h.sessions.all()
	slices.SortStableFunc(open, func(a, b *session) int { return a.order() - b.order() })
	for i, s := range open {
		if s.order() > publishing && (i == 0 || open[i-1].order() == publishing) {
			h.flushBroker(ctx)
		}
		s.close(CloseShutdown)
		if h.drain > 0 && i < len(open)-1 {
			h.pause(ctx, h.drain/time.Duration(len(open)))
		}
	}
	h.stop()
	h.ended.Store(true)

	done := make(chan struct{})
	go func() {
		h.running.Wait()
		h.sessions.wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
		for _, s := range h.sessions.all() {
			s.sink.abort()
		}
		<-done
	}
	h.detach()
	return err
}

// The order in which sessions are closed.
const (
	publishing     = iota // websockets that have published
	listening             // other websockets
	withoutASocket        // in this process
)

func (s *session) order() int {
	if _, local := s.sink.(localSink); local {
		return withoutASocket
	}
	if s.publishes.Load() {
		return publishing
	}
	return listening
}

// brokerFlush is how long the end of a hub waits for its broker at most.
const brokerFlush = time.Second

// flushBroker waits until the other hubs have what was published here.
func (h *Hub) flushBroker(ctx context.Context) {
	b, ok := h.broker.(FlushBroker)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, brokerFlush)
	defer cancel()
	if err := b.Flush(ctx); err != nil {
		h.log.Warn("other managers may not have all that was published here", "error", err)
	}
}

func (h *Hub) pause(ctx context.Context, d time.Duration) {
	t := h.clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C():
	case <-ctx.Done():
	}
}
