package redis_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/redistest"
	"github.com/rubin-love/love-go/love/hub/redis"
)

func faultOptions() redis.Options {
	return redis.Options{Beat: 50 * time.Millisecond, DeadAfter: 10 * time.Second, Timeout: 500 * time.Millisecond}
}

// startWithProxy starts a Redis and a proxy in front of it. With the options a manager that is
// cut off counts as dead after a second.
func startWithProxy(t *testing.T) (*server, *redistest.Proxy, redis.Options) {
	s := startServer(t)
	o := faultOptions()
	o.DeadAfter = time.Second
	return s, redistest.NewProxy(t, s.host()), o
}

// rising reports whether numbers rise: none comes twice, none behind a later one.
func rising(list []int) bool {
	for i := range list[1:] {
		if list[i] >= list[i+1] {
			return false
		}
	}
	return true
}

func count(from, to int) (list []int) {
	for i := from; i <= to; i++ {
		list = append(list, i)
	}
	return list
}

func TestFault_ARedisThatComesBackGetsWhatWaited(t *testing.T) {
	for name, loses := range map[string]bool{"and has kept its data": false, "and has lost its data": true} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t)
			if !loses {
				s.stop()
				s.args = append(s.args, "--appendonly", "yes")
				s.start()
			}
			here, there := newManager(t, s.address(), faultOptions()), newManager(t, s.address(), faultOptions())
			require.NoError(t, here.check())
			producer := here.session()
			local, remote := here.session().subscribe("", "event-A-0-s", "telemetry-A-0-t"), there.session().subscribe("", "event-A-0-s", "telemetry-A-0-t")
			producer.publish("event", "s", 0)
			producer.publish("event", "other", 0) // nobody wants it there, yet
			require.Equal(t, value{"s", 0, false, false}, local.value())
			require.Equal(t, value{"s", 0, false, false}, remote.value())

			s.stop()
			eventually(t, func() bool { return here.check() != nil && there.check() != nil }, "readiness says so")
			for i := 1; i <= 50; i++ {
				producer.publish("event", "s", i)
				producer.publish("telemetry", "t", i)
				require.Equal(t, value{"s", i, false, false}, local.value())
				require.Equal(t, value{"t", i, false, false}, local.value())
			}
			joined := there.session().subscribe(`,"snapshot":true`, "event-A-0-s")
			require.Equal(t, value{"s", 0, true, false}, joined.value(), "what this manager has")

			back := time.Now()
			s.start()
			events, telemetry := []int{0}, []int{0}
			for events[len(events)-1] < 50 || telemetry[len(telemetry)-1] < 50 {
				if v := remote.value(); v.Stream == "s" {
					events = append(events, v.N)
				} else {
					telemetry = append(telemetry, v.N)
				}
			}
			t.Logf("agreed %v after the server was started", time.Since(back))
			require.True(t, rising(events), events)
			require.True(t, rising(telemetry), telemetry)
			require.Equal(t, []int{0, 50}, telemetry, "conflated")
			require.Equal(t, 50, slices.Max(joined.numbers(50)))
			eventually(t, func() bool { return here.check() == nil }, "when its last values are written, too")
			for group, n := range map[string]int{"event-A-0-s": 50, "event-A-0-other": 0, "telemetry-A-0-t": 50} {
				eventually(t, func() bool {
					v := newManagerSession(t, s, group)
					return v.Snapshot && !v.Stale && v.N == n
				}, "a manager that starts now knows "+group)
			}
			producer.publish("event", "s", 51)
			require.Equal(t, 51, remote.value().N, "and it goes on, each once")
			require.Equal(t, 51, joined.value().N)
		})
	}
}

// newManagerSession returns the snapshot that a manager has that starts now.
func newManagerSession(t *testing.T, s *server, group string) value {
	return newManager(t, s.address(), faultOptions()).session().subscribe(`,"snapshot":true`, group).value()
}

func TestFault_EventsThatAManagerMissedWhileItWasCutOffComeAsTheirLastValues(t *testing.T) {
	s := startServer(t)
	p := redistest.NewProxy(t, s.host())
	here, there := newManager(t, s.address(), faultOptions()), newManager(t, p.Address(), faultOptions())
	producer, remote := here.session(), there.session().subscribe("", "event-A-0-s", "event-A-0-other")
	producer.publish("event", "s", 1)
	producer.publish("event", "other", 1)
	remote.value()
	remote.value()
	p.Cut(true)
	eventually(t, func() bool { return there.check() != nil }, "it notices")
	producer.publish("event", "s", 2)
	producer.publish("event", "s", 3)
	eventually(t, func() bool { return here.broker.Stats().Queued == 0 }, "they are in Redis")
	p.Cut(false)
	require.Equal(t, value{"s", 3, false, false}, remote.value(), "the last, once; and nothing of what it has")
	producer.publish("event", "other", 2)
	require.Equal(t, value{"other", 2, false, false}, remote.value())
}

func TestFault_WhatWaitedIsNotOvertakenByItsLastValue(t *testing.T) {
	s := startServer(t)
	p := redistest.NewProxy(t, s.host())
	o := faultOptions()
	o.Timeout = patience
	here, there := newManager(t, p.Address(), o), newManager(t, s.address(), o)
	producer, remote := here.session(), there.session().subscribe("", "event-A-0-s")
	producer.publish("event", "s", 1)
	remote.value()
	p.Cut(true)
	eventually(t, func() bool { return here.check() != nil }, "it notices")
	for i := 2; i <= 50; i++ {
		producer.publish("event", "s", i)
	}
	p.Set(func(s *redistest.Settings) { s.Delay = 300 * time.Millisecond }) // it does one thing after the other
	p.Cut(false)
	admin := client(t, s.address())
	eventually(t, func() bool {
		value, err := admin.Do(t.Context(), admin.B().Hget().Key("{love}:v:event:A:0").Field(`"s"`).Build()).ToString()
		return err == nil && strings.HasSuffix(value, "50")
	}, "the last value is in Redis")
	joined := there.session().subscribe(`,"snapshot":true`, "event-all-all-all")
	require.Equal(t, count(2, 50), remote.numbers(50), "nothing is missed")
	p.Set(func(s *redistest.Settings) { s.Delay = 0 })
	producer.publish("event", "s", 51)
	require.Equal(t, []int{50, 51}, joined.numbers(51), "nothing is doubled")
}

func TestFault_AConnectionThatBreaksInTheMiddleOfATransactionLosesAndDoublesNothing(t *testing.T) {
	s := startServer(t)
	p := redistest.NewProxy(t, s.host())
	here, there := newManager(t, p.Address(), faultOptions()), newManager(t, s.address(), faultOptions())
	producer, remote := here.session(), there.session().subscribe("", "event-A-0-s")
	for round := range 8 {
		p.Set(func(s *redistest.Settings) { s.CutAfter = 3000 + 1700*round })
		for i := round*100 + 1; i <= round*100+100; i++ {
			producer.publish("event", "s", i)
		}
		require.Equal(t, count(round*100+1, round*100+100), remote.numbers(round*100+100))
		eventually(t, func() bool { return here.check() == nil }, "it is back")
	}
}

func TestFault_AnAnswerThatIsLostDoublesNothing(t *testing.T) {
	s := startServer(t)
	p := redistest.NewProxy(t, s.host())
	o := faultOptions()
	o.Timeout = patience
	here, there := newManager(t, p.Address(), o), newManager(t, s.address(), faultOptions())
	producer, remote := here.session(), there.session().subscribe("", "event-A-0-s")
	for i := 1; i <= 5; i++ {
		p.Set(func(s *redistest.Settings) { s.Delay = time.Second }) // Redis does it, and its answer is under way
		producer.publish("event", "s", i)
		require.Equal(t, i, remote.value().N)
		p.Set(func(s *redistest.Settings) { s.Delay = 0 })
		p.Cut(false)
		eventually(t, func() bool { return here.broker.Stats().Queued == 0 && here.check() == nil }, "it is sent again")
	}
	producer.publish("event", "s", 6)
	require.Equal(t, 6, remote.value().N)
	require.Positive(t, there.broker.Stats().Repeated)
}

func TestFault_ARedisThatHangsCountsAsAway(t *testing.T) {
	s := startServer(t)
	p := redistest.NewProxy(t, s.host())
	here := newManager(t, p.Address(), faultOptions())
	producer, local := here.session(), here.session().subscribe("", "event-A-0-s")
	p.Hold(true)
	for i := range 20 {
		producer.publish("event", "s", i)
		require.Equal(t, i, local.value().N, "nobody here waits")
	}
	eventually(t, func() bool { return here.check() != nil }, "readiness says so")
	p.Hold(false)
	eventually(t, func() bool { return here.check() == nil }, "it is back")
}

func TestFault_ASlowRedisDelaysOnlyOthers(t *testing.T) {
	s := startServer(t)
	p := redistest.NewProxy(t, s.host())
	o := faultOptions()
	o.Timeout = patience
	here, there := newManager(t, p.Address(), o), newManager(t, s.address(), o)
	producer, local, remote := here.session(), here.session().subscribe("", "event-A-0-s"), there.session().subscribe("", "event-A-0-s")
	p.Set(func(s *redistest.Settings) { s.Delay = 100 * time.Millisecond })
	begun := time.Now()
	for i := 1; i <= 1000; i++ {
		producer.publish("event", "s", i)
		require.Equal(t, i, local.value().N)
	}
	took := time.Since(begun)
	require.Equal(t, count(1, 1000), remote.numbers(1000))
	t.Logf("local delivery of 1000 messages took %v, with a Redis that takes 100 ms", took)
	require.NoError(t, here.check())
}

func TestFault_TheQueueIsBounded(t *testing.T) {
	s := startServer(t)
	p := redistest.NewProxy(t, s.host())
	o := faultOptions()
	o.QueueBytes = 100_000
	here, there := newManager(t, p.Address(), o), newManager(t, s.address(), faultOptions())
	remote := there.session().subscribe("", "event-A-0-s")
	producer, noisy := here.session(), here.session()
	p.Cut(true)
	eventually(t, func() bool { return here.check() != nil }, "it notices")
	for i := 1; i <= 2000; i++ {
		producer.publish("event", "s", i)
		noisy.publish("telemetry", fmt.Sprint("t", i%10), i)
	}
	st := here.broker.Stats()
	require.Positive(t, st.Dropped)
	require.Positive(t, st.Conflated)
	require.LessOrEqual(t, st.Queued, o.QueueBytes)
	require.Positive(t, here.hub.Stats().Denied["broker"], "it is counted")
	p.Cut(false)
	got := remote.numbers(2000)
	require.True(t, rising(got), got)
	require.Less(t, len(got), 2000, "the oldest are missing")
	require.Equal(t, count(got[len(got)-100], 2000), got[len(got)-100:], "of the newest, none")
}

func TestFault_APasswordThatIsRefusedIsExplained(t *testing.T) {
	s := startServer(t, "--requirepass", "right")
	for password, want := range map[string]string{"": "wants a password", "wrong": "refuses the password"} {
		o := faultOptions()
		o.Password = password
		m := newManager(t, s.address(), o)
		require.ErrorContains(t, m.check(), want)
		require.ErrorContains(t, m.check(), "REDIS_PASS")
		producer, local := m.session(), m.session().subscribe("", "event-A-0-s")
		producer.publish("event", "s", 1)
		require.Equal(t, 1, local.value().N)
	}
	o := faultOptions()
	o.Password = "right"
	require.NoError(t, newManager(t, s.address(), o).check())
}

func TestFault_AFullRedisStillCarriesMessages(t *testing.T) {
	s := startServer(t)
	admin := client(t, s.address())
	set := func(limit string) {
		require.NoError(t, admin.Do(t.Context(), admin.B().ConfigSet().ParameterValue().ParameterValue("maxmemory", limit).Build()).Error())
	}
	here, there := newManager(t, s.address(), faultOptions()), newManager(t, s.address(), faultOptions())
	producer, remote := here.session(), there.session().subscribe("", "event-A-0-s")
	producer.publish("event", "s", 1)
	require.Equal(t, 1, remote.value().N)
	set("1")
	for i := 2; i <= 20; i++ {
		producer.publish("event", "s", i)
		require.Equal(t, i, remote.value().N)
	}
	require.ErrorContains(t, here.check(), "maxmemory")
	full := newManager(t, s.address(), faultOptions()) // one that starts meanwhile
	full.session().publish("event", "of-full", 1)
	set("0")
	eventually(t, func() bool { return here.check() == nil && full.check() == nil }, "it has room again")
	for group, n := range map[string]int{"event-A-0-s": 20, "event-A-0-of-full": 1} {
		eventually(t, func() bool {
			v := newManagerSession(t, s, group)
			return v.N == n && v.Snapshot
		}, "the last values are shared")
	}
}

func TestFault_AReplicaIsNotTakenForAMaster(t *testing.T) {
	master := startServer(t)
	replica := startServer(t, "--replicaof", "127.0.0.1 "+master.port)
	p := redistest.NewProxy(t, master.host())
	here, there := newManager(t, p.Address(), faultOptions()), newManager(t, p.Address(), faultOptions())
	producer, remote := here.session(), there.session().subscribe("", "event-A-0-s")
	producer.publish("event", "s", 1)
	require.Equal(t, 1, remote.value().N)

	p.Set(func(s *redistest.Settings) { s.Target = replica.host() }) // the address of the service changes
	master.stop()
	eventually(t, func() bool { return here.check() != nil && strings.Contains(here.check().Error(), "replica") }, "it does not write")
	producer.publish("event", "s", 2)
	admin := client(t, replica.address())
	require.NoError(t, admin.Do(t.Context(), admin.B().Replicaof().No().One().Build()).Error())
	require.Equal(t, 2, remote.value().N, "the new master carries what waited")
	eventually(t, func() bool { return here.check() == nil && there.check() == nil }, "both are back")
	v := newManagerSession(t, replica, "event-A-0-s")
	require.Equal(t, value{"s", 2, true, false}, v)
}

func TestFault_TheSourcesOfAManagerThatDiesAreStale(t *testing.T) {
	s, p, o := startWithProxy(t)
	dies, there := newManager(t, p.Address(), o), newManager(t, s.address(), o)
	producer, remote := dies.session(), there.session().subscribe("", "event-A-0-s")
	producer.publish("event", "s", 1)
	remote.value()
	snapshot := func(m *manager) value { return m.session().subscribe(`,"snapshot":true`, "event-A-0-s").value() }
	eventually(t, func() bool { return !snapshot(there).Stale }, "it is connected")
	p.Hold(true) // a process that is killed, or whose machine is: nobody says so
	eventually(t, func() bool { return snapshot(there).Stale }, "within a bounded time")
	eventually(t, func() bool { return newManagerSession(t, s, "event-A-0-s").Stale }, "for a manager that starts now, too")
	p.Hold(false)
	eventually(t, func() bool { return !snapshot(there).Stale }, "it was only cut off")
	eventually(t, func() bool { return !newManagerSession(t, s, "event-A-0-s").Stale }, "for others, too")
}

func TestFault_TheSourcesOfAManagerThatComesBackAreLiveThoughANewOneIsAnnouncedFirst(t *testing.T) {
	s, p, o := startWithProxy(t)
	away, there := newManager(t, p.Address(), o), newManager(t, s.address(), o)
	producer, remote := away.session(), there.session().subscribe("", "event-A-0-s", "event-A-0-other")
	producer.publish("event", "s", 1)
	remote.value()
	snapshot := func(stream string) value {
		return there.session().subscribe(`,"snapshot":true`, "event-A-0-"+stream).value()
	}
	p.Cut(true)
	eventually(t, func() bool { return snapshot("s").Stale }, "it is taken for dead")
	away.session().publish("event", "other", 1)
	p.Cut(false)
	require.Equal(t, value{"other", 1, false, false}, remote.value())
	eventually(t, func() bool { return !snapshot("s").Stale && !snapshot("other").Stale }, "both are connected")
}

func TestFault_AManagerThatStartsWhileAnotherIsCutOffLearnsThatItIsBack(t *testing.T) {
	s, p, o := startWithProxy(t)
	away := newManager(t, p.Address(), o)
	away.session().publish("event", "s", 1)
	admin := client(t, s.address())
	exists := func(pattern string) bool {
		keys, err := admin.Do(t.Context(), admin.B().Keys().Pattern(pattern).Build()).AsStrSlice()
		require.NoError(t, err)
		return len(keys) > 0
	}
	eventually(t, func() bool { return exists("{love}:v:event:A:0") }, "it is in Redis")
	p.Cut(true)
	eventually(t, func() bool { return !exists("{love}:live:*") }, "it counts as dead")
	there := newManager(t, s.address(), o)
	snapshot := func() value { return there.session().subscribe(`,"snapshot":true`, "event-A-0-s").value() }
	stays := there.session().subscribe(`,"snapshot":true`, "event-A-0-s") // so that nothing is read again
	require.True(t, stays.value().Stale)
	p.Cut(false)
	eventually(t, func() bool { return !snapshot().Stale }, "it is connected")
}

func TestFault_AManagerThatEndsTakesItsSourcesWithIt(t *testing.T) {
	s := startServer(t)
	there := newManager(t, s.address(), faultOptions())
	ends := newManager(t, s.address(), faultOptions())
	ends.session().publish("event", "s", 1)
	require.NoError(t, ends.hub.Shutdown(t.Context()))
	require.NoError(t, ends.broker.Close())
	v := there.session().subscribe(`,"snapshot":true`, "event-A-0-s").value()
	require.Equal(t, value{"s", 1, true, true}, v)
	admin := client(t, s.address())
	members, err := admin.Do(t.Context(), admin.B().Smembers().Key("{love}:managers").Build()).AsStrSlice()
	require.NoError(t, err)
	require.Len(t, members, 1, "only the one that stays")
}

func TestFault_AFlushWaitsForASlowRedisAndForNoneThatIsAway(t *testing.T) {
	s := startServer(t)
	p := redistest.NewProxy(t, s.host())
	m := newManager(t, p.Address(), faultOptions())
	producer := m.session()
	producer.publish("event", "s", -1)
	eventually(t, func() bool { return m.broker.Flush(t.Context()) == nil }, "it sends")
	p.Set(func(s *redistest.Settings) { s.Delay = 20 * time.Millisecond })
	before := m.broker.Stats().Published
	for i := range 10 {
		producer.publish("event", "s", i)
	}
	require.NoError(t, m.broker.Flush(t.Context()))
	require.GreaterOrEqual(t, m.broker.Stats().Published-before, uint64(10))

	p.Hold(true)
	producer.publish("event", "s", 10)
	flushed := make(chan error, 1)
	go func() { flushed <- m.broker.Flush(t.Context()) }()
	eventually(t, func() bool { return m.check() != nil }, "it notices")
	require.ErrorContains(t, <-flushed, "away")
	require.ErrorContains(t, m.broker.Flush(t.Context()), "away")
	p.Hold(false)
	eventually(t, func() bool { return m.check() == nil && m.broker.Flush(t.Context()) == nil }, "it is back")
}
