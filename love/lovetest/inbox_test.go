package lovetest_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
)

// failing is a test whose failures are kept.
type failing struct {
	testing.TB
	mu    sync.Mutex
	texts []string
}

func (f *failing) Helper() {}

func (f *failing) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}

func (f *failing) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

// failureOf returns how a test fails; empty if it passes.
func failureOf(t *testing.T, test func(t testing.TB)) string {
	f := &failing{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(f)
	}()
	<-done
	return strings.Join(f.texts, "\n")
}

type power struct {
	Watts float64 `love:"watts,W"`
}

type doors struct {
	Open int `love:"open"`
}

// send has a sender get values of a rack, "power=5" or "doors=1".
func send(t testing.TB, s *lovetest.Sender, values ...string) {
	rack := producer.NewInstance("Rack", 1)
	run, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- rack.Run(run, s) }()
	synctest.Wait()
	for _, v := range values {
		var n float64
		if _, err := fmt.Sscanf(v, "power=%g", &n); err == nil {
			require.NoError(t, rack.Telemetry(t.Context(), "power", power{n}))
			continue
		}
		_, err := fmt.Sscanf(v, "doors=%g", &n)
		require.NoError(t, err)
		require.NoError(t, rack.Event(t.Context(), "doors", doors{int(n)}))
	}
	stop()
	require.NoError(t, <-ended)
}

func TestNextTakesTheOldestAndLeavesAllOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := lovetest.NewSender(t)
		began := time.Now()
		send(t, s, "power=1", "doors=1", "power=2", "doors=2")
		first := s.Next("telemetry-Rack-1-power")
		require.Equal(t, "telemetry-Rack-1-power", first.Group)
		require.Equal(t, "power", first.Name)
		require.Equal(t, began, first.Time)
		require.Equal(t, "Rack", first.Message.Data[0].CSC)
		var now power
		require.NoError(t, first.Decode(&now))
		require.Equal(t, power{1}, now)

		require.Equal(t, doors{2}, lovetest.Wait(s, "event-Rack-1-doors", func(d doors) bool { return d.Open == 2 }))
		require.Equal(t, doors{1}, lovetest.Wait(s, "event-Rack-1-doors", func(doors) bool { return true }), "an older one is still there")
		require.Equal(t, "telemetry-Rack-1-power", s.Next("all-all-all-all").Group)
		s.None("all-all-all-all")
		require.Len(t, s.Messages(), 4)
		send(t, s, "power=3", "doors=3")
		rest := s.Rest()
		require.Len(t, rest, 2)
		require.Equal(t, `event-Rack-1-doors [{"open":{"value":3,"dataType":"Int","units":"unitless"}}]`, rest[1].String())
		require.Empty(t, s.Rest())
	})
}

func TestNextWaitsForWhatComesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := lovetest.NewSender(t)
		began := time.Now()
		time.AfterFunc(9*time.Second, func() { send(t, s, "doors=1", "power=1") })
		s.Next("telemetry-Rack-1-power")
		require.Equal(t, 9*time.Second, time.Since(began))
		time.AfterFunc(time.Hour, func() { send(t, s, "power=5") })
		s.Timeout = 2 * time.Hour
		require.Equal(t, power{5}, lovetest.Wait(s, "telemetry-Rack-1-power", func(p power) bool { return p.Watts > 4 }))
	})
}

func TestAFailureShowsWhatCameInstead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const watts = `telemetry-Rack-1-power {"watts":{"value":%s,"dataType":"Float","units":"W"}}`
		for want, test := range map[string]func(s *lovetest.Sender){
			"lovetest: nothing came for telemetry-Rack-2-power within 10s; nothing came at all": func(s *lovetest.Sender) {
				s.Next("telemetry-Rack-2-power")
			},
			"lovetest: nothing came for event-Rack-1-doors within 10s; the test has taken everything that came\ntaken before: event-Rack-1-doors (2)": func(s *lovetest.Sender) {
				send(t, s, "doors=1", "doors=2")
				s.Next("event-Rack-1-doors")
				s.Next("event-Rack-1-doors")
				s.Next("event-Rack-1-doors")
			},
			"lovetest: nothing that matches came for telemetry-Rack-1-power within 10s; this came instead:\n" +
				"    " + fmt.Sprintf(watts, "1.0") + "\n    event-Rack-1-doors [{\"open\":{\"value\":1,\"dataType\":\"Int\",\"units\":\"unitless\"}}]": func(s *lovetest.Sender) {
				send(t, s, "power=1", "doors=1")
				lovetest.Wait(s, "telemetry-Rack-1-power", func(p power) bool { return p.Watts == 2 })
			},
			"lovetest: nothing that matches came for telemetry-Rack-1-power within 10s; this came instead:\n" +
				"    " + fmt.Sprintf(watts, "1.0") + "\n        (stream power: field Volts is missing: make it a pointer if it may be)": func(s *lovetest.Sender) {
				send(t, s, "power=1")
				lovetest.Wait(s, "telemetry-Rack-1-power", func(struct{ Volts float64 }) bool { return true })
			},
			"lovetest: nothing should have come for telemetry-Rack-all-all, but this did:\n    " + fmt.Sprintf(watts, "1.0"): func(s *lovetest.Sender) {
				send(t, s, "doors=1", "power=1")
				s.None("telemetry-Rack-all-all")
			},
			`lovetest: "Rack power" is not a group: give CATEGORY-CSC-SALINDEX-STREAM, for example telemetry-ATDome-0-position or event-all-all-all`: func(s *lovetest.Sender) {
				s.Next("Rack power")
			},
		} {
			require.Equal(t, want, failureOf(t, func(t testing.TB) { test(lovetest.NewSender(t)) }))
		}
		long := failureOf(t, func(t testing.TB) {
			s := lovetest.NewSender(t)
			for range 10 {
				send(t, s, "power=1", "power=2", "power=3")
			}
			s.Next("event-Rack-1-doors")
		})
		require.Contains(t, long, "\n    … 10 more, then\n")
		require.Equal(t, 20, strings.Count(long, "watts"))
	})
}

func TestSubscribeHasWhatASubscriberReceives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := lovetest.NewManager(t, lovetest.InProcess())
		rack := producer.NewInstance("Rack", 1)
		m.Run(rack)
		user := lovetest.Subscribe(t, m.LogIn("user", "user"), "event-Rack-1-doors", "heartbeat-manager-0-stream")
		page := m.Subscribe("event-Rack-1-all")
		synctest.Wait()
		require.NoError(t, rack.Event(t.Context(), "doors", doors{1}))
		require.NoError(t, rack.Telemetry(t.Context(), "power", power{1}))
		for _, x := range []*lovetest.Inbox{user, page} {
			lovetest.Wait(x, "event-Rack-1-doors", func(d doors) bool { return d.Open == 1 })
			x.None("event-all-all-all")
		}
		lovetest.Wait(user, "heartbeat-manager-0-stream", func(unix float64) bool { return unix > 0 })
		m.Next("telemetry-Rack-1-power")
		user.None("telemetry-all-all-all")

		m.Subscribe("event-Rack-1-doors") // asks for it again
		user.Next("event-Rack-1-doors")
	})
}

// fakeSubscriber delivers one message that is not a data message, and ends.
type fakeSubscriber struct{}

func (fakeSubscriber) Subscribe(context.Context, ...love.Group) iter.Seq2[love.Delivery, error] {
	return func(yield func(love.Delivery, error) bool) {
		_ = yield(love.Delivery{Raw: love.RawValue(`{"answer":5}`), Group: "event-Rack-1-all"}, nil) && yield(love.Delivery{}, errNarrow)
	}
}

func TestAMessageWithoutStreamsIsReceivedAsItIs(t *testing.T) {
	x := lovetest.Subscribe(t, fakeSubscriber{}, "event-Rack-1-all")
	require.Equal(t, `{"answer":5}`, string(x.Next("event-Rack-1-all").Value))
}

func TestASubscriptionThatHasEndedFailsAtOnce(t *testing.T) {
	h := hub.New()
	text := failureOf(t, func(t testing.TB) {
		x := lovetest.Subscribe(t, h, "event-Rack-1-doors")
		require.NoError(t, h.Shutdown(t.Context()))
		x.Next("event-Rack-1-doors")
	})
	require.Contains(t, text, "lovetest: nothing came for event-Rack-1-doors before the end: the connection to the hub is closed")
}

func TestSubscribeNeedsAClientThatIsConnected(t *testing.T) {
	m := lovetest.NewManager(t)
	text := failureOf(t, func(t testing.TB) { lovetest.Subscribe(t, m.Client(), "event-Rack-1-doors") })
	require.Contains(t, text, "the client is not connected: take one of Manager.LogIn, or call its Run")
}
