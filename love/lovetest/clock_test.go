package lovetest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var epoch = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

func received(c <-chan time.Time) (time.Time, bool) {
	select {
	case t := <-c:
		return t, true
	default:
		return time.Time{}, false
	}
}

func TestClockStandsStillUntilAdvanced(t *testing.T) {
	c := lovetest.NewClock(epoch)
	require.Equal(t, epoch, c.Now())
	c.Advance(90 * time.Second)
	require.Equal(t, epoch.Add(90*time.Second), c.Now())
}

func TestTimerFiresOnceAtItsTime(t *testing.T) {
	c := lovetest.NewClock(epoch)
	timer := c.NewTimer(2 * time.Second)
	c.Advance(2*time.Second - 1)
	_, ok := received(timer.C())
	require.False(t, ok)
	c.Advance(time.Minute)
	at, ok := received(timer.C())
	require.True(t, ok)
	require.Equal(t, epoch.Add(2*time.Second), at)
	require.False(t, timer.Stop(), "it has fired")
	c.Advance(time.Minute)
	_, ok = received(timer.C())
	require.False(t, ok)
}

func TestTimerWithoutADurationFiresAtOnce(t *testing.T) {
	_, ok := received(lovetest.NewClock(epoch).NewTimer(0).C())
	require.True(t, ok)
}

func TestStoppedTimerNeverFires(t *testing.T) {
	c := lovetest.NewClock(epoch)
	timer := c.NewTimer(time.Second)
	require.True(t, timer.Stop())
	c.Advance(time.Minute)
	_, ok := received(timer.C())
	require.False(t, ok)
}

func TestResetDiscardsATimeThatWasNotReceived(t *testing.T) {
	c := lovetest.NewClock(epoch)
	timer := c.NewTimer(time.Second)
	c.Advance(time.Second)
	require.False(t, timer.Reset(time.Second))
	_, ok := received(timer.C())
	require.False(t, ok)
	c.Advance(time.Second)
	at, _ := received(timer.C())
	require.Equal(t, epoch.Add(2*time.Second), at)
}

func TestTickerTicksAndDropsForASlowReceiver(t *testing.T) {
	c := lovetest.NewClock(epoch)
	ticker := c.NewTicker(2 * time.Second)
	c.Advance(7 * time.Second)
	at, _ := received(ticker.C())
	require.Equal(t, epoch.Add(2*time.Second), at, "the first of three; the others had no room")
	_, ok := received(ticker.C())
	require.False(t, ok)
	c.Advance(time.Second)
	at, _ = received(ticker.C())
	require.Equal(t, epoch.Add(8*time.Second), at, "the phase is kept")
	ticker.Stop()
	c.Advance(time.Minute)
	_, ok = received(ticker.C())
	require.False(t, ok)
	require.Panics(t, func() { c.NewTicker(0) })
}

func TestWaitForTimersReturnsWhenATimerIsPending(t *testing.T) {
	c := lovetest.NewClock(epoch)
	slept := make(chan time.Time)
	go func() {
		<-c.NewTimer(time.Hour).C()
		slept <- c.Now()
	}()
	c.WaitForTimers(1)
	c.Advance(time.Hour)
	require.Equal(t, epoch.Add(time.Hour), <-slept)
}
