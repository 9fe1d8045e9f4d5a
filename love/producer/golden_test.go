package producer_test

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// TestGolden replays the recordings of the reference: what it sent, we send,
// value for value, stream by stream, at the same time.
func TestGolden(t *testing.T) {
	for _, file := range goldenFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			tr := readTranscript(t, file)
			switch {
			case tr == nil:
				t.Skip("a file of another kind")
			case tr.CSC == "ScriptQueue" || tr.CSC == "Watcher":
				t.Skip("no producer of this type yet")
			case tr.Conformance != "normative":
				t.Skipf("shows quirk %s, which is fixed here and has a test of its own", tr.Quirk)
			}
			synctest.Test(t, func(t *testing.T) { replay(t, tr) })
		})
	}
}

// stage is a producer on a bus that the transcript plays.
type stage struct {
	*transcript
	defs     *sal.Definitions
	bus      *fakeBus
	producer producer.Producer
	out      recorder
	zero     time.Time // time 0 of the transcript
}

func replay(t *testing.T, tr *transcript) {
	s := &stage{transcript: tr, defs: tr.definitions(t), bus: &fakeBus{}}
	s.zero = time.UnixMicro(int64(math.Round(tr.Clock.Epoch * 1e6)))
	time.Sleep(time.Until(s.zero))
	for _, h := range tr.Steps[0].Input.Start.History {
		s.bus.history = append(s.bus.history, h.sample(t, s.defs))
	}
	domain := sal.NewDomain(s.bus, s.defs)
	defer func() { require.NoError(t, domain.Close()) }()
	p, err := producer.NewFactory(domain, tr.options()...).FromName(t.Context(), tr.Producer.Component)
	require.NoError(t, err)
	s.producer = p

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, &s.out) }()
	for i, step := range tr.Steps {
		s.play(t, step.Input)
		synctest.Wait()
		s.compare(t, i, step.Expect, step.ExpectAt)
	}
	cancel()
	require.NoError(t, <-ended)
}

func (s *stage) play(t *testing.T, in input) {
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
			require.NoError(t, s.out.Send(t.Context(), m.InitialStateFor(csc)))
		}
	default:
		t.Fatal("a step of unknown kind")
	}
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

// compare holds what was sent in a step against what the reference sent.
func (s *stage) compare(t *testing.T, step int, expect []json.RawMessage, at []float64) {
	var want, got []message
	for i, e := range expect {
		want = append(want, newMessage(t, string(e), at[i]))
	}
	for _, m := range s.out.take() {
		got = append(got, newMessage(t, spellOut(m.msg), m.at.Sub(s.zero).Seconds()))
	}
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
