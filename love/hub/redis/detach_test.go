package redis_test

import (
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/redistest"
	"github.com/rubin-love/love-go/love/hub"
)

// slowReceiver takes a while to learn.
type slowReceiver struct {
	learning chan struct{}
	resume   chan struct{}
	calls    atomic.Int32
}

func (r *slowReceiver) Deliver([]hub.Envelope) {}
func (r *slowReceiver) Mark() uint64           { return 1 }
func (r *slowReceiver) LastValues(bool) iter.Seq[hub.LastValue] {
	return func(func(hub.LastValue) bool) {}
}

func (r *slowReceiver) Learn(hub.Topic, uint64, []hub.LastValue) {
	r.calls.Add(1)
	close(r.learning)
	<-r.resume
}

func (r *slowReceiver) Ready(hub.Topic) { r.calls.Add(-1) }

func TestDetachWaitsForCallsOfTheReceiver(t *testing.T) {
	b := connect(t, redistest.Address(t), options(t))
	r := &slowReceiver{learning: make(chan struct{}), resume: make(chan struct{})}
	link := b.AttachReceiver(r)
	require.False(t, link.Want(hub.Topic{Category: "event", CSC: "A", SalIndex: "0"}))
	<-r.learning
	time.AfterFunc(50*time.Millisecond, func() { close(r.resume) })
	link.Detach()
	require.Zero(t, r.calls.Load(), "it is not being called")
}
