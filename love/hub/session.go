package hub

import (
	"fmt"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/internal/deflate"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// session is one connection: who is behind it, the groups it is in, and what
// waits to be written to it.
type session struct {
	hub        *Hub
	principal  auth.Principal
	since      time.Time
	variant    variant        // of every frame
	alwaysLast bool           // every subscription asks for a snapshot
	user       *user          // nil for a process
	deflate    deflate.Window // with which the peer inflates messages

	out        *outbox
	sink       sink
	dropped    atomic.Uint64 // messages conflated
	groupCount atomic.Int64  // len(groups), for others to read
	snapshots  snapshotQueue
	pasts      pastQueue

	// Owned by the goroutine that handles its messages:
	groups   map[*group]*member
	source   *source
	requests tokenBucket

	publishes atomic.Bool // it has published something

	pingSlot int         // in the ping wheel
	silent   atomic.Bool // nothing was received since the last ping
}

func (h *Hub) queueBudget(u *user) queueBudget {
	b := queueBudget{{&h.queueBytes, int64(h.limits.AllQueueBytes), &h.sessions.count}}
	if u != nil {
		b = append(b, budgetPart{&u.queueBytes, int64(h.limits.UserQueueBytes), &u.sessions})
	}
	return b
}

// username returns the name of the user, empty for a process.
func (s *session) username() string {
	if s.user == nil {
		return ""
	}
	return s.principal.User.Username
}

// mayRequest takes a token for a request, or closes the session if its peer sends too
// many. A process may send any number, and a message that is published does not count.
func (s *session) mayRequest(now time.Time) bool {
	if s.user == nil {
		return true
	}
	limits := &s.hub.limits
	if s.requests.tryTake(perSecond(limits.RequestRate, requestSeconds), now) &&
		(s.user.mayRequest(perSecond(limits.UserRequestRate, requestSeconds), now) || s.requests.missing(now) <= time.Second) {
		return true // what another session of the user takes is no reason to close one that takes little
	}
	s.close(CloseRate)
	return false
}

// requestSeconds is how many seconds' worth of requests may come at once: a screen that
// reconnects subscribes to everything it shows.
const requestSeconds = 20

// mayHold reports whether there is memory for another subscription.
func (s *session) mayHold(name love.Group) bool {
	g, member := s.membership(name)
	if s.user == nil || member != nil {
		return true
	}
	bytes := int64(membershipBytes)
	if g == nil {
		bytes += int64(groupMemory(name))
	}
	return s.user.subscriptionBytes.Load()+bytes <= int64(s.hub.limits.UserSubscriptionBytes) &&
		s.hub.index.subscriptionBytes.Load()+bytes <= int64(s.hub.limits.SubscriptionBytes)
}

// snapshotRates returns how many bytes of snapshots a session of a user, and all
// of his sessions, may get: what a screen needs that reconnects again and again, and no
// more, because making them takes time that others need.
func (h *Hub) snapshotRates() (session, user rate) {
	each := func(n int) time.Duration { return time.Second / time.Duration(max(n, 1)) }
	all := h.limits.LastBytes
	return rate{4 * all, each(all / 4)}, rate{64 * all, each(2 * all)}
}

// sink delivers what waits for a session to its peer.
type sink interface {
	// wake reports that frames wait. It must not block.
	wake()
	// press wakes a session whose queue is about to overflow.
	press()
	// setTimeout limits the time that the rest of the session may take.
	setTimeout(time.Duration)
	// answered handles a pong of the peer, and reports whether it answers a ping.
	answered(payload []byte) bool
	// lag returns for how long the peer has not read what was sent to it.
	lag(now time.Time) time.Duration
	// abort closes the connection at once, without a close frame.
	abort()
}

// sessionOptions holds what a client asks for with its connection.
type sessionOptions struct {
	strict    bool           // null for NaN and the infinities
	snapshots bool           // a snapshot with every subscription
	interval  *time.Duration // between writes; nil: the default
	deflate   deflate.Window // what was agreed on for compression
}

// parseSessionOptions reads the query of a connection's URL.
func parseSessionOptions(q url.Values) (o sessionOptions, err error) {
	o = sessionOptions{strict: q.Get("nan") == "null", snapshots: q.Get("snapshot") == "1"}
	if q.Has("write_interval") {
		ms, err := strconv.ParseFloat(q.Get("write_interval"), 64)
		if err != nil || !(ms >= 0 && ms <= float64(MaxWriteInterval/time.Millisecond)) {
			return o, errWriteInterval
		}
		interval := time.Duration(ms * float64(time.Millisecond))
		o.interval = &interval
	}
	return o, nil
}

var errWriteInterval = fmt.Errorf("write_interval must be a number of milliseconds from 0 to %d", MaxWriteInterval/time.Millisecond)

func (h *Hub) newSession(p auth.Principal, o sessionOptions) *session {
	s := &session{
		hub: h, principal: p, user: h.sessions.user(p), since: h.clock.Now(), alwaysLast: o.snapshots, deflate: o.deflate,
		out:    newOutbox(h.limits.BacklogBytes, h.limits.QueueBytes, h.limits.BacklogAge),
		groups: make(map[*group]*member),
		source: &source{id: h.nextID()},
	}
	s.out.pace = newPace(h.writeIntervalOf(s, o), &h.limits)
	s.out.budget = h.queueBudget(s.user)
	s.out.goOn = func() {
		h.snapshots.add(s)
		if h.past != nil {
			h.pasts.add(s)
		}
	}
	if o.strict || h.nan == NaNNull {
		s.variant = variantStrict
	}
	return s
}

// writeIntervalOf returns the write interval of a session.
func (h *Hub) writeIntervalOf(s *session, o sessionOptions) time.Duration {
	switch {
	case o.interval != nil:
		return *o.interval
	case s.user == nil: // a process: what it does with a message should not wait
		return 0
	}
	return h.writeInterval
}

// send queues an answer or a control frame, and adds the session to wakes if it must
// be woken.
func (s *session) send(f *frame, now time.Time, wakes *wakeList) { s.deliver(nil, f, now, wakes) }

// deliver queues a frame for one of the session's subscriptions. It returns false if
// that has ended; otherwise the frame is queued, or counted as dropped.
func (s *session) deliver(m *member, f *frame, now time.Time, wakes *wakeList) bool {
	result, dropped := s.out.push(f, m, now)
	for tries := 0; result.isFull() && s.makeRoom(result, tries); tries++ {
		var more int
		result, more = s.out.push(f, m, now)
		dropped += more
	}
	s.pushed(f, result, dropped, wakes)
	return result != inactive
}

// confirm queues the confirmation of a change of subscriptions, nil for none. The
// change happens at that place of the queue.
func (s *session) confirm(f *frame, old, next *member, wakes *wakeList) {
	now := s.hub.clock.Now()
	if f != nil {
		f.barrier = old != nil || next != nil
	}
	result, dropped := s.out.confirm(f, old, next, now)
	for tries := 0; result.isFull() && s.makeRoom(result, tries); tries++ {
		var more int
		result, more = s.out.confirm(f, old, next, now)
		dropped += more
	}
	s.pushed(f, result, dropped, wakes)
}

// makeRoom reports whether to try again to queue a frame for which the queue was full,
// after so many tries. It does what it can for that: frames are written at the end of a burst, and this burst may be
// too large by itself, so the peer gets the chance to read before it counts as slow; and
// others who hold more are closed.
func (s *session) makeRoom(r pushResult, tries int) bool {
	if tries == 0 {
		s.sink.press()
		return true
	}
	return r == exhausted && s.hub.relieve(s)
}

// pushed acts on what became of a frame.
func (s *session) pushed(f *frame, result pushResult, conflated int, wakes *wakeList) {
	if conflated > 0 {
		s.dropped.Add(uint64(conflated))
		s.hub.counters.drop(DropBacklog, conflated)
	}
	if f != nil && f.counted && (result == overflowed || result == exhausted || result == refused) {
		s.hub.counters.drop(DropClosed, 1)
	}
	switch result {
	case needsWake:
		wakes.add(s)
	case mustWait:
		s.hub.pacer.add(s, s.out.endOfInterval())
	case overflowed:
		s.close(CloseSlow)
	case exhausted:
		s.close(CloseMemory)
	}
}

// close ends the session: it queues a close frame behind what waits, or in
// place of what waits if that is too much. The reader waits for the peer's
// close frame and cleans up.
func (s *session) close(r CloseReason) {
	first, dropped := s.out.finish(r.frame(), r == CloseSlow || r == CloseMemory)
	if !first {
		return
	}
	s.hub.counters.close(r)
	s.hub.counters.drop(DropClosed, dropped)
	s.hub.log.Debug("session closed", "reason", r.String(), "principal", s.principal.Name(), "address", s.principal.Address)
	timeout := s.hub.closeTimeout
	if r == CloseSlow || r == CloseMemory { // it needs time to read what has been begun
		timeout = s.hub.slowCloseTimeout
	}
	s.sink.setTimeout(timeout)
	s.sink.wake()
}

// answerClose queues the answer to the peer's close frame behind what waits,
// and returns when it has been written or cannot be.
func (s *session) answerClose(f *frame) {
	if first, _ := s.out.finish(f, false); first {
		s.hub.counters.close(ClosePeer)
	}
	s.sink.setTimeout(s.hub.closeTimeout)
	s.sink.wake()
	s.out.waitUntilIdle()
}

// lost ends the outbox of a session whose peer cannot be reached any more.
func (s *session) lost() {
	first, dropped := s.out.discard()
	if first {
		s.hub.counters.close(ClosePeer)
	}
	s.hub.counters.drop(DropClosed, dropped)
}

// membership returns the group and the session's membership in it, which is nil
// if the session is not in the group.
func (s *session) membership(name love.Group) (*group, *member) {
	g := s.hub.index.find(name)
	return g, s.groups[g]
}

// join puts the session into a group and queues the confirmation, nil for none. A
// session that is in it already misses nothing: a subscription with other options
// replaces the old one between two messages.
func (s *session) join(name love.Group, o SubscribeOptions, confirmation *frame, wakes *wakeList) {
	h := s.hub
	g, old := s.membership(name)
	o.Snapshot = o.Snapshot || s.alwaysLast
	if !h.hasPast(name) {
		o.History = 0
	}
	begins := o.Snapshot || o.History > 0 // with something from before
	if old != nil && !begins && old.options == o {
		s.confirm(confirmation, nil, nil, wakes)
		return
	}
	m := newMember(s, o)
	if old == nil {
		h.want(topicOf(name))
	}
	switch {
	case begins:
	case old != nil:
		m.since = old.since
	default:
		m.since = h.clock.Now().UnixNano()
	}
	if old == nil && !begins {
		s.joined(h.index.join(name, m), m)
		s.confirm(confirmation, nil, m, wakes)
		return
	}

	// No message is under way to some members of the group while it changes, so that
	// the values stored before and the messages delivered after it have no gap and no
	// overlap.
	s.snapshots.mu.Lock() // first: whoever has it may make a portion of a snapshot
	s.beginPastLocked(old, m, o)
	h.joinMu.Lock()
	h.joinEpoch++
	epoch := h.joinEpoch
	if old == nil {
		g = h.index.join(name, m)
	} else {
		h.index.replace(g, old, m)
	}
	s.joined(g, m)
	held := old.stop()
	s.confirm(confirmation, old, m, wakes)
	if begins { // it has what they hold, or something newer
		h.counters.drop(DropRate, len(held))
		held = nil
	}
	if o.Snapshot {
		s.replaceSnapshotLocked(old, nil)
	} else {
		s.replaceSnapshotLocked(old, m)
	}
	var sn *snapshot
	if o.Snapshot {
		sn = s.newSnapshotLocked(g, m, epoch)
	}
	if o.History > 0 {
		m.past.begin(g, sn)
	}
	for _, f := range held {
		if !s.deliver(m, f.as(m.variant), h.clock.Now(), wakes) { // the session is closing
			h.counters.drop(DropRate, 1)
		}
	}
	h.joinMu.Unlock()
	more := sn != nil && o.History == 0 && s.queueSnapshotLocked(sn, wakes)
	s.snapshots.mu.Unlock()
	if more {
		s.out.goOn()
	}
	if o.History > 0 {
		h.beginPast(m.past)
	}
}

// beginPastLocked gives m, which takes the place of old, the history that it asks for, or
// the rest of old's.
func (s *session) beginPastLocked(old, m *member, o SubscribeOptions) {
	switch {
	case o.History > 0 || o.Snapshot:
		if old != nil {
			old.past.stopLocked()
		}
		if o.History > 0 {
			m.past = s.newPast(m, o)
		}
	case old != nil && old.past != nil:
		m.past = old.past
		m.past.continueAs(m)
	}
}

func (s *session) joined(g *group, m *member) {
	s.groups[g] = m
	s.groupCount.Store(int64(len(s.groups)))
}

// leave takes the session out of a group, if it is in it, and queues the confirmation.
func (s *session) leave(name love.Group, confirmation *frame, wakes *wakeList) {
	g, m := s.membership(name)
	if m != nil {
		s.leaveGroup(g, m)
	}
	s.confirm(confirmation, m, nil, wakes)
}

func (s *session) leaveAll() {
	s.dropSnapshots()
	for g, m := range s.groups {
		s.leaveGroup(g, m)
	}
}

func (s *session) leaveGroup(g *group, m *member) {
	delete(s.groups, g)
	s.groupCount.Store(int64(len(s.groups)))
	s.hub.index.leave(g, m)
	s.hub.unwant(topicOf(g.name))
	s.dropSnapshot(m)
	s.hub.counters.drop(DropRate, len(m.stop()))
}

func (s *session) stats() SessionStats {
	waiting, behind := s.out.stats()
	return SessionStats{
		ID: s.source.id, Principal: s.principal.Name(), Token: s.principal.TokenID, Address: s.principal.Address, Since: s.since,
		Lag: s.sink.lag(s.hub.clock.Now()).Seconds(), Groups: int(s.groupCount.Load()), Waiting: waiting, Behind: behind, Dropped: s.dropped.Load(),
		Compressed: s.deflate != deflate.None,
	}
}
