package cli

import (
	"context"
	"errors"
	"sync"
)

// runAll runs the parts of a process until ctx ends or one of them returns,
// then stops the others and waits for all. It returns the errors of the parts; the
// end of ctx is not an error.
func runAll(ctx context.Context, parts ...func(ctx context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	errs := make([]error, len(parts))
	var running sync.WaitGroup
	for i, part := range parts {
		running.Go(func() {
			defer stop()
			if err := part(ctx); !errors.Is(err, context.Canceled) {
				errs[i] = err
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}
