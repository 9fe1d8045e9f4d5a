package hub

import (
	"strconv"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// requestBurst is how many initial_state requests for one stream are sent at
// once. After that one is sent every requestPause, and the others are merged
// with it (quirk 42).
const (
	requestBurst = 10
	requestPause = time.Second
)

// requests limits the initial_state requests per stream.
type requests struct {
	mu      sync.Mutex
	buckets map[love.Group]*bucket
	sweepAt int // number of buckets at which full ones are dropped
}

// bucket is a token bucket: it holds requestBurst tokens and regains one every
// requestPause.
type bucket struct {
	full    time.Time // when all tokens will be back
	pending bool      // a request waits for a token
}

// admit takes a token for a request and reports whether to send it now.
// Without a token the request has to wait until due; a zero due means that it
// is merged with one that waits already.
func (r *requests) admit(g love.Group, now time.Time) (send bool, due time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[g]
	if b == nil {
		if r.buckets == nil {
			r.buckets = make(map[love.Group]*bucket)
		}
		r.sweep(now)
		b = &bucket{full: now}
		r.buckets[g] = b
	}
	if b.full.Before(now) {
		b.full = now
	}
	switch missing := b.full.Sub(now); {
	case b.pending:
		return false, time.Time{}
	case missing > (requestBurst-1)*requestPause:
		b.pending = true
		return false, now.Add(missing - (requestBurst-1)*requestPause)
	}
	b.full = b.full.Add(requestPause)
	return true, time.Time{}
}

// release takes the token for the request that waited, which the caller sends.
func (r *requests) release(g love.Group) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[g]
	b.pending = false
	b.full = b.full.Add(requestPause)
}

// sweep drops the buckets that are full again. It does nothing until there are
// twice as many as the last sweep left, and at least 4096.
func (r *requests) sweep(now time.Time) {
	if len(r.buckets) < r.sweepAt {
		return
	}
	defer func() { r.sweepAt = max(4096, 2*len(r.buckets)) }()
	for g, b := range r.buckets {
		if !b.pending && !b.full.After(now) {
			delete(r.buckets, g)
		}
	}
}

// requestInitialState asks the producers of a component to send the newest
// sample of a stream once more (section 2.6).
func (in *inbound) requestInitialState(g love.Group) {
	h := in.session.hub
	now := h.clock.Now()
	e := Envelope{Kind: EnvelopeInitialState, Payload: initialStateRequest(g), Received: now}
	send, due := h.requests.admit(g, now)
	switch {
	case send:
		in.batch = append(in.batch, e)
	case due.IsZero():
		h.counters.drop(DropRequest, 1)
	default:
		h.schedule.at(due, func(now time.Time) {
			h.requests.release(g)
			e.Received = now
			h.publish([]Envelope{e})
		})
	}
}

func initialStateRequest(g love.Group) []byte {
	msg := love.AppendText([]byte(`{"category":"initial_state","data":[{"csc":`), g.CSC)
	msg = append(msg, `,"salindex":`...)
	if n, err := strconv.ParseInt(g.SalIndex, 10, 64); err == nil {
		msg = strconv.AppendInt(msg, n, 10) // producers compare it with a number
	} else {
		msg = love.AppendText(msg, g.SalIndex)
	}
	msg = love.AppendText(append(msg, `,"data":{"event_name":`...), g.Stream)
	return append(msg, `}}],"subscription":"initial_state-all-all-all"}`...)
}

// initialState routes a request to the producers of its component: the
// sessions that subscribed to requests for all its streams or for this one.
// Each gets it once.
func (d *delivery) initialState(e *Envelope, cut *wire.Message) {
	x, it := &d.hub.index, &cut.Items[0]
	category := []byte(love.CategoryInitialState)
	csc, stream := wire.Text(it.CSC), all
	if d.hub.legacyRequests {
		csc = all
	} else {
		stream = wire.Text(cut.Streams(it)[0].Value)
	}
	broad, narrow := x.lookup(category, csc, all, all), x.lookup(category, csc, all, stream)
	if broad == nil && narrow == nil {
		return
	}
	buf := append(newBuffer(len(e.Payload)+128), e.Payload[:len(e.Payload)-1]...)
	if d.hub.tracing {
		buf = append(buf, `,"tracing":{"manager_rcv_from_group":`...)
		buf = love.AppendFloat(buf, d.tai)
		buf = append(buf, `,"manager_snd_to_client":`...)
		buf = append(love.AppendFloat(buf, d.tai), '}')
	}
	f := textFrame(append(buf, '}'))
	if broad != nil {
		d.send(broad, broad.key, f)
	}
	if narrow == nil || narrow == broad {
		return
	}
	for _, m := range narrow.list() {
		if broad == nil || !broad.hasMember(m.session) {
			d.sendTo(m, narrow.key, f)
			d.hub.counters.deliver(1)
		}
	}
}
