package hub

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/love"
)

// counters counts what the hub has done since it was made, and notifies the
// observer.
type counters struct {
	observer  Observer
	received  atomic.Uint64
	offered   atomic.Uint64
	delivered atomic.Uint64
	writes    atomic.Uint64
	plain     atomic.Uint64 // bytes for peers that inflate, before they were compressed
	wire      atomic.Uint64 // the same as they were written
	dropped   [drops]atomic.Uint64
	denied    [denials]atomic.Uint64
	closed    [closeReasons]atomic.Uint64
}

func (c *counters) receive() {
	c.received.Add(1)
	c.observer.Received()
}

// offer counts messages for subscriptions that are in force. Each is counted once
// more: when it has been written ([counters.deliver]) or dropped ([counters.drop]).
func (c *counters) offer(n int) {
	if n > 0 {
		c.offered.Add(uint64(n))
	}
}

func (c *counters) deliver(n int) {
	if n > 0 {
		c.delivered.Add(uint64(n))
		c.observer.Delivered(n)
	}
}

func (c *counters) drop(d Drop, n int) {
	if n > 0 {
		c.dropped[d].Add(uint64(n))
		c.observer.Dropped(d, n)
	}
}

// compress counts frames that were written to a peer that inflates: their bytes before
// and after.
func (c *counters) compress(before, after int) {
	c.plain.Add(uint64(before))
	c.wire.Add(uint64(after))
}

func (c *counters) deny(d Denial) {
	c.denied[d].Add(1)
	c.observer.Denied(d)
}

func (c *counters) close(r CloseReason) {
	c.closed[r].Add(1)
	c.observer.Closed(r)
}

// Stats describes the hub, and what it has done since it was made. The maps
// hold the label of every reason, including those that have not occurred.
type Stats struct {
	Sessions          int    `json:"sessions"`           // open now, including in-process ones
	Groups            int    `json:"groups"`             // known: with a subscriber, or a last value
	LastBytes         int64  `json:"last_bytes"`         // memory of the last values
	SubscriptionBytes int64  `json:"subscription_bytes"` // memory of the subscriptions
	QueueBytes        int64  `json:"queue_bytes"`        // that wait for sessions that are behind
	Received          uint64 `json:"received"`           // data messages
	Offered           uint64 `json:"offered"`            // messages for subscriptions, each of which waits or is in one of the next two
	Delivered         uint64 `json:"delivered"`          // messages written to sessions
	Writes            uint64 `json:"writes"`             // to connections, each of one or more frames: see [WithWriteInterval]

	// Bytes written to the sessions that take compressed messages, before and after
	// compressing; see [WithCompression].
	PlainBytes      uint64 `json:"plain_bytes"`
	CompressedBytes uint64 `json:"compressed_bytes"`

	Dropped map[string]uint64 `json:"dropped"` // see [Drop]
	Denied  map[string]uint64 `json:"denied"`  // see [Denial]
	Closed  map[string]uint64 `json:"closed"`  // see [CloseReason]
}

// SessionStats describes one session.
type SessionStats struct {
	ID        string    `json:"id"`        // unique in all hubs that act as one
	Principal string    `json:"principal"` // the user, or "process"
	Address   string    `json:"address"`
	Since     time.Time `json:"since"`
	Groups    int       `json:"groups"`  // subscriptions
	Waiting   int       `json:"waiting"` // bytes not yet written
	Lag       float64   `json:"lag"`     // seconds since the oldest message was sent that the peer has not read
	Behind    bool      `json:"behind"`  // waiting telemetry is being conflated
	Dropped   uint64    `json:"dropped"` // messages conflated since it opened

	Compressed bool   `json:"compressed"` // it takes compressed messages
	Token      string `json:"token"`      // the ID of the user's token, by which it can be revoked; empty for a process
}

// GroupStats describes one group.
type GroupStats struct {
	Group    string `json:"group"`
	Members  int    `json:"members"`
	Messages uint64 `json:"messages"` // published to it since it became known
}

// Stats returns the present figures.
func (h *Hub) Stats() Stats {
	c := &h.counters
	st := Stats{
		Sessions: h.sessions.size(), Groups: h.index.size(), LastBytes: h.index.lastBytes.Load(),
		SubscriptionBytes: h.index.subscriptionBytes.Load(), QueueBytes: h.queueBytes.Load(),
		Received: c.received.Load(), Delivered: c.delivered.Load(), Writes: c.writes.Load(),
		PlainBytes: c.plain.Load(), CompressedBytes: c.wire.Load(),
		Dropped: make(map[string]uint64, drops), Denied: make(map[string]uint64, denials), Closed: make(map[string]uint64, closeReasons),
	}
	for d := range drops {
		st.Dropped[d.String()] = c.dropped[d].Load()
	}
	for d := range denials {
		st.Denied[d.String()] = c.denied[d].Load()
	}
	for r := range closeReasons {
		st.Closed[r.String()] = c.closed[r].Load()
	}
	// A message may be delivered or dropped while the same is still being offered to
	// others, before it is counted for all of them.
	counted := st.Delivered + st.Dropped[DropBacklog.String()] + st.Dropped[DropRate.String()] + st.Dropped[DropClosed.String()]
	st.Offered = max(counted, c.offered.Load())
	return st
}

// Sessions returns the figures of every session, oldest first.
func (h *Hub) Sessions() []SessionStats {
	list := []SessionStats{}
	for _, s := range h.sessions.all() {
		list = append(list, s.stats())
	}
	slices.SortFunc(list, func(a, b SessionStats) int { return a.Since.Compare(b.Since) })
	return list
}

// Subscriptions returns the names of the groups that a session is subscribed to, in their
// order, and whether there is a session of that ID ([SessionStats.ID]).
func (h *Hub) Subscriptions(id string) (groups []string, found bool) {
	groups = []string{}
	h.index.each(func(g *group) {
		if slices.ContainsFunc(g.memberList(), func(m *member) bool { return m.session.source.id == id }) {
			groups = append(groups, g.name.String())
		}
	})
	slices.Sort(groups)
	return groups, slices.ContainsFunc(h.sessions.all(), func(s *session) bool { return s.source.id == id })
}

// Groups returns the figures of every group, ordered by name.
func (h *Hub) Groups() []GroupStats {
	list := []GroupStats{}
	h.index.each(func(g *group) {
		list = append(list, GroupStats{Group: g.name.String(), Members: len(g.memberList()), Messages: g.seq.Load()})
	})
	slices.SortFunc(list, func(a, b GroupStats) int { return strings.Compare(a.Group, b.Group) })
	return list
}

// Streams returns the figures of every stream that was published and is still known,
// ordered by category, csc, salindex and stream. A stream is forgotten when its
// publisher has gone, it has no subscriber, and the memory of its last value is needed
// ([Limits].LastBytes and Streams).
func (h *Hub) Streams() []love.StreamStats {
	list := []love.StreamStats{}
	h.index.each(func(g *group) {
		if at, live, ok := g.last.newest(); ok {
			n := g.name
			list = append(list, love.StreamStats{
				Category: n.Category, CSC: n.CSC, SalIndex: n.SalIndex, Stream: n.Stream, Messages: g.seq.Load(), Last: at, Live: live,
			})
		}
	})
	slices.SortFunc(list, func(a, b love.StreamStats) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.CSC, b.CSC), cmp.Compare(a.SalIndex, b.SalIndex), cmp.Compare(a.Stream, b.Stream))
	})
	return list
}
