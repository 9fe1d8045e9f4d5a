package kafka

import (
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// produceRequest is a request that writes one record. Whoever gives it up knows for
// certain whether the record can still leave.
type produceRequest struct {
	kmsg.ProduceRequest
	state atomic.Int32
}

// The states of a produceRequest.
const (
	unsent int32 = iota
	leaving
	withdrawn
)

// withdraw makes sure that the record does not leave any more, and reports whether it
// never has. It may be called more than once.
func (r *produceRequest) withdraw() bool {
	r.state.CompareAndSwap(unsent, withdrawn)
	return r.state.Load() == withdrawn
}

// AppendTo implements kmsg.Request. The client calls it when it has a connection and
// writes the request. A withdrawn one is written without the record; brokers answer
// that nothing was written.
func (r *produceRequest) AppendTo(b []byte) []byte {
	if r.state.CompareAndSwap(unsent, leaving) || r.state.Load() == leaving {
		return r.ProduceRequest.AppendTo(b)
	}
	empty := kmsg.ProduceRequest{Version: r.Version, Acks: r.Acks, TimeoutMillis: r.TimeoutMillis}
	return empty.AppendTo(b)
}

// MaxVersion implements kmsg.Request. From version 13 on a topic is named by its id.
func (r *produceRequest) MaxVersion() int16 {
	if r.Topics[0].TopicID == [16]byte{} {
		return 12
	}
	return r.ProduceRequest.MaxVersion()
}
