package manager_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/manager"
)

// fakeHeartbeater gives the scripted answers, one to each poll; nil means that it
// hangs.
type fakeHeartbeater struct {
	answers []func() (time.Time, error)
}

func (b *fakeHeartbeater) Heartbeat(ctx context.Context) (time.Time, error) {
	next := b.answers[0]
	b.answers = b.answers[1:]
	if next == nil {
		<-ctx.Done()
		return time.Time{}, ctx.Err()
	}
	return next()
}

func TestHeartbeatPoller_KeepsTheLastHeartbeatOfACommanderThatStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := manager.NewHeartbeatPoller(&fakeHeartbeater{[]func() (time.Time, error){
			func() (time.Time, error) { return time.Time{}, errors.New("connection refused") },
			func() (time.Time, error) { return start, nil },
			nil,
		}}, love.SystemClock{})
		_, ok := p.Last()
		require.False(t, ok)
		require.ErrorContains(t, p.Check(t.Context()), "not been asked")

		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		synctest.Wait()
		_, ok = p.Last()
		require.False(t, ok, "polled at once, and not answered")
		require.ErrorContains(t, p.Check(t.Context()), "connection refused")

		<-time.After(3 * time.Second)
		synctest.Wait()
		last, ok := p.Last()
		require.True(t, ok)
		require.Equal(t, start, last)
		require.NoError(t, p.Check(t.Context()))

		<-time.After(5900 * time.Millisecond) // the third poll hangs for 2 s
		synctest.Wait()
		last, ok = p.Last()
		require.True(t, ok)
		require.Equal(t, start, last, "the value stays, which raises the alarm")
		require.ErrorIs(t, p.Check(t.Context()), context.DeadlineExceeded)

		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}
