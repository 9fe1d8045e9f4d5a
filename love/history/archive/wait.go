package archive

import (
	"context"
	"fmt"
	"os"

	"github.com/rubin-love/love-go/love"
)

// Wait returns when the message of a stream with a number of the hub ("seq" in a
// subscription), or a newer one, has been recorded, so that queries find it. With it
// somebody who joins a stream at a number gets everything before it from the archive. The
// error is ctx's, or that the archive has been closed.
func (a *Archive) Wait(ctx context.Context, stream love.Group, number uint64) error {
	a.queue.eager.Add(1)
	defer a.queue.eager.Add(-1)
	a.queue.push(item{request: func() {}}) // for what waits already
	for {
		news := a.nextNews()
		if last, ok := a.newest(stream); ok && int32(last-uint32(number)) >= 0 {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		case <-a.stop:
			return fmt.Errorf("archive %s: %w", a.config.Dir, os.ErrClosed)
		}
	}
}

// newest returns the number of the newest message of a stream.
func (a *Archive) newest(stream love.Group) (last uint32, ok bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if p := a.part; p != nil {
		p.mu.RLock()
		defer p.mu.RUnlock()
		if c := p.channels.lookup[stream]; c != nil {
			return c.last, true
		}
	}
	last, ok = a.last[stream]
	return last, ok
}

// nextNews returns a channel that is closed when something more has been recorded.
func (a *Archive) nextNews() <-chan struct{} {
	a.waiting.Lock()
	defer a.waiting.Unlock()
	if a.news == nil {
		a.news = make(chan struct{})
	}
	return a.news
}

// announce wakes those who wait.
func (a *Archive) announce() {
	a.waiting.Lock()
	defer a.waiting.Unlock()
	if a.news != nil {
		close(a.news)
		a.news = nil
	}
}
