package efd

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/rubin-love/love-go/love/history"
)

// Source returns the EFD of a name. It is looked up at the first query, and again at the
// one after a query that the EFD could not answer, because passwords change. Nothing is
// asked yet.
func (c Credentials) Source(name string) history.Source { return &named{service: c, name: name} }

// named is an EFD that is looked up when it is needed.
type named struct {
	service Credentials
	name    string
	found   atomic.Pointer[EFD]
}

// efd returns the EFD, and looks it up if it is not known.
func (n *named) efd(ctx context.Context) (*EFD, error) {
	if e := n.found.Load(); e != nil {
		return e, nil
	}
	config, err := n.service.Lookup(ctx, n.name)
	if err == nil {
		config.HTTP = n.service.HTTP
		var e *EFD
		if e, err = New(config); err == nil {
			n.found.Store(e)
			return e, nil
		}
	}
	if ctx.Err() != nil || errors.Is(err, history.ErrUnavailable) {
		return nil, err
	}
	return nil, fmt.Errorf("%w: %w", history.ErrUnavailable, err)
}

// ask asks the EFD, and forgets it if it could not answer.
func ask[A any](ctx context.Context, n *named, query func(*EFD) (A, error)) (answer A, err error) {
	e, err := n.efd(ctx)
	if err != nil {
		return answer, err
	}
	if answer, err = query(e); errors.Is(err, history.ErrUnavailable) {
		n.found.CompareAndSwap(e, nil)
	}
	return answer, err
}

// Streams implements [history.Source].
func (n *named) Streams(ctx context.Context) ([]history.Stream, error) {
	return ask(ctx, n, func(e *EFD) ([]history.Stream, error) { return e.Streams(ctx) })
}

// Series implements [history.Source].
func (n *named) Series(ctx context.Context, q history.SeriesQuery) ([]history.Series, error) {
	return ask(ctx, n, func(e *EFD) ([]history.Series, error) { return e.Series(ctx, q) })
}

// Newest implements [history.Source].
func (n *named) Newest(ctx context.Context, q history.NewestQuery) ([]history.Series, error) {
	return ask(ctx, n, func(e *EFD) ([]history.Series, error) { return e.Newest(ctx, q) })
}

// Events implements [history.Source].
func (n *named) Events(ctx context.Context, q history.EventQuery) (history.Page, error) {
	return ask(ctx, n, func(e *EFD) (history.Page, error) { return e.Events(ctx, q) })
}
