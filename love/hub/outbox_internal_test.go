package hub

import (
	"strconv"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"
)

func keyed(key uint64) *frame {
	f := textFrame(append(newBuffer(2), "{}"...))
	f.key = key
	return f
}

// A session that is never idle: something is always being written.
func TestASessionThatKeepsUpIsNotConflatedHoweverLongItIsBusy(t *testing.T) {
	o := newOutbox(1<<20, 1<<20, time.Second)
	now := time.Unix(1_700_000_000, 0)
	_, _ = o.push(keyed(7), nil, now)
	require.True(t, o.startConsuming())
	written := 0
	for range 3000 {
		taken := o.take(nil, maxWrite, written)
		require.NotEmpty(t, taken)
		written = 0
		for _, f := range taken {
			written += len(f.bytes)
		}
		now = now.Add(time.Millisecond)
		for range 2 {
			_, dropped := o.push(keyed(7), nil, now)
			require.Zero(t, dropped)
		}
	}
	require.Len(t, o.take(nil, maxWrite, written), 2)
}

func TestFramesThatWaitTooLongAreConflatedWhileOthersAreWritten(t *testing.T) {
	o := newOutbox(1<<20, 1<<20, time.Second)
	now := time.Unix(1_700_000_000, 0)
	_, _ = o.push(keyed(7), nil, now)
	require.True(t, o.startConsuming())
	o.take(nil, maxWrite, 0) // and the kernel accepts no more
	dropped := 0
	for range 30 {
		now = now.Add(100 * time.Millisecond)
		_, n := o.push(keyed(7), nil, now)
		dropped += n
	}
	require.Equal(t, 29, dropped)
}

func TestASessionThatHasCaughtUpIsNotConflatedForItsFormerBacklog(t *testing.T) {
	o := newOutbox(1<<20, 1<<20, time.Second)
	now := time.Unix(1_700_000_000, 0)
	push := func(n int) (dropped int) {
		for range n {
			_, d := o.push(keyed(7), nil, now)
			dropped += d
		}
		return dropped
	}
	push(100)
	require.True(t, o.startConsuming())
	require.Len(t, o.take(nil, 5, 0), 2)
	push(1)
	now = now.Add(2 * time.Second)
	require.Equal(t, 99, push(1))
	require.Len(t, o.take(nil, maxWrite, 0), 1, "which is being written while more comes")
	require.Zero(t, push(10))
}

func TestAnEmptyOutboxReleasesItsMemory(t *testing.T) {
	o := newOutbox(1<<30, 1<<30, time.Hour)
	now := time.Unix(1_700_000_000, 0)
	for range 10 * maxKeptFrames {
		_, _ = o.push(keyed(0), nil, now)
	}
	require.True(t, o.startConsuming())
	for written := 0; ; {
		taken := o.take(nil, maxWrite, written)
		if len(taken) == 0 {
			break
		}
		written = 0
		for _, f := range taken {
			written += len(f.bytes)
		}
	}
	require.Nil(t, o.frames)
	bytes, behind := o.stats()
	require.Zero(t, bytes)
	require.False(t, behind)
}

func TestOfSeveralPongsTheLastIsSent(t *testing.T) {
	o := newOutbox(1<<20, 1<<20, time.Second)
	now := time.Unix(1_700_000_000, 0)
	pong := func(text string) *frame {
		f := controlFrame(ws.OpPong, []byte(text))
		f.pong = true
		return f
	}
	for i := range 1000 {
		o.push(pong(strconv.Itoa(i)), nil, now)
	}
	o.push(answerFrame("an answer"), nil, now)
	o.push(pong("last"), nil, now)
	require.True(t, o.startConsuming())
	frames := o.take(nil, 1<<20, 0)
	require.Len(t, frames, 2)
	require.Equal(t, "last", string(frames[0].payload()))
	o.push(pong("another"), nil, now)
	require.Len(t, o.take(nil, 1<<20, len(frames[0].bytes)+len(frames[1].bytes)), 1)
	bytes, _ := o.stats()
	require.Equal(t, 2+len("another"), bytes)
}

// A screen that asks again for what it has makes its own telemetry no older.
func TestAnAnswerThatChangesNothingKeepsTelemetryReplaceable(t *testing.T) {
	_, s := newQueued(t)
	var wakes wakeList
	s.out.soft = 1
	telemetry := func(text string) *frame {
		f := textFrame(append(newBuffer(10), text...))
		f.key = 7
		return f
	}
	s.send(telemetry("old"), s.hub.clock.Now(), &wakes)
	s.send(telemetry("new"), s.hub.clock.Now(), &wakes)
	s.confirm(answerFrame("Successfully subscribed"), nil, nil, &wakes)
	s.send(telemetry("newer"), s.hub.clock.Now(), &wakes)
	require.True(t, s.out.startConsuming())
	frames := s.out.take(nil, 1<<20, 0)
	require.Len(t, frames, 2)
	require.Equal(t, "newer", string(frames[0].payload()))
}
