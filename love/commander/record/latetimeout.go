package record

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// lateTimeout ends the context of a command that has left some time after its caller
// has stopped waiting, and not before the time that the component has asked for.
type lateTimeout struct {
	after  time.Duration
	sent   atomic.Bool // the command has left
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	last  love.Progress
	until time.Time   // when the component expects to have finished
	timer *time.Timer // nil: the caller still waits
}

// withLateTimeout returns a context for sending a command, which ends with ctx. That
// of [commander.Sent] does not, but with the cause [context.DeadlineExceeded] when
// the timeout, once started, has passed.
func withLateTimeout(ctx context.Context, after time.Duration) (context.Context, *lateTimeout) {
	sending, endSending := context.WithCancelCause(ctx)
	waiting, endWaiting := context.WithCancelCause(context.WithoutCancel(ctx))
	t := &lateTimeout{after: after}
	t.cancel = func(cause error) {
		endSending(cause)
		endWaiting(cause)
	}
	waiting = commander.WithProgress(waiting, t.report)
	sending = commander.WithProgress(sending, t.report)
	return commander.WithSent(sending, func() context.Context {
		t.sent.Store(true)
		return waiting
	}), t
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
