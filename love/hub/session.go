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
	strict    bool // wants null for NaN

	out  *outbox
	sink sink

	groups map[love.Group]struct{} // of the reader's goroutine alone

	slot  int         // in the timing wheel
	quiet atomic.Bool // nothing was received since the last ping
}

// sink takes what waits for a session to its peer.
type sink interface {
	// wake is called when frames wait, by whoever put them there. It must not
	// block.
	wake()
	// bound limits the time that the rest of the session may take.
	bound(time.Duration)
	// abort cuts the connection at once.
	abort()
}

func (h *Hub) newSession(p auth.Principal, strict bool) *Session {
	return &Session{
		hub: h, principal: p, since: h.clock.Now(), strict: strict || h.nan == NaNNull,
		out:    newOutbox(h.limits.QueueBytes),
		groups: make(map[love.Group]struct{}),
	}
}

// send queues a frame and notes the session in b, to be woken at its end.
func (s *Session) send(f *frame, b *burst) {
	if s.strict {
		f = f.strict()
	}
	switch s.out.push(f) {
	case pushed:
		b.touch(s)
	case overflowed:
		s.close(CloseSlow)
	}
}

// close ends the session: what waits is written, unless it is too much, then a
// close frame. The reader waits for the peer's close frame and cleans up.
func (s *Session) close(r CloseReason) {
	if s.out.finish(r.frame(), r == CloseSlow) {
		s.hub.counters.closed[r].Add(1)
		s.hub.log.Debug("session closed", "reason", r.String(), "principal", s.principal.Name(), "address", s.principal.Address)
		s.sink.bound(s.hub.closeTimeout)
		s.sink.wake()
	}
}

// answerClose answers the peer's close frame, after what waits, and returns
// when it is written or cannot be.
func (s *Session) answerClose(f *frame) {
	if s.out.finish(f, false) {
		s.hub.counters.closed[ClosePeer].Add(1)
	}
	s.sink.bound(s.hub.closeTimeout)
	s.sink.wake()
	s.out.wait()
}

func (s *Session) join(g love.Group) {
	if _, member := s.groups[g]; !member {
		s.groups[g] = struct{}{}
		s.hub.index.join(g, s)
	}
}

func (s *Session) leave(g love.Group) {
	if _, member := s.groups[g]; member {
		delete(s.groups, g)
		s.hub.index.leave(g, s)
	}
}

func (s *Session) leaveAll() {
	for g := range s.groups {
		s.leave(g)
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
