package historyhttp_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/lovetest"
)

var errFailed = errors.New("a bug")

var inProcess = lovetest.InProcess()

func newContext(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}

// fake is a source that fails, or hangs until it is released or its context ends.
type fake struct {
	history.Source
	err      error
	exported string // before the error
	hangs    bool
	asked    chan struct{}
	ended    chan error

	once     sync.Once
	released chan struct{}
	mu       sync.Mutex
}

func (f *fake) gate() chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.released == nil {
		f.released = make(chan struct{})
	}
	return f.released
}

func (f *fake) release() { f.once.Do(func() { close(f.gate()) }) }

func (f *fake) answer(ctx context.Context) error {
	if !f.hangs {
		return f.err
	}
	if f.asked != nil {
		select {
		case f.asked <- struct{}{}:
		default:
		}
	}
	err := errFailed
	select {
	case <-ctx.Done():
		err = ctx.Err()
	case <-f.gate():
	}
	if f.ended != nil {
		f.ended <- err
	}
	return err
}

func (f *fake) Streams(ctx context.Context) ([]history.Stream, error) { return nil, f.answer(ctx) }

func (f *fake) Events(ctx context.Context, _ history.EventQuery) (history.Page, error) {
	return history.Page{}, f.answer(ctx)
}

func (f *fake) Export(ctx context.Context, to io.Writer, _ history.Span, _ ...love.Group) error {
	if f.exported != "" {
		if _, err := io.WriteString(to, f.exported); err != nil {
			return err
		}
	}
	return f.answer(ctx)
}
