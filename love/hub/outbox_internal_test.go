package hub

import (
	"testing"
	"time"

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
