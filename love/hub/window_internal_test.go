package hub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// peer reads what a window lets through at a constant rate, and answers pings.
type peer struct {
	window *window
	rate   int // bytes per second
	now    time.Time
	sent   []sentPart
}

type sentPart struct {
	bytes int
	ping  *frame
	at    time.Time
}

// offer hands over as much of n bytes as there is room for.
func (p *peer) offer(n int) (taken int) {
	const step = 500
	for taken < n && p.window.room(p.now) > 0 {
		ping, _ := p.window.add(step, step, false, p.now)
		p.sent = append(p.sent, sentPart{step, ping, p.now})
		taken += step
	}
	return taken
}

// read reads for some time and returns the age of the oldest bytes that were read.
func (p *peer) read(d time.Duration) (oldest time.Duration) {
	p.now = p.now.Add(d)
	for budget := int(float64(p.rate) * d.Seconds()); budget > 0 && len(p.sent) > 0; p.sent = p.sent[1:] {
		part := p.sent[0]
		budget -= part.bytes
		oldest = max(oldest, p.now.Sub(part.at))
		if part.ping != nil {
			p.window.answered(part.ping.payload(), p.now)
		}
	}
	return oldest
}

func TestWhatIsOnTheWayToASlowPeerIsYoung(t *testing.T) {
	for _, rate := range []int{4_000, 8_000, 20_000, 60_000} {
		p := peer{window: &window{maxAge: time.Second, size: firstWindow}, rate: rate, now: time.Unix(1_700_000_000, 0)}
		read := 0
		for i := range 600 { // a minute, of 130 KB in each second
			p.offer(13_000)
			before := len(p.sent)
			age := p.read(100 * time.Millisecond)
			read += 500 * (before - len(p.sent))
			if i > 100 { // what was sent before it was measured has been read
				require.Less(t, age, 2000*time.Millisecond, "at %d bytes per second, after %d steps", rate, i)
			}
		}
		require.Greater(t, read, rate*60*8/10, "and it reads as fast as it can")
	}
}

func TestAFastPeerIsNotHeldBack(t *testing.T) {
	p := peer{window: &window{maxAge: time.Second, size: firstWindow}, rate: 100 << 20, now: time.Unix(1_700_000_000, 0)}
	for range 12 {
		p.offer(16 << 20)
		p.read(100 * time.Millisecond)
	}
	require.InDelta(t, maxWindow, p.offer(16<<20), 1000)
}

func TestAPeerThatAnswersNoPingIsNotHeldBack(t *testing.T) {
	w := window{maxAge: time.Second, size: firstWindow}
	now := time.Unix(1_700_000_000, 0)
	pings := 0
	for range 1000 {
		require.Positive(t, w.room(now))
		if ping, _ := w.add(1000, 1000, false, now); ping != nil {
			pings++
		}
		now = now.Add(time.Second)
	}
	require.Equal(t, 1, pings)
	for _, payload := range []string{"", "12345678", "a long payload"} {
		known, unblocked := w.answered([]byte(payload), now)
		require.False(t, known || unblocked)
	}
}

func TestALagIsNeverNegative(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	w := window{maxAge: time.Second, size: firstWindow, measured: true}
	ping, _ := w.add(maxWindow, 1000, false, now)
	require.NotNil(t, ping)
	require.Zero(t, w.lag(now.Add(-time.Millisecond)))
	require.Equal(t, time.Second, w.lag(now.Add(time.Second)))
}

// A peer cannot answer a ping within a frame.
func TestAPeerHasTimeForALargeFrame(t *testing.T) {
	const seconds = 100
	for large, want := range map[int]int{1000: maxLate + 1, seconds * slowestRead: maxLate + seconds + 1} {
		now := time.Unix(1_700_000_000, 0)
		w := window{maxAge: time.Second, size: firstWindow, measured: true}
		ping, at := w.add(large, large, true, now)
		require.NotNil(t, ping)
		for checks := 1; ; checks++ {
			now = at
			var late, tooLate bool
			if late, tooLate, at = w.check(now); tooLate {
				require.Equal(t, want, checks)
				break
			}
			require.True(t, late)
			require.Less(t, checks, 1000)
		}
	}
}

// Until a peer has answered its first ping, it may be one that reads slowly.
func TestAPeerGetsLittleBeforeItHasAnswered(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	w := window{maxAge: time.Second, size: firstWindow}
	require.Equal(t, firstPing, w.room(now), "the first ping follows soon")
	ping, at := w.add(10_000, 10_000, false, now)
	require.NotNil(t, ping)
	require.Equal(t, now.Add(firstAnswer), at)
	for w.room(now) > 0 {
		_, again := w.add(10_000, 10_000, false, now)
		require.Zero(t, again)
	}
	require.True(t, w.isBlocked())
	require.LessOrEqual(t, w.sent, int64(firstBytes+10_020))
	late, tooLate, next := w.check(at)
	require.False(t, late || tooLate || w.isBlocked())
	require.Zero(t, next)
	require.Equal(t, maxWrite, w.room(at), "it may answer no pings at all")
	_, _ = w.answered(ping.payload(), at)
	require.Positive(t, w.room(at), "and if it does, it is measured")
}
