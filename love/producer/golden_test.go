package producer_test

import (
	"context"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// TestGolden replays the recordings of the Python producer. The producers must
// send what it sent: the same values, in the same order within each stream, at
// the same time. Where a recording shows a difference
// (docs/protocol/producer.md#differences-from-the-python-producer), our
// behaviour is expected (quirks_test.go).
func TestGolden(t *testing.T) {
	for _, file := range goldenFiles(t, "producer") {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			tr := readRecording(t, file)
			if tr == nil {
				t.Skip("not a recording of this kind; another test reads this file of LOVE_GOLDEN")
			}
			tr.fix(t, name)
			if tr.refused() {
				t.Skip("loved refuses the environment of this recording, as its own tests show")
			}
			synctest.Test(t, func(t *testing.T) { replay(t, tr) })
		})
	}
}

// producerReplay runs a producer on a bus with the input of a recording.
type producerReplay struct {
	*recording
	defs     *sal.Definitions
	bus      *fakeBus
	producer producer.Producer
	out      recorder
	zero     time.Time // time 0 of the recording
	mu       sync.Mutex
	commands []command // that were issued
	answered map[int]bool
}

func replay(t *testing.T, tr *recording) {
	s := &producerReplay{recording: tr, defs: tr.definitions(t), bus: &fakeBus{}, answered: map[int]bool{}}
	clock := recordedClock(tr.Clock.Epoch)
	s.zero = time.Now()
	for _, h := range tr.Steps[0].Input.Start.History {
		s.bus.history = append(s.bus.history, h.sample(t, s.defs))
	}
	s.bus.commanded = func(c *sal.Sample) { s.respond(t, c) }
	domain := sal.NewDomain(s.bus, s.defs)
	defer func() { require.NoError(t, domain.Close()) }()
	p, err := producer.NewFactory(domain, append(tr.options(t), producer.WithClock(clock))...).FromName(t.Context(), tr.Producer.Component)
	require.NoError(t, err)
	s.producer = p

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, &s.out) }()
	for i, step := range tr.Steps {
		s.apply(t, step.Input)
		synctest.Wait()
		s.compare(t, i, &step)
	}
	cancel()
	require.NoError(t, <-ended)
}

// shiftedClock is the clock of a recording whose time differs from the bubble's.
type shiftedClock struct {
	love.SystemClock
	by time.Duration
}

func (c shiftedClock) Now() time.Time { return c.SystemClock.Now().Add(c.by) }

// recordedClock returns a clock that is at an epoch, UNIX seconds, when it returns.
// Epochs before the bubble's time need a shifted clock.
func recordedClock(epoch float64) love.Clock {
	zero := time.UnixMicro(int64(math.Round(epoch * 1e6)))
	time.Sleep(time.Until(zero))
	return shiftedClock{by: time.Until(zero)}
}

func (s *producerReplay) apply(t *testing.T, in input) {
	switch {
	case in.Start != nil:
		time.Sleep(seconds(in.Start.DurationSeconds))
	case in.Topic != "":
		s.bus.write(in.sample(t, s.defs))
	case in.InitialState != nil:
		if r, ok := producer.ParseRequest(in.InitialState); ok {
			require.NoError(t, s.producer.HandleRequest(t.Context(), r, &s.out))
		}
	case in.AdvanceSeconds != nil:
		time.Sleep(seconds(*in.AdvanceSeconds))
	case in.SendInitialData:
		require.NoError(t, s.producer.InitialData(t.Context(), &s.out))
	case in.SubscriptionMessages:
		m := producer.NewMessage(s.CSC, love.SystemClock{})
		for _, csc := range s.producer.Subscriptions() {
			require.NoError(t, s.out.record(m.InitialStateFor(csc)))
		}
	default:
		t.Fatal("a step of unknown kind")
	}
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

// respond does what the recorded component did for a command.
func (s *producerReplay) respond(t *testing.T, c *sal.Sample) {
	issued := newCommand(c, time.Since(s.zero).Seconds())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, issued)
	n := 0
	for _, step := range s.Steps {
		for _, recorded := range step.Commands {
			n++
			if s.answered[n] || !recorded.same(t, issued) {
				continue
			}
			s.answered[n] = true
			for _, r := range recorded.Respond {
				answer := r.sample(t, s.defs, c, issued.At-recorded.At)
				time.AfterFunc(seconds(r.AfterSeconds), func() { s.bus.write(answer) })
			}
			return
		}
	}
}

// compare compares what was sent in a step with what the Python producer sent,
// or with the fixed behaviour.
func (s *producerReplay) compare(t *testing.T, i int, step *step) {
	var want, got []message
	for n, e := range step.Expect {
		want = append(want, newMessage(t, string(e), step.ExpectAt[n]))
	}
	for _, m := range s.out.take() {
		got = append(got, newMessage(t, spellOut(m.msg), m.at.Sub(s.zero).Seconds()))
	}
	s.mu.Lock()
	commands := s.commands
	s.commands = nil
	s.mu.Unlock()
	if step.states != nil {
		var states []string
		want, _ = s.split(t, want)
		got, states = s.split(t, got)
		require.Equal(t, step.states, states, "the state of the queue, step %d", i)
	} else if s.ignoreState {
		want, _ = s.split(t, want)
		got, _ = s.split(t, got)
	}
	compareStreams(t, i, want, got)
	if step.commanded != nil || !s.ignoreState {
		s.compareCommands(t, i, step, commands)
	}
}

func compareStreams(t *testing.T, step int, want, got []message) {
	wanted, gotten := byStream(want), byStream(got)
	require.ElementsMatch(t, slices.Collect(maps.Keys(wanted)), slices.Collect(maps.Keys(gotten)), "streams of step %d", step)
	for stream, want := range wanted {
		got := gotten[stream]
		require.Len(t, got, len(want), "step %d, %s", step, stream)
		for i := range want {
			require.Equal(t, want[i].body, got[i].body, "step %d, %s, message %d", step, stream, i)
			require.InDelta(t, want[i].at, got[i].at, 1e-3, "step %d, %s, message %d: when", step, stream, i)
			require.InDeltaSlice(t, want[i].times, got[i].times, 1e-3, "step %d, %s, message %d: time stamps", step, stream, i)
		}
	}
}

func (s *producerReplay) compareCommands(t *testing.T, i int, step *step, got []command) {
	if step.commanded != nil {
		var texts []string
		for _, c := range got {
			texts = append(texts, c.String())
		}
		require.Equal(t, step.commanded, texts, "commands of step %d", i)
		return
	}
	require.Len(t, got, len(step.Commands), "commands of step %d", i)
	for n, want := range step.Commands {
		require.True(t, want.same(t, got[n]), "command %d of step %d: %v, not %v", n, i, want.command, got[n])
		require.InDelta(t, want.At, got[n].At, 1e-3, "command %d of step %d: when", n, i)
	}
}

// split separates what the quirk of the recording is about.
func (tr *recording) split(t *testing.T, all []message) (others []message, states []string) {
	for _, m := range all {
		if s, ok := tr.summary(t, m); ok {
			states = append(states, s)
		} else {
			others = append(others, m)
		}
	}
	return others, states
}
