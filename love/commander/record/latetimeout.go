package record

import (
	"context"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// lateTimeout ends the context of a command some time after its caller has
// stopped waiting, and not before the time that the component has asked for.
type lateTimeout struct {
	after  time.Duration
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	last  love.Progress
	until time.Time   // when the component expects to have finished
	timer *time.Timer // nil: the caller still waits
}

// withLateTimeout returns a context that does not end with ctx, but with the
// cause [context.DeadlineExceeded] when the timeout, once started, has passed.
func withLateTimeout(ctx context.Context, after time.Duration) (context.Context, *lateTimeout) {
	run, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	t := &lateTimeout{after: after, cancel: cancel}
	return commander.WithProgress(run, t.report), t
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

// progress returns the last progress; it is zero if there was none.
func (t *lateTimeout) progress() love.Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

func (t *lateTimeout) report(p love.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = p
	extension := p.Extension()
	if until := time.Now().Add(extension); extension > 0 && until.After(t.until) {
		t.until = until
		if t.timer != nil && t.timer.Stop() {
			t.timer.Reset(t.left())
		}
	}
}

func (t *lateTimeout) left() time.Duration { return max(time.Until(t.until), 0) + t.after }
