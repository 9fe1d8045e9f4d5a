package hub

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// errPastHangs is logged when an archive does not answer.
var errPastHangs = errors.New("the archive does not answer")

// Past has what a hub has published: an archive that records it, for subscriptions with a
// history. Every implementation must pass lovetest.RunPast.
type Past interface {
	// Has reports whether the message of a stream with a number, or a newer one, has been
	// recorded. If not, it should be soon.
	Has(stream love.Group, number uint64) bool
	// Past yields what has been recorded of a stream, oldest first, without waiting for
	// what has not. The last thing that is yielded may be an error.
	Past(ctx context.Context, q love.PastQuery) iter.Seq2[love.PastMessage, error]
}

const (
	// pastMessages and pastBytes bound the history of a subscription: the newest.
	pastMessages = 10_000
	pastBytes    = 4 << 20
	// pastHeld is how many bytes of telemetry are held back while the history is
	// delivered; what is older comes from the archive, too.
	pastHeld = 256 << 10
	// pastRetry is the wait before what the archive has not recorded yet is asked for
	// again, and pastPatience when it is given up, so that an archive that drops messages
	// delays nobody for longer.
	pastRetry    = 20 * time.Millisecond
	pastPatience = time.Second
	// pastHangs is for how long an archive may not answer.
	pastHangs = 10 * time.Second
	// pastCost is how many bytes of the allowance for snapshots a history costs, besides
	// those that are read.
	pastCost = 64 << 10
	// pastMemory is the memory of a history that is being delivered, in bytes.
	pastMemory = 512
)

// past is the history that a subscription begins with. Until it has been delivered, live
// messages are held back: the newest here, what is older in the archive, from where it is
// delivered, too. The two join at the number of a message.
type past struct {
	session  *session
	group    *group
	interval time.Duration // between two messages, of a max_rate

	mu       sync.Mutex
	member   *member   // the subscription
	snapshot *snapshot // that follows; nil for none
	held     []*frame  // live messages that follow, oldest first
	bytes    int       // of held, in the queue's budget
	upTo     uint64    // the number of the newest message before them
	joined   uint64    // that of the newest message before the subscription
	number   uint64    // the newest that was delivered
	over     bool

	// Of whoever delivers it alone:
	begun     bool
	after     time.Time // the newest message that was read
	sent      time.Time // the newest that was delivered
	delivered int
	waiting   time.Time // since when it waits for the archive; zero if it does not
}

// hasPast reports whether the group can have a history.
func (h *Hub) hasPast(name love.Group) bool {
	recorded := name.Category == love.CategoryEvent || name.Category == love.CategoryTelemetry
	return h.past != nil && recorded && isOfOne(name) && name.CSC != sourcesGroup.CSC
}

// newPast returns the history of m, which is about to join. Routing must not go on before
// begin.
func (s *session) newPast(m *member, o SubscribeOptions) *past {
	now := s.hub.clock.Now()
	s.hub.index.chargeUser(s.user, pastMemory)
	return &past{session: s, member: m, interval: interval(o), after: now.Add(-o.History)}
}

// begin begins to hold messages of the group back, while none is routed.
func (p *past) begin(g *group, sn *snapshot) {
	p.group, p.snapshot, p.joined = g, sn, g.seq.Load()
	p.upTo = p.joined
}

// hold holds a live message back, and reports whether it did. The group's order is locked.
func (p *past) hold(f *frame) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return false
	}
	size := heldFrameBytes + len(f.bytes)
	if f.key != 0 && p.bytes+size > pastHeld || !p.session.out.holdBack(size) {
		p.forgetLocked()
		p.upTo = f.seq
		return true
	}
	p.held, p.bytes = append(p.held, f), p.bytes+size
	return true
}

// forgetLocked leaves what is held back to the archive.
func (p *past) forgetLocked() {
	p.session.out.letBack(p.bytes)
	clear(p.held)
	p.held, p.bytes = p.held[:0], 0
}

// continueAs makes m, a subscription with other options, the one that gets the history.
func (p *past) continueAs(m *member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.member = m
}

// stop ends the history of a subscription that ends, and drops what is held back. The
// session's snapshots are locked.
func (p *past) stopLocked() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.over = true
	p.forgetLocked()
	p.session.hub.index.chargeUser(p.session.user, -pastMemory)
	if p.snapshot != nil {
		p.session.settleLocked(p.snapshot)
	}
}

// reservePast takes what a history costs from the allowances for snapshots, and reports
// whether anything was left.
func (s *session) reservePast(now time.Time) bool {
	if s.user == nil {
		return true
	}
	s.snapshots.mu.Lock()
	defer s.snapshots.mu.Unlock()
	ours, all := s.hub.snapshotRates()
	if s.snapshots.allowance.due(ours, now).After(now) || !s.user.takeSnapshot(all, pastCost, now) {
		return false
	}
	s.snapshots.allowance.take(ours, pastCost, now)
	return true
}

// chargePast takes bytes that were read for a history from the allowances.
func (s *session) chargePast(bytes int, now time.Time) {
	if s.user == nil || bytes == 0 {
		return
	}
	s.snapshots.mu.Lock()
	defer s.snapshots.mu.Unlock()
	ours, all := s.hub.snapshotRates()
	s.snapshots.allowance.take(ours, bytes, now)
	s.user.settleSnapshot(all, bytes, now)
}

// pastFrame returns a message to the group with a recorded value, and with those of the
// times for tracing that are known.
func (h *Hub) pastFrame(name love.Group, m love.PastMessage) *frame {
	buf := love.AppendText(append(newBuffer(len(m.Value)+256), `{"category":`...), string(name.Category))
	buf = append(buf, `,"data":[`...)
	index := []byte(name.SalIndex)
	if n := love.IndexText(name.SalIndex); !isNumber(n) {
		index = love.AppendText(nil, name.SalIndex)
	}
	buf = appendItem(buf, love.AppendText(nil, name.CSC), index, love.AppendText(nil, name.Stream), m.Value)
	buf = love.AppendText(append(buf, `],"subscription":`...), name.String())
	buf = love.AppendFloat(append(buf, `,"history":true,"recorded":`...), love.UnixSeconds(m.Recorded))
	if h.tracing {
		buf = love.AppendFloat(append(buf, `,"tracing":{"producer_snd":`...), love.UnixSeconds(m.Sent))
		buf = love.AppendFloat(append(buf, `,"manager_rcv_from_producer":`...), love.TAI(m.Recorded))
		buf = append(buf, '}')
	}
	f := textFrame(append(buf, '}'))
	f.seq, f.counted, f.isLast, f.single = m.Number, true, true, true
	return f
}

func isNumber(i love.SalIndex) bool {
	n, ok := i.Int()
	return ok && love.Index(n).String() == i.String()
}
