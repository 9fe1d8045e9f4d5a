package redis_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/redistest"
)

// The number of sources that come and go has no bound; what waits has one, and others have
// the right sources and last values afterwards.
func TestFault_SourcesThatComeAndGoTakeBoundedMemory(t *testing.T) {
	t.Run("while Redis is away", func(t *testing.T) {
		sourcesComeAndGo(t, 500*time.Millisecond, func(here *manager, p *redistest.Proxy) {
			p.Cut(true)
			eventually(t, func() bool { return here.check() != nil }, "it notices")
		}, func(p *redistest.Proxy) { p.Cut(false) })
	})
	t.Run("while Redis is slow", func(t *testing.T) {
		sourcesComeAndGo(t, time.Hour, func(here *manager, p *redistest.Proxy) {
			p.Hold(true)
			here.session().publish("event", "first", 1)
			eventually(t, func() bool { return here.broker.Stats().Queued == 0 }, "it waits for the answer to this")
		}, func(p *redistest.Proxy) { p.Hold(false) })
	})
}

func sourcesComeAndGo(t *testing.T, timeout time.Duration, begin func(*manager, *redistest.Proxy), end func(*redistest.Proxy)) {
	s := startServer(t)
	p := redistest.NewProxy(t, s.host())
	o := faultOptions()
	o.DeadAfter, o.Timeout, o.QueueBytes = time.Hour, timeout, 100_000
	here, there := newManager(t, p.Address(), o), newManager(t, s.address(), o)
	remote := there.session().subscribe("", "event-A-0-ends", "event-A-0-stays", "event-A-0-begins", "event-A-0-last")
	ends, stays := here.session(), here.session()
	ends.publish("event", "ends", 1)
	stays.publish("event", "stays", 1)
	remote.value()
	remote.value()
	snapshot := func(stream string) value {
		return there.session().subscribe(`,"snapshot":true`, "event-A-0-"+stream).value()
	}
	eventually(t, func() bool { return !snapshot("ends").Stale && !snapshot("stays").Stale }, "they are connected")

	begin(here, p)
	require.NoError(t, ends.l.Close())
	begins := here.session()
	begins.publish("event", "begins", 1)
	for i := range 2000 {
		l := here.session()
		l.publish("event", fmt.Sprint("other", i%10), i)
		require.NoError(t, l.l.Close())
		require.LessOrEqual(t, here.broker.Stats().Queued, o.QueueBytes)
	}
	begins.publish("event", "last", 1)
	end(p)
	got := map[string]bool{}
	for !got["begins"] || !got["last"] {
		got[remote.value().Stream] = true // a message that was dropped comes as a last value
	}
	eventually(t, func() bool { return snapshot("ends").Stale }, "the one that has gone, has")
	for _, stream := range []string{"stays", "begins", "last"} {
		eventually(t, func() bool { return !snapshot(stream).Stale }, stream+" is connected")
	}
	eventually(t, func() bool { return !newManagerSession(t, s, "event-A-0-begins").Stale }, "for a manager that starts now, too")
	eventually(t, func() bool { return newManagerSession(t, s, "event-A-0-ends").Stale }, "for a manager that starts now, too")
}
