package commander

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// WithTimeout returns a context for a command that ends with the cause
// [context.DeadlineExceeded] when the time is over. Progress that is reported
// to it adds the time that the component expects to need. Whoever takes a
// command in sets the time limit; all commanders behind take it from the
// context.
func WithTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	d := &deadline{end: time.Now().Add(timeout)}
	d.timer = time.AfterFunc(timeout, func() { cancel(context.DeadlineExceeded) })
	return WithProgress(ctx, d.extend), func() {
		d.timer.Stop()
		cancel(context.Canceled)
	}
}

// deadline is the end of a command's time, which progress moves.
type deadline struct {
	timer *time.Timer
	mu    sync.Mutex
	end   time.Time
}

// longestExtension bounds by how much one report of progress moves a deadline.
const longestExtension = 24 * time.Hour

func (d *deadline) extend(progress love.Progress) {
	if !(progress.Timeout > 0) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end = d.end.Add(min(time.Duration(min(progress.Timeout, longestExtension.Seconds())*float64(time.Second)), longestExtension))
	if d.timer.Stop() { // else the time is over already
		d.timer.Reset(time.Until(d.end))
	}
}

// Within calls f with a context of [WithTimeout]. If f fails when the time is
// over, the error is [context.DeadlineExceeded], whatever f made of it, unless
// it is an [*Error].
func Within[T any](ctx context.Context, timeout time.Duration, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := WithTimeout(ctx, timeout)
	defer cancel()
	result, err := f(ctx)
	if _, explained := errors.AsType[*Error](err); err != nil && !explained && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		err = context.DeadlineExceeded
	}
	return result, err
}
