package hub

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// Subscribe joins groups and yields what they deliver, as a websocket client would get
// it. The contract is that of client.Subscribe:
//
// The groups are joined when Subscribe returns: what is published from then on is
// yielded, in order, and nothing from before. They are left when ctx or the iteration
// ends; so end ctx if you do not iterate. A message that belongs to several of the
// groups is yielded once for each.
//
// The last thing that is yielded is the error that ended it: ctx's or, after all that
// had arrived, one that wraps [ErrClosed] and says why, such as that the loop was too
// slow or that the hub has ended. The result can be iterated once.
//
// A loop that is too slow loses telemetry, then the subscription, like any other
// session.
func (h *Hub) Subscribe(ctx context.Context, groups ...love.Group) iter.Seq2[love.Delivery, error] {
	return h.SubscribeWith(ctx, love.SubscribeOptions{}, groups...)
}

// SubscribeWith is [Hub.Subscribe] with options. Wrong ones, by
// [love.SubscribeOptions.Check], are the error that is yielded.
func (h *Hub) SubscribeWith(ctx context.Context, o love.SubscribeOptions, groups ...love.Group) iter.Seq2[love.Delivery, error] {
	return h.SubscribeEvery(ctx, 0, o, groups...)
}

// SubscribeEvery is [Hub.SubscribeWith] for a loop that is not in a hurry: telemetry wakes
// it at most once in an interval, with all that has come until then, as [LocalInterval] has
// it. That takes less time from those who route messages.
func (h *Hub) SubscribeEvery(ctx context.Context, interval time.Duration, o love.SubscribeOptions, groups ...love.Group) iter.Seq2[love.Delivery, error] {
	if _, runs := h.clock.(love.SystemClock); !runs {
		interval = 0 // with a clock that a test holds what is published must not wait for the test
	}
	err := o.Check()
	for _, g := range groups {
		if err == nil && o.History > 0 && !isOfOne(g) {
			err = fmt.Errorf("a subscription to %s with a History: only one stream can have one", g)
		}
	}
	if err != nil {
		return func(yield func(love.Delivery, error) bool) { yield(love.Delivery{}, err) }
	}
	l := h.Local(auth.Principal{Process: true}, LocalInterval(interval))
	l.sendMu.Lock()
	for _, g := range groups {
		l.messages.join(g, o, nil)
	}
	l.messages.flush()
	l.sendMu.Unlock()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	return func(yield func(love.Delivery, error) bool) {
		defer func() {
			stop()
			_ = l.Close()
		}()
		var parsed wire.Message
		for {
			msg, err := l.Receive(ctx)
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(love.Delivery{}, err)
				return
			}
			d := love.Delivery{Raw: msg, Group: groupOf(msg, groups, &parsed), Received: h.clock.Now()}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// groupOf returns the text of the group that a message was delivered to.
func groupOf(msg []byte, groups []love.Group, parsed *wire.Message) string {
	if len(groups) == 1 {
		return groups[0].String()
	}
	if parsed.Parse(msg) != nil || !wire.IsText(parsed.Subscription) {
		return ""
	}
	text := string(wire.Text(parsed.Subscription))
	if text == string(love.CategoryHeartbeat) {
		return heartbeatGroup.String()
	}
	return text
}
