package hub

import (
	"context"
	"iter"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// Publish routes a data message of this program, as if a process had sent it.
// Its last values never become stale. After [Hub.Shutdown] it returns
// [ErrClosed].
func (h *Hub) Publish(ctx context.Context, m love.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if h.ended.Load() {
		return ErrClosed
	}
	cut, text := new(wire.Message), m.AppendJSON(nil)
	if err := cut.Parse(text); err != nil {
		return err
	}
	h.counters.receive()
	return h.broker.Publish([]Envelope{{
		Kind: EnvelopeData, Payload: text, Received: h.clock.Now(), Source: h.self.id, source: h.self, cut: cut,
	}})
}

// SubscribeOptions holds what a subscription asks for beyond the messages.
type SubscribeOptions struct {
	Snapshot bool    // begin with the last value of each stream, marked "snapshot"
	Seq      bool    // put a counter per stream into each message, "seq"
	MaxRate  float64 // most messages per second of one stream, keeping the newest; 0: no limit
}

func (o SubscribeOptions) internal() (s subscriptionOptions) {
	s = subscriptionOptions{snapshot: o.Snapshot, seq: o.Seq}
	if o.MaxRate > 0 {
		s.interval = time.Duration(float64(time.Second) / o.MaxRate)
	}
	return s
}

// Subscribe joins groups and yields what they deliver, as the JSON that a
// websocket client would get ([love.ParseMessage] reads it). The groups are
// joined when Subscribe returns, and left when ctx or the iteration ends. A
// loop that is too slow loses telemetry or the subscription, like any other
// session. The error that ends the iteration is ctx's or [ErrClosed].
func (h *Hub) Subscribe(ctx context.Context, o SubscribeOptions, groups ...love.Group) iter.Seq2[[]byte, error] {
	l := h.Local(auth.Principal{Process: true})
	l.mu.Lock()
	for _, g := range groups {
		l.session.join(g, o.internal(), &l.in.burst)
		if g.Category == love.CategoryEvent && wildcardShape(g) == 0 {
			l.in.requestInitialState(g)
		}
	}
	l.in.end()
	l.mu.Unlock()
	release := context.AfterFunc(ctx, func() { _ = l.Close() })
	return func(yield func([]byte, error) bool) {
		defer func() {
			release()
			_ = l.Close()
		}()
		for {
			m, err := l.Receive(ctx)
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}
