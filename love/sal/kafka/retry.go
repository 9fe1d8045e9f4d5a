package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/rubin-love/love-go/internal/outage"
)

// calls logs the outage of what is called: it is over when a call succeeds and no other
// is being repeated.
type calls struct {
	*outage.Log
	repeated atomic.Int64 // how many are being repeated
}

func newCalls(log *slog.Logger, failing, over string) *calls {
	return &calls{Log: outage.New(log, slog.LevelWarn, failing, over)}
}

// retry repeats a request to the brokers until it succeeds or fails for good.
func (b *Bus) retry(ctx context.Context, doing string, request func() error) error {
	return b.brokers.retry(ctx, func(err error) bool {
		var refused *kerr.Error
		return !errors.Is(err, ErrClosed) && (!errors.As(err, &refused) || refused.Retriable)
	}, doing, request)
}

// retry calls request until it succeeds, again returns false for its error, or ctx
// ends. The pauses between calls grow from 50 ms to 5 s.
func (c *calls) retry(ctx context.Context, again func(error) bool, doing string, request func() error) error {
	err := request()
	if err != nil && ctx.Err() == nil && again(err) {
		c.repeated.Add(1)
		err = c.repeat(ctx, again, doing, err, request)
		c.repeated.Add(-1)
	}
	if err == nil && c.repeated.Load() == 0 {
		c.Succeeded(time.Now())
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return withCause(cause, err)
	}
	return err
}

// repeat is the rest of retry after a first failure.
func (c *calls) repeat(ctx context.Context, again func(error) bool, doing string, failure error, request func() error) error {
	const longest = 5 * time.Second
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, longest) {
		if !errors.Is(failure, errNotVisible) {
			c.Failed(time.Now(), failure, "doing", doing)
		}
		if !sleep(ctx, pause) {
			return failure
		}
		err := request()
		if err == nil || ctx.Err() == nil && !again(err) {
			return err
		}
		if ctx.Err() != nil { // the failure before is more specific
			return failure
		}
		failure = err
	}
}

// sleep waits, and reports whether ctx has not ended.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// withCause returns the cause why a context ended, with the last error of what was being
// tried, if that is more specific.
func withCause(cause, err error) error {
	if errors.Is(err, cause) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return cause
	}
	return fmt.Errorf("%w: %w", cause, err)
}
