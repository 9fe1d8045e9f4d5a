package manager_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
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

func TestHeartbeatPoller_AnHourWithoutCommanderIsFewLinesInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &testlog.Buffer{}
		began := time.Now()
		p := manager.NewHeartbeatPoller(heartbeatFunc(func() (time.Time, error) {
			if time.Since(began) < time.Hour {
				return time.Time{}, errors.New("connection refused")
			}
			return time.Now(), nil
		}), love.SystemClock{}, manager.WithHeartbeatLogger(slog.New(slog.NewTextHandler(log, nil))))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		time.Sleep(61 * time.Minute)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		require.Equal(t, 7, strings.Count(log.String(), "\n"), log.String())
		require.Regexp(t, `(?s)^[^\n]*the commander gives no heartbeat.*the commander gives heartbeats again"[^\n]*\n$`, log.String())
	})
}

type heartbeatFunc func() (time.Time, error)

func (f heartbeatFunc) Heartbeat(context.Context) (time.Time, error) { return f() }

func TestAnHourWithoutTokensIsFewLinesInTheLog(t *testing.T) {
	var tokens brokenTokens
	h := newHarness(t, func(c *manager.Config) {
		tokens.Tokens = c.Tokens
		c.Tokens = &tokens
	})
	token := h.token("user")
	tokens.err = auth.ErrUnavailable
	for range 360 {
		require.Equal(t, 503, h.call("GET", validateToken, "", as(token)).StatusCode)
		h.clock.Advance(10 * time.Second)
	}
	tokens.err = nil
	require.Equal(t, 200, h.call("GET", validateToken, "", as(token)).StatusCode)
	require.Equal(t, 6, strings.Count(h.log.String(), "a token could not be checked"))
	require.Contains(t, h.log.String(), `"tokens are checked again"`)
}

// brokenTokens is a token service that can be away.
type brokenTokens struct {
	auth.Tokens
	err error
}

func (b *brokenTokens) Verify(ctx context.Context, token string) (auth.Principal, error) {
	if b.err != nil {
		return auth.Principal{}, b.err
	}
	return b.Tokens.Verify(ctx, token)
}
