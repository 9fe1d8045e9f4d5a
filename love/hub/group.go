package hub

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rubin-love/love-go/love"
)

// group holds the members of one name and, for a stream, its last value. The
// index may remove it when it has neither.
type group struct {
	name    love.Group
	key     uint64 // hash of the name
	text    []byte // the name as a JSON string
	members atomic.Pointer[[]*member]
	last    lastValue
	routed  atomic.Bool // known as a stream: it has been published

	// Numbers of its places in the lists of the shard, 0 for none; guarded by its lock.
	streamPlace, valuePlace uint64

	// orderMu is held while a message is numbered, kept and sent, so that all
	// receivers see the same order even if several sources publish.
	orderMu sync.Mutex
	seq     atomic.Uint64 // messages published to it
}

// member is one session in a group, with the options of its subscription.
type member struct {
	session  *session
	options  SubscribeOptions
	variant  variant   // of the frames sent to it
	throttle *throttle // nil without a max_rate
	past     *past     // nil without a history; set before it joins
	since    int64     // when it joined, UNIX ns, if it gets nothing from before; else 0

	// active is set from the confirmation of the subscription to that of its end,
	// between which messages are delivered. Guarded by the lock of the session's outbox.
	active bool

	// Guarded by the lock of the group's shard:
	bytes     int  // memory that is charged to the user
	ownsGroup bool // bytes includes the memory of the group itself
}

// The memory of a subscription, in bytes: that of a membership, and that of a group
// which is known only because of its members.
const (
	membershipBytes = 128
	groupBytes      = 512 // besides its name, of which there are several copies
)

func groupMemory(name love.Group) int { return groupBytes + 4*len(name.String()) }

// nameBytes returns the length of a group's name in a message, where each character
// that JSON escapes has up to six bytes.
func nameBytes(name love.Group) int { return len(love.AppendText(nil, name.String())) - len(`""`) }

func newMember(s *session, o SubscribeOptions) *member {
	m := &member{session: s, options: o, variant: s.variant}
	m.options.Snapshot, m.options.History = false, 0 // they matter only on joining
	if o.Seq {
		m.variant |= variantSeq
	}
	if interval := interval(o); interval > 0 {
		m.throttle = &throttle{member: m, interval: interval, schedule: &s.hub.schedule}
	}
	return m
}

// stop ends the throttle of the subscription, nil if there is none, and returns the
// frames that its throttle held back.
func (m *member) stop() []*frame {
	if m == nil || m.throttle == nil {
		return nil
	}
	return m.throttle.stop()
}

// memberList returns the members. The caller must not change the list.
func (g *group) memberList() []*member {
	if p := g.members.Load(); p != nil {
		return *p
	}
	return nil
}

// hasMember reports whether the session is in the group.
func (g *group) hasMember(s *session) bool {
	return slices.ContainsFunc(g.memberList(), func(m *member) bool { return m.session == s })
}
