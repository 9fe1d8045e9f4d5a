package redis_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/redistest"
	"github.com/rubin-love/love-go/love/hub/redis"
)

// Who watches the sources of all managers learns that those of one that was killed have
// gone, and that they are there again if it was only cut off.
func TestFault_TheSourcesOfAManagerThatIsKilledAreAnnouncedAsGone(t *testing.T) {
	s, p, o := startWithProxy(t)
	killed, there := newManager(t, p.Address(), o), newManager(t, s.address(), o)
	watcher := there.session().subscribe("", "event-Hub-0-sources")
	wait := func(connected bool) (source string) {
		t.Helper()
		for {
			var d struct {
				Data []struct {
					Data struct {
						Sources []struct {
							Source     struct{ Value string }
							Connected  struct{ Value bool }
							Components struct{ Value []string }
						}
					}
				}
			}
			msg := watcher.next()
			require.NoError(t, json.Unmarshal([]byte(msg), &d), msg)
			if e := d.Data[0].Data.Sources[0]; e.Connected.Value == connected && slices.Equal(e.Components.Value, []string{"A"}) {
				return e.Source.Value
			}
		}
	}
	there.session().subscribe("", "event-A-0-s")
	killed.session().publish("event", "s", 1)
	source := wait(true)
	p.Hold(true)
	require.Equal(t, source, wait(false))
	p.Hold(false)
	require.Equal(t, source, wait(true))
}

// The number of sources that come and go has no bound; what waits has one, and others have
// the right sources and last values afterwards.
func TestFault_SourcesThatComeAndGoTakeBoundedMemory(t *testing.T) {
	t.Run("while Redis is away", func(t *testing.T) {
		sourcesComeAndGo(t, faultOptions(), func(here *manager, _ *session, p *redistest.Proxy) {
			p.Cut(true)
			eventually(t, func() bool { return here.check() != nil }, "it notices")
		}, func(p *redistest.Proxy) { p.Cut(false) })
	})
	t.Run("while Redis is slow", func(t *testing.T) {
		o := faultOptions()
		o.Timeout, o.Beat = time.Hour, time.Hour
		sourcesComeAndGo(t, o, func(here *manager, stays *session, p *redistest.Proxy) {
			p.Hold(true)
			stays.publish("event", "stays", 2)
			// Then this is under way, or what came before: what comes next waits. Which of them, nobody
			// can see.
			for end := time.Now().Add(time.Second); here.broker.Stats().Queued > 0 && time.Now().Before(end); {
				runtime.Gosched()
			}
		}, func(p *redistest.Proxy) { p.Hold(false) })
	})
}

func sourcesComeAndGo(t *testing.T, o redis.Options, begin func(*manager, *session, *redistest.Proxy), end func(*redistest.Proxy)) {
	s := startServer(t)
	p := redistest.NewProxy(t, s.host())
	o.DeadAfter, o.QueueBytes = 24*time.Hour, 100_000
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

	begin(here, stays, p)
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
	require.Positive(t, here.broker.Stats().Dropped)
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
