package hub

import (
	"strconv"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// SubscribeOptions holds what a subscription asks for beyond the messages.
type SubscribeOptions = love.SubscribeOptions

// interval returns the least time between two messages of one stream.
func interval(o SubscribeOptions) time.Duration {
	if o.MaxRate > 0 {
		return time.Duration(float64(time.Second) / o.MaxRate)
	}
	return 0
}

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
	if msg.History != nil {
		seconds, err := strconv.ParseFloat(string(msg.History), 64)
		if err != nil || !wire.IsNumber(msg.History) || seconds < 0 || seconds > love.MaxHistory.Seconds() {
			return o, errHistory
		}
		o.History = time.Duration(seconds * float64(time.Second))
	}
	if msg.MaxRate != nil {
		hz, err := strconv.ParseFloat(string(msg.MaxRate), 64)
		if err != nil || !wire.IsNumber(msg.MaxRate) || hz < love.MinMaxRate || hz > love.MaxMaxRate {
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
