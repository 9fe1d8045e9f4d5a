package producer

import (
	"fmt"
	"runtime/debug"
)

// guarded calls what another team has written. A panic is an error of that team's
// producer, with the stack that leads to it; the process serves others too.
func guarded(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return f()
}
