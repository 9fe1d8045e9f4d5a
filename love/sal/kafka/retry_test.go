package kafka

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnHourOfRepeatedCallsIsAFewLinesAndTheirEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := newCalls(slog.New(slog.NewTextHandler(&out, nil)), "does not answer", "answers again")
		var down atomic.Bool
		down.Store(true)
		call := func(ctx context.Context) error {
			return c.retry(ctx, func(error) bool { return true }, "asking", func() error {
				if down.Load() {
					return errors.New("down")
				}
				return nil
			})
		}
		ended := make(chan error)
		for range 100 {
			go func() { ended <- call(t.Context()) }()
		}
		given, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, call(given), context.DeadlineExceeded)
		time.Sleep(time.Hour)
		down.Store(false)
		for range 100 {
			require.NoError(t, <-ended)
		}
		require.LessOrEqual(t, strings.Count(out.String(), "\n"), 8, out.String())
		require.Equal(t, 1, strings.Count(out.String(), "answers again"))
		require.Contains(t, out.String(), "lasted=1h1m")
	})
}
