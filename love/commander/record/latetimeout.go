package record

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// lateTimeout ends the context of a command some time after its caller has
// stopped waiting, and after the time that the component has asked for.
type lateTimeout struct {
	after  time.Duration
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	until time.Time   // the component needs at least so long
	timer *time.Timer // nil: the caller still waits
}

// withLateTimeout returns a context that does not end with ctx, but with the
// cause [context.DeadlineExceeded] when the timeout, once started, is over.
func withLateTimeout(ctx context.Context, after time.Duration) (context.Context, *lateTimeout) {
	run, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	t := &lateTimeout{after: after, cancel: cancel}
	return commander.WithProgress(run, t.extend), t
}

// start starts the timeout.
func (t *lateTimeout) start() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(t.left(), func() { t.cancel(context.DeadlineExceeded) })
}

// stop ends a timeout that was started.
func (t *lateTimeout) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer.Stop()
}

func (t *lateTimeout) extend(p love.Progress) {
	if !(p.Timeout > 0) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	const longest = 24 * time.Hour
	needs := time.Now().Add(time.Duration(math.Min(p.Timeout, longest.Seconds()) * float64(time.Second)))
	if needs.After(t.until) {
		t.until = needs
		if t.timer != nil && t.timer.Stop() {
			t.timer.Reset(t.left())
		}
	}
}

func (t *lateTimeout) left() time.Duration { return max(time.Until(t.until), 0) + t.after }
