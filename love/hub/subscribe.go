package hub

import (
	"context"
	"iter"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// SubscribeOptions holds what a subscription asks for beyond the messages.
type SubscribeOptions struct {
	Snapshot bool    // begin with the last value of each stream, marked "snapshot"
	Seq      bool    // put a counter per stream into each message, "seq"
	MaxRate  float64 // most messages per second of one stream, keeping the newest; 0: no limit
}

// interval returns the least time between two messages of one stream.
func (o SubscribeOptions) interval() time.Duration {
	if o.MaxRate > 0 {
		return time.Duration(float64(time.Second) / o.MaxRate)
	}
	return 0
}

// Subscribe joins groups and yields what they deliver, as the JSON that a
// websocket client would get ([love.ParseMessage] reads it). The groups are
// joined when Subscribe returns, and left when ctx or the iteration ends. A
// loop that is too slow loses telemetry or the subscription, like any other
// session. The error that ends the iteration is ctx's or [ErrClosed].
func (h *Hub) Subscribe(ctx context.Context, o SubscribeOptions, groups ...love.Group) iter.Seq2[[]byte, error] {
	l := h.Local(auth.Principal{Process: true})
	l.sendMu.Lock()
	for _, g := range groups {
		l.messages.join(g, o, nil)
	}
	l.messages.flush()
	l.sendMu.Unlock()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	return func(yield func([]byte, error) bool) {
		defer func() {
			stop()
			_ = l.Close()
		}()
		for {
			msg, err := l.Receive(ctx)
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			if !yield(msg, err) || err != nil {
				return
			}
		}
	}
}

// The bounds of max_rate, in hertz.
const (
	minRate = 0.01
	maxRate = 1e6
)

func parseSubscribeOptions(msg *wire.Message) (o SubscribeOptions, err error) {
	for _, flag := range [...]struct {
		raw     []byte
		set     *bool
		invalid error
	}{{msg.Snapshot, &o.Snapshot, errSnapshot}, {msg.Seq, &o.Seq, errSeq}} {
		switch string(flag.raw) {
		case "", "false":
		case "true":
			*flag.set = true
		default:
			return o, flag.invalid
		}
	}
	if msg.MaxRate != nil {
		hz, err := strconv.ParseFloat(string(msg.MaxRate), 64)
		if err != nil || !wire.IsNumber(msg.MaxRate) || hz < minRate || hz > maxRate {
			return o, errMaxRate
		}
		o.MaxRate = hz
	}
	return o, nil
}

// parseGroup returns the group of a subscription request.
func parseGroup(msg *wire.Message) (love.Group, error) {
	switch {
	case !wire.IsText(msg.Category):
		return love.Group{}, errCategory
	case !wire.IsText(msg.CSC):
		return love.Group{}, errCSC
	case !wire.IsText(msg.SalIndex) && !wire.IsNumber(msg.SalIndex):
		return love.Group{}, errSalIndex
	case !wire.IsText(msg.Stream):
		return love.Group{}, errStream
	}
	return love.Group{
		Category: love.Category(wire.Text(msg.Category)), CSC: string(wire.Text(msg.CSC)),
		SalIndex: string(indexText(msg.SalIndex)), Stream: string(wire.Text(msg.Stream)),
	}, nil
}

// indexText returns a salindex as part of a group's name: 1 and "1" are the same.
func indexText(raw []byte) []byte {
	if wire.IsText(raw) {
		return wire.Text(raw)
	}
	return raw
}
