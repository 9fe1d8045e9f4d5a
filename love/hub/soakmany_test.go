package hub_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/redistest"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/hub/redis"
)

// TestSoakOfSeveralHubs is [TestSoak] with three hubs that share a Redis (LOVE_TEST_REDIS):
// clients connect to any of them, publishers publish at any and move, and all are compared
// with the same model. Meanwhile the connections to Redis of one hub, or of all, are cut,
// refused, broken in the middle of a transaction, or hang. Then what is published at the
// hub itself goes on, others may miss values, and afterwards all must agree.
func TestSoakOfSeveralHubs(t *testing.T) {
	address := redistest.Address(t)
	s := &soak{t: t}
	prefix := "soak-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	limits := soakLimits
	limits.QueueBytes, limits.UserQueueBytes = 8<<20, 8<<20 // for all that was missed, which comes at once
	var faults []*soakFaults
	for range 3 {
		p := redistest.NewProxy(t, redistest.Host(t, address))
		b, err := redis.New(p.Address(), redis.Options{
			Prefix: prefix, Beat: 100 * time.Millisecond, Linger: 100 * time.Millisecond,
			Timeout: 3 * timeout, DeadAfter: time.Hour, Expiry: time.Hour,
		})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, b.Close()) })
		require.Eventually(t, func() bool { return b.Check(t.Context()) == nil && b.Stats().Published > 0 }, 3*timeout, time.Millisecond)
		// While a subscription waits for Redis, its hub does not read the answer to a ping.
		h := s.addHub(hub.WithBroker(b), hub.WithPing(3*timeout), hub.WithLimits(limits))
		h.hub.SetPatience(6 * timeout) // so that a confirmation means what it says
		faults = append(faults, &soakFaults{hub: h, broker: b, proxy: p})
	}
	s.run(func(ctx context.Context, rng *rand.Rand) { s.runFaults(ctx, faults, rng) })
	for _, f := range faults {
		st := f.broker.Stats()
		t.Logf("hub %d: %d cuts, %+v", f.hub.number, f.cuts, st)
		require.LessOrEqual(t, int(st.Reconnects), f.cuts, "no connection is lost that was not cut")
		require.Zero(t, st.Malformed)
		require.Zero(t, st.Dropped)
	}
}

// soakFaults disturbs what connects a hub to Redis.
type soakFaults struct {
	hub    *soakHub
	broker *redis.Broker
	proxy  *redistest.Proxy
	cuts   int
	before int // reconnects
}

// runFaults disturbs the connections to Redis until ctx ends.
func (s *soak) runFaults(ctx context.Context, all []*soakFaults, rng *rand.Rand) {
	pause := func(least, most time.Duration) {
		select {
		case <-ctx.Done():
		case <-time.After(least + time.Duration(rng.Int64N(int64(most-least)))):
		}
	}
	for pause(50*time.Millisecond, 300*time.Millisecond); ctx.Err() == nil; pause(10*time.Millisecond, 700*time.Millisecond) {
		some := all
		if rng.IntN(4) > 0 {
			i := rng.IntN(len(all))
			some = all[i : i+1]
		}
		var hubs []*soakHub
		for _, f := range some {
			hubs = append(hubs, f.hub)
		}
		s.disturb(hubs)
		kind, bytes := rng.IntN(5), 1+rng.IntN(30_000)
		for _, f := range some {
			f.begin(kind, bytes)
		}
		if kind > 0 {
			pause(time.Millisecond, 700*time.Millisecond)
		}
		for _, f := range some {
			if err := f.end(s, kind); err != nil {
				s.fail(err)
				return
			}
		}
		if err := s.calm(hubs); err != nil {
			s.fail(err)
			return
		}
	}
}

func (f *soakFaults) begin(kind, bytes int) {
	f.before = f.reconnects()
	switch kind {
	case 0:
		f.cut(false)
	case 1:
		f.cut(true)
	case 2, 3:
		f.proxy.Hold(true)
	case 4:
		f.proxy.Set(func(s *redistest.Settings) { s.CutAfter = bytes })
	}
}

func (f *soakFaults) cut(refuse bool) {
	f.cuts++
	f.proxy.Cut(refuse)
}

// end ends the fault, and returns when the broker is connected.
func (f *soakFaults) end(s *soak, kind int) error {
	switch kind {
	case 1, 3: // in this order, what hangs is lost
		f.cut(false)
		f.proxy.Hold(false)
	case 2: // nothing is lost
		f.proxy.Hold(false)
		f.before--
	case 4:
		f.cuts++
	}
	back := func() bool { return f.reconnects() > f.before && f.broker.Check(s.t.Context()) == nil }
	return s.await(back, "hub %d is connected to Redis again", f.hub.number)
}

func (f *soakFaults) reconnects() int { return int(f.broker.Stats().Reconnects) }
