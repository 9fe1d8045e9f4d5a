package lovetest

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

// BrokerFeatures says what a broker can do besides carrying messages.
type BrokerFeatures struct {
	// LastValues: a hub gets the last values of what was published before it wanted them,
	// or before it was there.
	LastValues bool
	// Interest: a hub gets only what its sessions want.
	Interest bool
	// Peers: the broker is a [hub.PeerBroker].
	Peers bool
}

// RunBroker is the conformance suite of [hub.Broker]. setup starts whatever the
// brokers need for each test, and ends it with t.Cleanup. connect returns a broker
// for each of several hubs that act as one; a broker within one process may return
// the same value each time.
//
//	func TestMyBroker(t *testing.T) {
//		lovetest.RunBroker(t, lovetest.BrokerFeatures{}, func(t *testing.T) func() hub.Broker { … })
//	}
func RunBroker(t *testing.T, f BrokerFeatures, setup func(t *testing.T) (connect func() hub.Broker)) {
	tests := map[string]func(*testing.T, func() hub.Broker){
		"every hub gets every batch, the publisher's included": brokerReachesAll,
		"an envelope arrives unchanged":                        brokerKeepsEnvelopes,
		"batches of one publisher keep their order":            brokerKeepsOrder,
		"a batch is not used after it was published":           brokerCopies,
		"a detached hub gets no more batches":                  brokerDetaches,
		"hubs attach and detach while others publish":          brokerIsConcurrent,

		"subscribers of every hub get a message once for each group, in order": hubsDeliver,
		"what is published after a confirmation is delivered":                  hubsConfirm,
		"a request for the state reaches the producer at another hub":          hubsAsk,
		"a producer gets no more requests from several hubs than from one":     hubsLimitRequests,
		"the end of a source is known at every hub":                            hubsLoseSource,
	}
	if f.LastValues {
		tests["a snapshot is right at a hub that has not subscribed, and at one that starts"] = hubsShareLastValues
		tests["a snapshot joins what is published meanwhile without gap or doubling"] = hubsJoinSnapshots
		tests["the last value of a source that has gone is stale at another hub"] = hubsShareStaleness
	}
	if f.Interest {
		tests["a hub gets only what it wants"] = brokerIsSelective
	}
	if f.Peers {
		tests["the heartbeat names the other hubs, once for a subscriber"] = hubsBeat
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, setup(t)) })
	}
}

// inbox collects what a broker delivers.
type inbox struct {
	mu   sync.Mutex
	got  []hub.Envelope
	more chan struct{}
}

func attach(t *testing.T, b hub.Broker) *inbox {
	in := &inbox{more: make(chan struct{}, 1)}
	detach := b.Attach(in.deliver)
	t.Cleanup(detach)
	return in
}

// deliver copies the batch, because its bytes belong to the publisher.
func (in *inbox) deliver(batch []hub.Envelope) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, e := range batch {
		in.got = append(in.got, hub.Envelope{Kind: e.Kind, Payload: bytes.Clone(e.Payload), Received: e.Received, Source: e.Source})
	}
	select {
	case in.more <- struct{}{}:
	default:
	}
}

// wait waits for n envelopes and returns them.
func (in *inbox) wait(t *testing.T, n int) []hub.Envelope {
	t.Helper()
	timeout := time.NewTimer(10 * time.Second)
	defer timeout.Stop()
	for {
		in.mu.Lock()
		got := in.got
		in.mu.Unlock()
		if len(got) >= n {
			return got[:n]
		}
		select {
		case <-in.more:
		case <-timeout.C:
			require.FailNowf(t, "too few envelopes", "%d of %d arrived", len(got), n)
		}
	}
}

func envelope(i int) hub.Envelope {
	return hub.Envelope{Payload: fmt.Appendf(nil, `{"i":%d}`, i), Received: time.Unix(1_700_000_000, 123_000).UTC(), Source: "s-1"}
}

func brokerReachesAll(t *testing.T, connect func() hub.Broker) {
	a, b, c := connect(), connect(), connect()
	inboxes := []*inbox{attach(t, a), attach(t, b), attach(t, c)}
	require.NoError(t, a.Publish([]hub.Envelope{envelope(1), envelope(2)}))
	for _, in := range inboxes {
		require.Equal(t, []hub.Envelope{envelope(1), envelope(2)}, in.wait(t, 2))
	}
}

func brokerKeepsEnvelopes(t *testing.T, connect func() hub.Broker) {
	in := attach(t, connect())
	b := connect()
	attach(t, b)
	want := []hub.Envelope{
		{Kind: hub.EnvelopeData, Payload: []byte(`{"v":[NaN,"é\u0000",18446744073709551616]}`), Received: time.Unix(1, 1000).UTC(), Source: "a-1"},
		{Kind: hub.EnvelopeInitialState, Payload: []byte(`{}`), Received: time.Unix(2, 0).UTC(), Source: "a-2"},
		{Kind: hub.EnvelopeHub, Payload: bytes.Repeat([]byte("x"), 1<<20), Received: time.Unix(3, 0).UTC(), Source: "hub"},
		{Kind: hub.EnvelopeGone, Received: time.Unix(4, 0).UTC(), Source: "a-1"},
	}
	require.NoError(t, b.Publish(want))
	got := in.wait(t, len(want))
	for i := range want {
		require.Equal(t, want[i].Kind, got[i].Kind)
		require.Equal(t, string(want[i].Payload), string(got[i].Payload))
		require.True(t, want[i].Received.Equal(got[i].Received), "%v, not %v", got[i].Received, want[i].Received)
		require.Equal(t, want[i].Source, got[i].Source)
	}
}

func brokerKeepsOrder(t *testing.T, connect func() hub.Broker) {
	const n = 500
	in := attach(t, connect())
	var publishers sync.WaitGroup
	for p := range 3 {
		b := connect()
		attach(t, b)
		publishers.Go(func() {
			for i := range n {
				e := envelope(i)
				e.Source = fmt.Sprint(p)
				if b.Publish([]hub.Envelope{e}) != nil {
					return // the test then misses envelopes
				}
			}
		})
	}
	next := map[string]int{}
	for _, e := range in.wait(t, 3*n) {
		require.Equal(t, string(envelope(next[e.Source]).Payload), string(e.Payload))
		next[e.Source]++
	}
	publishers.Wait()
}

func brokerCopies(t *testing.T, connect func() hub.Broker) {
	in := attach(t, connect())
	b := connect()
	attach(t, b)
	batch := []hub.Envelope{envelope(1)}
	require.NoError(t, b.Publish(batch))
	copy(batch[0].Payload, "changed")
	batch[0] = hub.Envelope{}
	require.Equal(t, []hub.Envelope{envelope(1)}, in.wait(t, 1))
}

func brokerDetaches(t *testing.T, connect func() hub.Broker) {
	a, b := connect(), connect()
	gone := &inbox{more: make(chan struct{}, 1)}
	detach := a.Attach(gone.deliver)
	stays := attach(t, b)
	require.NoError(t, b.Publish([]hub.Envelope{envelope(1)}))
	gone.wait(t, 1)
	detach()
	require.NoError(t, b.Publish([]hub.Envelope{envelope(2)}))
	stays.wait(t, 2)
	require.Len(t, gone.got, 1)
}

func brokerIsConcurrent(t *testing.T, connect func() hub.Broker) {
	b := connect()
	in := attach(t, b)
	var churn sync.WaitGroup
	for range 4 {
		churn.Go(func() {
			for range 20 {
				connect().Attach(func([]hub.Envelope) {})()
			}
		})
	}
	for i := range 100 {
		require.NoError(t, b.Publish([]hub.Envelope{envelope(i)}))
	}
	churn.Wait()
	in.wait(t, 100)
}
