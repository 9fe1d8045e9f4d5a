package commanderhttp

import (
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love/commander"
)

// DefaultMaxRequests is the default limit of requests under way at once: more than
// operators and scripts send together, and few enough to keep in memory.
const DefaultMaxRequests = 4096

// retryAfter is how long a client should wait before it asks a busy commander again.
const retryAfter = time.Second

// semaphore limits how many requests are under way at once.
type semaphore chan struct{}

// newSemaphore returns a semaphore with n places, or the default number of them if n is
// not above 0.
func newSemaphore(n int) semaphore {
	if n <= 0 {
		n = DefaultMaxRequests
	}
	return make(semaphore, n)
}

// acquire takes a place until release is called. If none is free, it fails at
// once, because an operator would rather know than wait.
func (s semaphore) acquire() (release func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	default:
		return nil, &commander.Error{
			Kind: commander.Busy, RetryAfter: retryAfter,
			Text: fmt.Sprintf("Too many requests to the commander are under way (%d). Nothing was sent: try again in a moment.", cap(s)),
		}
	}
}
