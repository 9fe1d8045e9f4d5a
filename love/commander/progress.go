package commander

import (
	"context"

	"github.com/rubin-love/love-go/love"
)

type progressKey struct{}

// WithProgress returns a context whose progress is passed to f (see [Report]),
// and to the functions that ctx has already.
func WithProgress(ctx context.Context, f func(love.Progress)) context.Context {
	outer := progressOf(ctx)
	return context.WithValue(ctx, progressKey{}, func(p love.Progress) {
		if outer != nil {
			outer(p)
		}
		f(p)
	})
}

// Report passes progress to the functions of [WithProgress]. A [Commander]
// calls it with each acknowledgement that does not end the command.
func Report(ctx context.Context, p love.Progress) {
	if f := progressOf(ctx); f != nil {
		f(p)
	}
}

func progressOf(ctx context.Context) func(love.Progress) {
	f, _ := ctx.Value(progressKey{}).(func(love.Progress))
	return f
}
