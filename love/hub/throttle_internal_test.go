package hub

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// throttleTest is a subscription with a max_rate of one in a hundred seconds, whose time
// the test holds.
type throttleTest struct {
	hub      *Hub
	session  *session
	throttle *throttle
	now      time.Time
	keys     map[string]uint64
}

func newThrottleTest(t require.TestingT, limits Limits) *throttleTest {
	h := New(WithTracing(false), WithLimits(limits))
	x := &throttleTest{hub: h, session: h.newSession(auth.Principal{User: auth.User{Username: "ada"}}, sessionOptions{}), now: time.Unix(1_700_000_000, 0)}
	x.session.sink = new(queueSink)
	name := love.Group{Category: love.CategoryEvent, CSC: "A", SalIndex: "0", Stream: wildcard}
	x.session.join(name, SubscribeOptions{MaxRate: 0.01}, nil, nil)
	x.throttle = h.index.find(name).memberList()[0].throttle
	x.throttle.schedule = &schedule{wake: make(chan struct{}, 1)}
	return x
}

func (x *throttleTest) end(t require.TestingT) {
	x.session.leaveAll()
	require.Zero(t, x.hub.index.subscriptionBytes.Load())
	x.session.lost()
	require.Zero(t, x.hub.queueBytes.Load())
	require.NoError(t, x.hub.Shutdown(context.Background()))
}

// offer offers a message with the value of some streams, such as "1 a b".
func (x *throttleTest) offer(text string) {
	f := textFrame(append(newBuffer(len(text)), text...))
	f.counted = true
	for _, name := range strings.Fields(text)[1:] {
		if x.keys == nil {
			x.keys = make(map[string]uint64)
		}
		if x.keys[name] == 0 {
			x.keys[name] = uint64(len(x.keys) + 1)
		}
		f.streams = append(f.streams, x.keys[name])
	}
	var wakes wakeList
	x.hub.counters.offer(1)
	x.hub.sendThrottled(x.throttle.member, 0, f, x.now, &wakes)
}

// pass lets time pass.
func (x *throttleTest) pass(d time.Duration) {
	x.now = x.now.Add(d)
	x.throttle.schedule.run(x.now)
}

// got returns what was sent since it was called last.
func (x *throttleTest) got() []string { return waiting(x.session) }

func TestTheMemoryOfAMaxRateIsChargedUntilItsIntervalIsOver(t *testing.T) {
	x := newThrottleTest(t, Limits{})
	defer x.end(t)
	before := x.session.user.subscriptionBytes.Load()
	const streams = 1000
	for i := range streams {
		x.offer(fmt.Sprintf("1 s%d", i))
	}
	require.Len(t, x.got(), streams)
	require.EqualValues(t, before+streams*throttledStreamBytes, x.session.user.subscriptionBytes.Load())
	require.EqualValues(t, before+streams*throttledStreamBytes, x.hub.index.subscriptionBytes.Load())
	require.Zero(t, x.hub.queueBytes.Load())

	big := strings.Repeat("x", 10_000)
	for i := range streams / 2 {
		x.offer(fmt.Sprintf("%s s%d", big, i))
	}
	require.Empty(t, x.got())
	require.InDelta(t, streams/2*10_000, x.session.user.queueBytes.Load(), 256<<10)

	x.pass(100 * time.Second)
	require.Len(t, x.got(), streams/2)
	require.Zero(t, x.session.user.queueBytes.Load())
	x.pass(forgetPeriod)
	require.EqualValues(t, before+streams/2*throttledStreamBytes, x.session.user.subscriptionBytes.Load(), "the others are forgotten")
	x.pass(100 * time.Second)
	require.Empty(t, x.got())
	require.EqualValues(t, before, x.session.user.subscriptionBytes.Load())
	require.Empty(t, x.throttle.streams)
	require.Empty(t, x.throttle.schedule.tasks)
}

// Without memory to hold messages back, they are sent.
func TestWithoutMemoryNothingIsHeldBackAndNothingIsLost(t *testing.T) {
	for name, limits := range map[string]Limits{
		"for streams":               {UserSubscriptionBytes: 2000 + 10*throttledStreamBytes},
		"for streams, in all":       {SubscriptionBytes: 2000 + 10*throttledStreamBytes},
		"for messages of a session": {QueueBytes: 10_000},
		"for messages of a user":    {QueueBytes: 32 << 20, UserQueueBytes: 10_000},
		"for messages of all":       {QueueBytes: 32 << 20, UserQueueBytes: 32 << 20, AllQueueBytes: 10_000},
	} {
		t.Run(name, func(t *testing.T) {
			x := newThrottleTest(t, limits)
			defer x.end(t)
			const streams = 100
			last := make(map[string]int)
			n := 0
			read := func() {
				for _, text := range x.got() {
					n++
					i, name := 0, strings.Fields(text)[1]
					_, _ = fmt.Sscan(text, &i)
					require.Greater(t, i, last[name])
					last[name] = i
				}
			}
			for i := 1; i <= 20; i++ {
				for s := range streams {
					x.offer(fmt.Sprintf("%d%s s%d", i, strings.Repeat(" ", 2000), s))
					read()
				}
			}
			x.pass(100 * time.Second)
			read()
			for s := range streams {
				require.Equal(t, 20, last[fmt.Sprint("s", s)])
			}
			require.EqualValues(t, 20*streams, n+int(x.hub.counters.dropped[DropRate].Load()))
			require.Positive(t, x.hub.Stats().Denied["max_rate"])
			require.Zero(t, x.hub.counters.dropped[DropClosed].Load())
		})
	}
}

// Others can use the throttle while many streams may be sent.
func TestAReleaseDoesALittleAtATime(t *testing.T) {
	x := newThrottleTest(t, Limits{})
	defer x.end(t)
	const streams = 4 * releaseStep
	for i := range 2 * streams {
		x.offer(fmt.Sprintf("%d s%d", i, i%streams))
	}
	require.Len(t, x.got(), streams)
	x.now = x.now.Add(100 * time.Second)
	x.throttle.release(x.now)
	require.Len(t, x.got(), releaseStep)
	x.pass(0)
	require.Len(t, x.got(), streams-releaseStep)
}

// A message that becomes obsolete frees one that waited behind it.
func TestAMessageIsSentWhenWhatItWaitsForIsDropped(t *testing.T) {
	x := newThrottleTest(t, Limits{})
	defer x.end(t)
	x.offer("1 a")
	x.pass(50 * time.Second)
	x.offer("1 b")
	x.offer("2 a b")
	x.pass(50 * time.Second)
	require.Equal(t, []string{"1 a", "1 b"}, x.got())
	x.offer("3 a") // a may be sent, but not before the older message with b
	require.Empty(t, x.got())
	x.offer("3 b")
	require.Equal(t, []string{"3 a"}, x.got())
	x.pass(50 * time.Second)
	require.Equal(t, []string{"3 b"}, x.got())
}

// TestAMaxRateKeepsItsPromises offers any messages at any times: a stream has one message
// in an interval at most, none overtakes one that shares a stream with it, and the newest
// of each stream is sent as soon as it may be.
func TestAMaxRateKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newThrottleTest(t, Limits{})
		defer x.end(t)
		names := []string{"a", "b", "c", "d"}
		sentAt, seen, newest := make(map[string]time.Time), make(map[string]int), make(map[string]int)
		check := func() {
			for _, text := range x.got() {
				fields := strings.Fields(text)
				var n int
				_, _ = fmt.Sscan(fields[0], &n)
				for i, name := range fields[1:] {
					if seen[name] == n && i > 0 {
						continue // the message holds it twice
					}
					require.Greater(t, n, seen[name], text)
					if !sentAt[name].IsZero() {
						require.GreaterOrEqual(t, x.now.Sub(sentAt[name]), 100*time.Second, text)
					}
					sentAt[name], seen[name] = x.now, n
				}
			}
		}
		for n := 1; n <= rapid.IntRange(1, 60).Draw(t, "messages"); n++ {
			text := fmt.Sprint(n)
			for _, i := range rapid.SliceOfN(rapid.IntRange(0, 3), 1, 4).Draw(t, "streams") {
				text += " " + names[i]
				newest[names[i]] = n
			}
			x.offer(text)
			check()
			for range rapid.IntRange(0, 30).Draw(t, "passes") {
				x.pass(time.Duration(rapid.SampledFrom([]int{1, 10, 50}).Draw(t, "time")) * time.Second)
				check()
			}
		}
		for range 500 {
			x.pass(time.Second)
			check()
		}
		require.Equal(t, newest, seen)
		require.Empty(t, x.throttle.streams)
		require.Zero(t, x.throttle.held.Len())
	})
}
