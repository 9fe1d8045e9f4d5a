package commander

import (
	"context"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

type listenerKey struct{}

// WithProgress returns a context whose progress is passed to told (see
// [Report]). Listeners that ctx already has are told, too.
func WithProgress(ctx context.Context, told func(love.Progress)) context.Context {
	outer := listener(ctx)
	return context.WithValue(ctx, listenerKey{}, func(p love.Progress) {
		if outer != nil {
			outer(p)
		}
		told(p)
	})
}

// Report passes progress to the listeners of [WithProgress]. A [Commander]
// calls it with each acknowledgement that does not end the command.
func Report(ctx context.Context, p love.Progress) {
	if told := listener(ctx); told != nil {
		told(p)
	}
}

func listener(ctx context.Context) func(love.Progress) {
	told, _ := ctx.Value(listenerKey{}).(func(love.Progress))
	return told
}

// WithPatience returns a context that ends with the cause
// [context.DeadlineExceeded] when limit is over. Progress that is reported to
// it extends the limit by the time that the component expects to need, as the
// component's own commander does.
func WithPatience(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &patience{end: time.Now().Add(limit)}
	p.timer = time.AfterFunc(limit, func() { cancel(context.DeadlineExceeded) })
	return WithProgress(ctx, p.extend), func() {
		p.timer.Stop()
		cancel(context.Canceled)
	}
}

type patience struct {
	timer *time.Timer
	mu    sync.Mutex
	end   time.Time
}

// longest bounds by how much one report of progress extends a limit.
const longest = 24 * time.Hour

func (p *patience) extend(progress love.Progress) {
	if !(progress.Timeout > 0) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = p.end.Add(min(time.Duration(min(progress.Timeout, longest.Seconds())*float64(time.Second)), longest))
	if p.timer.Stop() { // else the limit is over already
		p.timer.Reset(time.Until(p.end))
	}
}
