package hub_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/hub"
)

// soakStream is a stream of the soak. One publisher owns it and publishes 1, 2, 3, …
type soakStream struct {
	group  love.Group
	number int                     // in soakModel.streams
	home   atomic.Pointer[soakHub] // where it is published
	begun  atomic.Int64            // the last value whose publishing has begun
}

// soakHub is one of the hubs, and what is known of it.
type soakHub struct {
	hub    *hub.Hub
	server *httptest.Server
	url    string
	number int
	states []*soakState // of the streams

	// Of a hub that is one of several:
	disconnected sync.Map // when a user's token was, by the user's name

	disturbed atomic.Bool  // it cannot rely on what connects it to the others
	faults    atomic.Int64 // how often that has begun
	// The last soakClaim that has come from each of the others, and that it has sent
	// itself; nil without others.
	synced []*atomic.Int64
}

// wasDisconnected reports whether the token of a user has been disconnected a short time ago
// at a hub that is one of several.
func (h *soakHub) wasDisconnected(name string) bool {
	at, ok := h.disconnected.Load(name)
	return ok && h.synced != nil && time.Since(at.(time.Time)) < timeout
}

// isDisturbed reports whether the hub may miss what others publish, and they what it
// publishes.
func (h *soakHub) isDisturbed() bool { return h.disturbed.Load() }

// soakState is what is known of a stream at a hub.
type soakState struct {
	routed  atomic.Int64 // the hub has routed this value, or a newer one
	reached atomic.Int64 // the hub has this value, or a newer one, for whoever subscribes; unless it is disturbed
	lost    atomic.Int64 // values up to this one may be missing, because the hub was disturbed
}

// raise raises a number to at least n.
func raise(a *atomic.Int64, n int64) {
	for old := a.Load(); old < n && !a.CompareAndSwap(old, n); old = a.Load() {
	}
}

// has notes that the hub has routed a value.
func (h *soakHub) has(s *soakStream, value int64) {
	st := h.states[s.number]
	raise(&st.routed, value)
	raise(&st.reached, value)
}

// routed notes that the hub has routed all that was published of its streams.
func (h *soakHub) routed(streams []*soakStream) {
	for _, s := range streams {
		h.has(s, s.begun.Load())
	}
}

// maxLost is for when any value may be missing.
const maxLost = math.MaxInt64

// lost returns up to which value of a stream values may be missing at the hub.
func (h *soakHub) lost(s *soakStream) int64 {
	home := s.home.Load()
	// While its hub is disturbed, telemetry that waits is replaced by newer values.
	if home != h && (h.isDisturbed() || home.isDisturbed() && s.group.Category == love.CategoryTelemetry) {
		return maxLost
	}
	return h.states[s.number].lost.Load()
}

// soakModel is what the hubs must do: which values each subscription gets.
type soakModel struct {
	streams []*soakStream
	byGroup map[love.Group]*soakStream
}

func (m *soakModel) add(g love.Group, home *soakHub) {
	s := &soakStream{group: g, number: len(m.streams)}
	s.home.Store(home)
	m.streams = append(m.streams, s)
	if m.byGroup == nil {
		m.byGroup = make(map[love.Group]*soakStream)
	}
	m.byGroup[g] = s
}

// matching returns the streams that deliver to the group.
func (m *soakModel) matching(g love.Group) (list []*soakStream) {
	for _, s := range m.streams {
		if soakMatches(g, s.group) {
			list = append(list, s)
		}
	}
	return list
}

func soakMatches(g, s love.Group) bool {
	same := func(pattern, part string) bool { return pattern == "*" || pattern == part }
	switch {
	case g.Category != s.Category:
		return false
	case g.CSC == love.All:
		return g.SalIndex == love.All && g.Stream == love.All
	case g.Stream == love.All:
		return g.CSC == s.CSC && g.SalIndex == s.SalIndex
	}
	return same(g.CSC, s.CSC) && same(g.SalIndex, s.SalIndex) && same(g.Stream, s.Stream)
}

// soakOptions holds what a subscription asks for.
type soakOptions struct {
	snapshot, seq bool
	rate          int // hertz; 0 for no max_rate
}

// soakRequest is something that the hub has yet to answer.
type soakRequest struct {
	kind    soakRequestKind
	at      time.Time
	group   love.Group
	options soakOptions
	before  map[*soakStream]soakBefore // for a subscription: what was published before
	calm    bool                       // the hub was not disturbed
	faults  int64                      // of the hub, until then
}

// soakBefore is what was published before a subscription was asked for.
type soakBefore struct{ routed, reached int64 } // as in soakState

func (m *soakModel) newSubscribeRequest(h *soakHub, g love.Group, o soakOptions) soakRequest {
	r := soakRequest{
		kind: askSubscribe, at: time.Now(), group: g, options: o, before: make(map[*soakStream]soakBefore), faults: h.faults.Load(), calm: !h.isDisturbed(),
	}
	for _, s := range m.matching(g) {
		st := h.states[s.number]
		r.before[s] = soakBefore{st.routed.Load(), st.reached.Load()}
	}
	return r
}

type soakRequestKind uint8

const (
	askTime soakRequestKind = iota
	askSubscribe
	askUnsubscribe
	askRefused // for what is refused or ignored
)

// soakSubscription is a subscription that was confirmed, and what it has delivered.
type soakSubscription struct {
	hub     *soakHub
	group   love.Group
	options soakOptions
	streams map[*soakStream]*soakProgress
	seq     uint64 // of a group of messages with several streams
	held    bool   // it began with what a rate had held back
	user    bool   // of a user, who may have no memory left for a max_rate
	asked   time.Time
}

// soakProgress is how far a subscription has got with a stream.
type soakProgress struct {
	least   int64 // the oldest value that a snapshot may have
	floor   int64 // the first message is newer
	ceiling int64 // and at most one newer than this; -1 if that is not known
	gaps    int64 // values up to this may be missing: a rate had held back others
	last    int64
	seq     uint64 // with last
	any     bool   // something was delivered
	count   int    // of messages
}

// newSoakSubscription begins the subscription at h that was asked for with r and has been
// confirmed now, in the place of old, nil if there was none.
func (m *soakModel) newSoakSubscription(h *soakHub, r soakRequest, old *soakSubscription) *soakSubscription {
	sub := &soakSubscription{hub: h, group: r.group, options: r.options, asked: r.at, streams: make(map[*soakStream]*soakProgress)}
	if old != nil && old.options.seq && old.options == r.options {
		sub.seq = old.seq
	}
	sub.held = old != nil && old.options.rate > 0
	for _, s := range m.matching(r.group) {
		before := r.before[s].reached
		if !r.calm || h.faults.Load() != r.faults {
			before = r.before[s].routed
		}
		p := &soakProgress{least: before, floor: before, ceiling: s.begun.Load()}
		if old != nil {
			// Nothing is missed and nothing comes twice while the options change.
			before := old.streams[s]
			p.floor, p.ceiling = before.floor, before.ceiling
			if before.any {
				p.floor, p.ceiling = before.last, before.last
			}
			p.least = max(p.least, p.floor)
			if sub.held {
				p.ceiling, p.gaps = -1, s.begun.Load()
			}
		}
		sub.streams[s] = p
	}
	return sub
}

// several reports whether messages of the group may hold several streams.
func (sub *soakSubscription) several() bool { return sub.group.Stream == love.All }

// consecutive reports whether no value may be missing.
func (sub *soakSubscription) consecutive() bool { return sub.options.rate == 0 }

// soakMessage is a message to a subscription.
type soakMessage struct {
	Category     string
	Data         json.RawMessage
	Subscription string
	Snapshot     bool
	Seq          uint64
}

// value is one value in a message.
type soakValue struct {
	stream *soakStream
	value  int64
}

// values returns the values of a message to the subscription.
func (m *soakModel) values(sub *soakSubscription, msg *soakMessage) (list []soakValue, err error) {
	var items []struct {
		CSC      string
		SalIndex json.Number
		Data     map[string]json.RawMessage
	}
	if err := json.Unmarshal(msg.Data, &items); err != nil {
		return nil, err
	}
	for _, it := range items {
		data := it.Data
		if sub.several() && sub.group.CSC != love.All {
			data = nil
			if err := json.Unmarshal(it.Data[it.CSC], &data); err != nil {
				return nil, fmt.Errorf("no data of component %s: %w", it.CSC, err)
			}
		}
		for name, raw := range data {
			g := love.Group{Category: love.Category(msg.Category), CSC: it.CSC, SalIndex: it.SalIndex.String(), Stream: name}
			s := m.byGroup[g]
			if s == nil || sub.streams[s] == nil {
				return nil, fmt.Errorf("%v does not belong there", g)
			}
			var v struct{ I int64 }
			if err := json.Unmarshal(raw, &v); err != nil {
				return nil, err
			}
			list = append(list, soakValue{s, v.I})
		}
	}
	return list, nil
}

// check checks a message and records its values. skipped reports that telemetry is
// missing, which is right only if the session was behind.
func (m *soakModel) check(sub *soakSubscription, msg *soakMessage) (skipped bool, err error) {
	values, err := m.values(sub, msg)
	if err != nil {
		return false, err
	}
	for _, v := range values {
		missing, err := sub.checkValue(v, msg.Snapshot)
		if err != nil {
			return false, err
		}
		if missing && v.stream.group.Category == love.CategoryEvent {
			return false, fmt.Errorf("values of %v are missing before %d: %+v", v.stream.group, v.value, *sub.streams[v.stream])
		}
		skipped = skipped || missing
		if err := sub.checkSeq(msg, v); err != nil {
			return false, err
		}
		sub.hub.has(v.stream, v.value)
		p := sub.streams[v.stream]
		p.last, p.seq, p.any = v.value, msg.Seq, true
		if !msg.Snapshot {
			p.count++
		}
		if err := sub.checkRate(v.stream, p.count); err != nil {
			return false, err
		}
	}
	if !sub.options.seq || !sub.several() || msg.Snapshot || !sub.consecutive() || sub.held {
		return skipped, nil
	}
	missing := sub.seq > 0 && msg.Seq != sub.seq+1
	if missing && sub.group.Category == love.CategoryEvent {
		return false, fmt.Errorf("seq %d follows %d", msg.Seq, sub.seq)
	}
	sub.seq = msg.Seq
	return skipped || missing, nil
}

func (sub *soakSubscription) checkValue(v soakValue, snapshot bool) (missing bool, err error) {
	p := sub.streams[v.stream]
	fail := func(rule string) error {
		st := sub.hub.states[v.stream.number]
		return fmt.Errorf("value %d of %v: %s: %+v, options %+v, published %d at hub %d; hub %d has routed %d and must have %d, and may have lost those up to %d; faults %d, %t",
			v.value, v.stream.group, rule, *p, sub.options, v.stream.begun.Load(), v.stream.home.Load().number,
			sub.hub.number, st.routed.Load(), st.reached.Load(), st.lost.Load(), sub.hub.faults.Load(), sub.hub.isDisturbed())
	}
	switch {
	case v.value > v.stream.begun.Load():
		return false, fail("it has not been published")
	case snapshot && !sub.options.snapshot:
		return false, fail("a snapshot that was not asked for")
	case snapshot && p.any:
		return false, fail("a snapshot that is not the first value")
	case snapshot && v.value < p.least:
		return false, fail("a snapshot that is too old")
	case snapshot:
		return false, nil
	case p.any && v.value <= p.last:
		return false, fail("it is not newer than the last one")
	case p.any:
		return sub.consecutive() && v.value > max(p.last, p.gaps)+1 && v.value-1 > sub.hub.lost(v.stream), nil
	case v.value <= p.floor:
		return false, fail("the first message is too old")
	}
	return sub.consecutive() && p.ceiling >= 0 && v.value > p.ceiling+1 && v.value-1 > sub.hub.lost(v.stream), nil
}

// checkRate checks that the messages of a stream are not more than max_rate allows.
func (sub *soakSubscription) checkRate(s *soakStream, count int) error {
	elapsed := time.Since(sub.asked)
	if sub.options.rate == 0 || sub.held || sub.user || float64(count) <= 2+float64(sub.options.rate)*elapsed.Seconds() {
		return nil
	}
	return fmt.Errorf("%d messages of %v in %v, with a max_rate of %d", count, s.group, elapsed, sub.options.rate)
}

// checkSeq checks the counter of a stream. The model's publishers count as a hub does that
// gets everything. Of several hubs each counts what it gets.
func (sub *soakSubscription) checkSeq(msg *soakMessage, v soakValue) error {
	p := sub.streams[v.stream]
	switch {
	case !sub.options.seq && msg.Seq != 0:
		return fmt.Errorf("seq %d was not asked for", msg.Seq)
	case !sub.options.seq || sub.several():
	case sub.hub.synced == nil && msg.Seq != uint64(v.value):
		return fmt.Errorf("value %d of %v has seq %d", v.value, v.stream.group, msg.Seq)
	case msg.Seq <= p.seq || p.seq > 0 && v.value == p.last+1 && msg.Seq != p.seq+1:
		return fmt.Errorf("value %d of %v has seq %d, after %d with %d", v.value, v.stream.group, msg.Seq, p.last, p.seq)
	}
	return nil
}

// checkSnapshots checks that the snapshots of subscriptions that began some time ago are
// complete. Answers may come between the messages of a large one.
func (c *soakClient) checkSnapshots() error {
	var rest []*soakSubscription
	for _, sub := range c.fresh {
		err := sub.checkSnapshot()
		if err == nil || c.subs[sub.group.String()] != sub {
			continue
		}
		if time.Since(sub.asked) > timeout {
			return err
		}
		rest = append(rest, sub)
	}
	c.fresh = rest
	return nil
}

// checkSnapshot checks that the snapshot is complete.
func (sub *soakSubscription) checkSnapshot() error {
	for s, p := range sub.streams {
		if sub.options.snapshot && !p.any && p.least > 0 && s.begun.Load() == p.least {
			return fmt.Errorf("the snapshot of %v has no value of %v, which had %d", sub.group, s.group, p.least)
		}
	}
	return nil
}

// missing returns the streams whose last value has not been delivered.
func (sub *soakSubscription) missing() (list []string) {
	for s, p := range sub.streams {
		final := s.begun.Load()
		if p.any && p.last != final || !p.any && (final > p.floor && p.ceiling >= 0 && final > p.ceiling || sub.options.snapshot && final > 0) {
			list = append(list, fmt.Sprintf("%v in %v %+v: %+v, published %d", s.group, sub.group, sub.options, *p, final))
		}
	}
	return list
}
