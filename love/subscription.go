package love

import (
	"fmt"
	"time"
)

// SubscribeOptions holds what a subscription asks for beyond the messages. A Python
// manager ignores them.
type SubscribeOptions struct {
	Snapshot bool // begin with the last value of each stream, marked "snapshot"
	Seq      bool // put a counter per stream into each message, "seq"
	// History is how far back the subscription begins, with what a manager's archive has of
	// the stream; see [Delivery.Recorded]. Only one stream can have a History, up to
	// [MaxHistory]. 0: none.
	History time.Duration
	// MaxRate is how many messages per second of one stream come at most, keeping the
	// newest: [MinMaxRate] to [MaxMaxRate]. 0: no limit.
	MaxRate float64
}

// The bounds of SubscribeOptions.MaxRate, in hertz.
const (
	MinMaxRate = 0.01
	MaxMaxRate = 1e6
)

// MaxHistory is the longest SubscribeOptions.History.
const MaxHistory = 24 * time.Hour

// Check returns an error for options that a manager refuses.
func (o SubscribeOptions) Check() error {
	if o.History < 0 || o.History > MaxHistory {
		return fmt.Errorf("a subscription with the History %s: give 0 for none, or %g hours at most", o.History, MaxHistory.Hours())
	}
	if o.MaxRate == 0 || o.MaxRate >= MinMaxRate && o.MaxRate <= MaxMaxRate {
		return nil
	}
	return fmt.Errorf("a subscription with the MaxRate %g: give 0 for no limit, or %g to %g messages per second", o.MaxRate, MinMaxRate, MaxMaxRate)
}

// Option is what a subscription request asks for.
type Option string

// The options of a subscription request (docs/protocol/manager.md#messages).
const (
	Subscribe   Option = "subscribe"
	Unsubscribe Option = "unsubscribe"
)

// Subscription is the request to join or leave a group.
type Subscription struct {
	Option Option
	Group  Group
	// Options are sent with a request to join.
	Options SubscribeOptions
	// ProducerSnd is when a producer sent it, UNIX seconds; absent if 0.
	ProducerSnd float64
}

// AppendJSON appends the request. A salindex that spells a number is sent as a
// text, as the LOVE-frontend does; the manager takes both for the same.
func (s Subscription) AppendJSON(dst []byte) []byte {
	dst = AppendText(append(dst, `{"option":`...), string(s.Option))
	dst = AppendText(append(dst, `,"category":`...), string(s.Group.Category))
	dst = AppendText(append(dst, `,"csc":`...), s.Group.CSC)
	dst = AppendText(append(dst, `,"salindex":`...), s.Group.SalIndex)
	dst = AppendText(append(dst, `,"stream":`...), s.Group.Stream)
	if s.Option == Subscribe {
		dst = s.Options.appendMembers(dst)
	}
	if s.ProducerSnd != 0 {
		dst = AppendFloat(append(dst, `,"producer_snd":`...), s.ProducerSnd)
	}
	return append(dst, '}')
}

func (o SubscribeOptions) appendMembers(dst []byte) []byte {
	if o.Snapshot {
		dst = append(dst, `,"snapshot":true`...)
	}
	if o.Seq {
		dst = append(dst, `,"seq":true`...)
	}
	if o.History != 0 {
		dst = AppendFloat(append(dst, `,"history":`...), o.History.Seconds())
	}
	if o.MaxRate != 0 {
		dst = AppendFloat(append(dst, `,"max_rate":`...), o.MaxRate)
	}
	return dst
}

// Confirmation returns the text of the manager's answer, in "data". The
// frontend searches it for the group and for the word "unsubscribed".
func (s Subscription) Confirmation() string {
	if s.Option == Unsubscribe {
		return "Successfully unsubscribed to " + s.Group.String()
	}
	return "Successfully subscribed to " + s.Group.String()
}
