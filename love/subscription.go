package love

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
	// ProducerSnd is when a producer sent it, UNIX seconds; absent if 0.
	ProducerSnd float64
	// Snapshot asks for the last value of each stream first, and MaxRate for at most
	// that many messages per second of each, if it is not 0: extensions, which the
	// Python manager ignores (docs/protocol/manager.md#extensions).
	Snapshot bool
	MaxRate  float64
}

// AppendJSON appends the request. A salindex that spells a number is sent as a
// text, as the LOVE-frontend does; the manager takes both for the same.
func (s Subscription) AppendJSON(dst []byte) []byte {
	dst = AppendText(append(dst, `{"option":`...), string(s.Option))
	dst = AppendText(append(dst, `,"category":`...), string(s.Group.Category))
	dst = AppendText(append(dst, `,"csc":`...), s.Group.CSC)
	dst = AppendText(append(dst, `,"salindex":`...), s.Group.SalIndex)
	dst = AppendText(append(dst, `,"stream":`...), s.Group.Stream)
	if s.ProducerSnd != 0 {
		dst = AppendFloat(append(dst, `,"producer_snd":`...), s.ProducerSnd)
	}
	if s.Snapshot {
		dst = append(dst, `,"snapshot":true`...)
	}
	if s.MaxRate != 0 {
		dst = AppendFloat(append(dst, `,"max_rate":`...), s.MaxRate)
	}
	return append(dst, '}')
}

// Confirmation returns the text of the manager's answer, in "data". The
// frontend searches it for the group and for the word "unsubscribed".
func (s Subscription) Confirmation() string {
	if s.Option == Unsubscribe {
		return "Successfully unsubscribed to " + s.Group.String()
	}
	return "Successfully subscribed to " + s.Group.String()
}
