package commander

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// WithTimeout returns a context for a command that ends with the cause
// [context.DeadlineExceeded] after the timeout. Progress that is reported to it
// adds the time that the component expects to need. Whoever accepts a command
// sets the timeout; the commanders behind it take the time limit from the
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

// deadline is the end of a command's time limit, which progress extends.
type deadline struct {
	timer *time.Timer
	mu    sync.Mutex
	end   time.Time
}

func (d *deadline) extend(progress love.Progress) {
	extension := progress.Extension()
	if extension == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end = d.end.Add(extension)
	if d.timer.Stop() { // else it has fired already
		d.timer.Reset(time.Until(d.end))
	}
}

// Within calls f with a context of [WithTimeout]. If f fails after the timeout,
// the error is [context.DeadlineExceeded], whatever f returned, unless that is
// an [*Error].
func Within[T any](ctx context.Context, timeout time.Duration, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := WithTimeout(ctx, timeout)
	defer cancel()
	result, err := f(ctx)
	if _, typed := errors.AsType[*Error](err); err != nil && !typed && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		err = context.DeadlineExceeded
	}
	return result, err
}
