package producer

import (
	"fmt"
	"runtime/debug"
)

// recoverPanic calls f, which another team may have written, and turns a panic into
// an error with the stack: one producer must not end a process that serves others.
func recoverPanic(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return f()
}
