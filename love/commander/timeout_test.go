package commander_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

func TestProgressIsPassedToEveryFunctionOfTheContext(t *testing.T) {
	var outer, inner []int
	commander.Report(t.Context(), love.Progress{Code: 300}) // to no function
	ctx := commander.WithProgress(t.Context(), func(p love.Progress) { outer = append(outer, p.Code) })
	commander.Report(ctx, love.Progress{Code: 300})
	commander.Report(commander.WithProgress(ctx, func(p love.Progress) { inner = append(inner, p.Code) }), love.Progress{Code: 301})
	require.Equal(t, []int{300, 301}, outer)
	require.Equal(t, []int{301}, inner)
}

// timeUntilDone returns how long it takes until the context ends.
func timeUntilDone(ctx context.Context) time.Duration {
	began := time.Now()
	<-ctx.Done()
	return time.Since(began)
}

func TestATimeoutEndsTheContextAsADeadlineDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := commander.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		require.Equal(t, 10*time.Second, timeUntilDone(ctx))
		require.ErrorIs(t, context.Cause(ctx), context.DeadlineExceeded)
		commander.Report(ctx, love.Progress{Timeout: 60})
		require.Error(t, ctx.Err(), "an expired timeout is not extended")

		ctx, cancel = commander.WithTimeout(t.Context(), 10*time.Second)
		cancel()
		require.ErrorIs(t, context.Cause(ctx), context.Canceled)
		commander.Report(ctx, love.Progress{Timeout: 60})

		parent, cancelParent := context.WithTimeout(t.Context(), time.Second)
		defer cancelParent()
		ctx, cancel = commander.WithTimeout(parent, 10*time.Second)
		defer cancel()
		commander.Report(ctx, love.Progress{Timeout: 60})
		require.Equal(t, time.Second, timeUntilDone(ctx), "progress extends only the timeout, not the parent")
		require.ErrorIs(t, context.Cause(ctx), context.DeadlineExceeded)
	})
}

func TestProgressExtendsTheTimeoutByWhatTheComponentNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		needs []float64
		want  time.Duration
	}{
		"once":                    {[]float64{30}, 40 * time.Second},
		"each time":               {[]float64{30, 0.5, 2}, 42*time.Second + 500*time.Millisecond},
		"not without an estimate": {[]float64{0}, 10 * time.Second},
		"not by a negative one":   {[]float64{-5}, 10 * time.Second},
		"not by NaN":              {[]float64{math.NaN()}, 10 * time.Second},
		"by a day at most":        {[]float64{1e12}, 24*time.Hour + 10*time.Second},
		"even if it is infinite":  {[]float64{math.Inf(1)}, 24*time.Hour + 10*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := commander.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				for _, seconds := range c.needs {
					commander.Report(ctx, love.Progress{Code: 301, Timeout: seconds})
				}
				require.Equal(t, c.want, timeUntilDone(ctx))
			})
		})
	}
}

func TestAllTimeoutsAroundACommandAreExtended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer, cancel := commander.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		inner, cancel := commander.WithTimeout(outer, 10*time.Second)
		defer cancel()
		commander.Report(inner, love.Progress{Timeout: 60})
		began := time.Now()
		<-inner.Done()
		require.Equal(t, 70*time.Second, time.Since(began))
		<-outer.Done()
		require.Equal(t, 75*time.Second, time.Since(began))
	})
}

func TestWithinReturnsDeadlineExceededForErrorsAfterTheTimeout(t *testing.T) {
	lost := errors.New("lost")
	typed := &commander.Error{Kind: commander.Unknown, Text: "The bus broke."}
	slow := func(err error) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) { <-ctx.Done(); return "something", err }
	}
	immediately := func(err error) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return "something", err }
	}
	for name, c := range map[string]struct {
		f    func(context.Context) (string, error)
		want error
	}{
		"success":                      {immediately(nil), nil},
		"success at the last moment":   {slow(nil), nil},
		"an error in time":             {immediately(lost), lost},
		"an error after the timeout":   {slow(lost), context.DeadlineExceeded},
		"the error of the context":     {slow(context.Canceled), context.DeadlineExceeded},
		"an Error":                     {slow(typed), typed},
		"an Error in an error":         {slow(errors.Join(lost, typed)), errors.Join(lost, typed)},
		"a deadline of something else": {immediately(context.DeadlineExceeded), context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				result, err := commander.Within(t.Context(), time.Second, c.f)
				require.Equal(t, c.want, err)
				require.Equal(t, "something", result)
			})
		})
	}
}

func TestWithinKeepsTheErrorOfACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := commander.Within(ctx, time.Second, func(ctx context.Context) (int, error) { return 0, context.Cause(ctx) })
	require.Equal(t, context.Canceled, err)
}

func TestWithinCancelsItsContext(t *testing.T) {
	var inside context.Context
	_, err := commander.Within(t.Context(), time.Hour, func(ctx context.Context) (int, error) { inside = ctx; return 0, nil })
	require.NoError(t, err)
	require.ErrorIs(t, inside.Err(), context.Canceled)
}
