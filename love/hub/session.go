package hub

import (
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// Session is one connection: who is behind it, the groups it is in, and what
// waits to be written to it.
type Session struct {
	hub       *Hub
	principal auth.Principal
	since     time.Time
	variant   variant // of every frame
	snapshots bool    // every subscription asks for one

	out     *outbox
	sink    sink
	dropped atomic.Uint64 // messages conflated
	joined  atomic.Int64  // len(groups), for others to read

	// Owned by the goroutine that handles its messages:
	groups    map[*group]*member
	source    *source
	publishes bool // it has published something

	slot  int         // in the timing wheel
	quiet atomic.Bool // nothing was received since the last ping
}

// sink delivers what waits for a session to its peer.
type sink interface {
	// wake tells the sink that frames wait. It must not block.
	wake()
	// bound limits the time that the rest of the session may take.
	bound(time.Duration)
	// abort cuts the connection at once.
	abort()
}

// sessionOptions holds what a client asks for with its connection.
type sessionOptions struct {
	strict    bool // nan=null
	snapshots bool // snapshot=1
}

func (h *Hub) newSession(p auth.Principal, o sessionOptions) *Session {
	s := &Session{
		hub: h, principal: p, since: h.clock.Now(), snapshots: o.snapshots,
		out:    newOutbox(h.limits.BacklogBytes, h.limits.QueueBytes, h.limits.BacklogAge),
		groups: make(map[*group]*member),
		source: &source{id: h.nextID()},
	}
	if o.strict || h.nan == NaNNull {
		s.variant = variantStrict
	}
	return s
}

// send queues a frame and adds the session to b, which wakes it when flushed.
func (s *Session) send(f *frame, now time.Time, b *burst) {
	result, dropped := s.out.push(f, now)
	if result == overflowed {
		// Frames are written at the end of a burst, and this burst may be too large
		// by itself: give the peer the chance to read before it counts as slow.
		s.sink.wake()
		result, _ = s.out.push(f, now)
	}
	if dropped > 0 {
		s.dropped.Add(uint64(dropped))
		s.hub.counters.drop(DropBacklog, dropped)
	}
	switch result {
	case pushed:
		b.touch(s)
	case overflowed:
		s.close(CloseSlow)
	}
}

// close ends the session: it queues a close frame behind what waits, or in
// place of what waits if that is too much. The reader waits for the peer's
// close frame and cleans up.
func (s *Session) close(r CloseReason) {
	first, dropped := s.out.finish(r.frame(), r == CloseSlow)
	if !first {
		return
	}
	s.hub.counters.close(r)
	s.hub.counters.drop(DropClosed, dropped)
	s.hub.log.Debug("session closed", "reason", r.String(), "principal", s.principal.Name(), "address", s.principal.Address)
	s.sink.bound(s.hub.closeTimeout)
	s.sink.wake()
}

// answerClose queues the answer to the peer's close frame behind what waits,
// and returns when it has been written or cannot be.
func (s *Session) answerClose(f *frame) {
	if first, _ := s.out.finish(f, false); first {
		s.hub.counters.close(ClosePeer)
	}
	s.sink.bound(s.hub.closeTimeout)
	s.sink.wake()
	s.out.wait()
}

// lost ends the outbox of a session whose peer cannot be reached any more.
func (s *Session) lost() {
	first, dropped := s.out.discard()
	if first {
		s.hub.counters.close(ClosePeer)
	}
	s.hub.counters.drop(DropClosed, dropped)
}

// in returns the group and the session's membership in it; nil if there is
// none.
func (s *Session) in(name love.Group) (*group, *member) {
	g := s.hub.index.find(name)
	return g, s.groups[g]
}

// join puts the session into a group. A session that is in it already misses
// nothing: a subscription with other options replaces the old one between two
// messages.
func (s *Session) join(name love.Group, o subscriptionOptions, b *burst) {
	h := s.hub
	_, old := s.in(name)
	o.snapshot = o.snapshot || s.snapshots
	if old != nil && !o.snapshot && old.options == o {
		return
	}
	m := newMember(s, o)
	if old == nil && !o.snapshot {
		s.groups[h.index.join(name, m)] = m
		s.joined.Store(int64(len(s.groups)))
		return
	}
	h.joining.Lock()
	defer h.joining.Unlock()
	if o.snapshot {
		h.eachStream(name, func(g *group) { h.sendLast(name, g, m, b) })
	}
	g := h.index.join(name, m)
	s.groups[g] = m
	s.joined.Store(int64(len(s.groups)))
	if old != nil {
		h.index.leave(g, old)
		for _, f := range old.stop() {
			s.send(f, h.clock.Now(), b)
		}
	}
}

func (s *Session) leave(name love.Group) {
	if g, m := s.in(name); m != nil {
		s.drop(g, m)
	}
}

func (s *Session) leaveAll() {
	for g, m := range s.groups {
		s.drop(g, m)
	}
}

func (s *Session) drop(g *group, m *member) {
	delete(s.groups, g)
	s.joined.Store(int64(len(s.groups)))
	s.hub.index.leave(g, m)
	s.hub.counters.drop(DropRate, len(m.stop()))
}

func (s *Session) stats() SessionStats {
	waiting, behind := s.out.waiting()
	return SessionStats{
		ID: s.source.id, Principal: s.principal.Name(), Address: s.principal.Address, Since: s.since,
		Groups: int(s.joined.Load()), Waiting: waiting, Behind: behind, Dropped: s.dropped.Load(),
	}
}

// burst collects the sessions that got frames while one read was handled, so
// that each is woken once (one write for all of them).
type burst struct{ touched []*Session }

func (b *burst) touch(s *Session) { b.touched = append(b.touched, s) }

// flush wakes the sessions of the burst.
func (b *burst) flush() {
	for i, s := range b.touched {
		s.sink.wake()
		b.touched[i] = nil
	}
	b.touched = b.touched[:0]
}
