package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// threeMessages is three messages, half a second and then a whole second apart.
const threeMessages = `{"category":"event","data":[],"tracing":{"manager_rcv_from_producer":1700000000.0}}
{"category":"event","data":[],"tracing":{"manager_rcv_from_producer":1700000000.5}}
{"category":"event","data":[],"tracing":{"manager_rcv_from_producer":1700000001.5}}
`

func TestMessagesAreSentAtTheirRecordedDistances(t *testing.T) {
	cases := map[string]struct {
		speed float64
		want  []time.Duration
	}{
		"as recorded":      {1, []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond}},
		"ten times faster": {10, []time.Duration{0, 50 * time.Millisecond, 150 * time.Millisecond}},
		"without pauses":   {0, []time.Duration{0, 0, 0}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var at []time.Duration
				r := replay{speed: c.speed, stdin: strings.NewReader(threeMessages)}
				require.NoError(t, r.play(t.Context(), []string{"-"}, func([]byte) error {
					at = append(at, time.Since(start))
					return nil
				}))
				require.Equal(t, c.want, at)
			})
		})
	}
}

func TestTimeLostInSendingIsCaughtUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		r := replay{speed: 1, stdin: strings.NewReader(threeMessages)}
		require.NoError(t, r.play(t.Context(), []string{"-"}, func([]byte) error {
			at = append(at, time.Since(start))
			<-time.After(700 * time.Millisecond)
			return nil
		}))
		require.Equal(t, []time.Duration{0, 700 * time.Millisecond, 1500 * time.Millisecond}, at)
	})
}

func TestALoopBeginsAgainUntilItIsInterrupted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "night.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(threeMessages), 0o600))
	ctx, interrupt := context.WithCancel(t.Context())
	r := replay{loop: true}
	err := r.play(ctx, []string{file}, func([]byte) error {
		if r.sent == 7 {
			interrupt()
		}
		return ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 7, r.sent)
}

func TestALoopOverNothingIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "empty.jsonl")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	r := replay{loop: true}
	require.ErrorContains(t, r.play(t.Context(), []string{file}, nil), "no messages")
}

func TestAnErrorOfSendingEndsTheReplay(t *testing.T) {
	broken := errors.New("broken")
	r := replay{stdin: strings.NewReader(threeMessages)}
	require.ErrorIs(t, r.play(t.Context(), []string{"-"}, func([]byte) error { return broken }), broken)
}
