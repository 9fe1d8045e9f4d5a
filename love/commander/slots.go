package commander

import (
	"fmt"
	"net/http"
	"time"
)

// DefaultUnderWay is how many requests may be under way at once: more than
// operators and scripts send together, and few enough to hold in memory.
const DefaultUnderWay = 4096

// retryAfter is the wait before a busy commander is asked again.
const retryAfter = time.Second

// slots bounds how many requests are under way at once.
type slots chan struct{}

// take takes a slot until the returned function is called. It fails at once if
// none is free, because an operator is better told than kept waiting.
func (s slots) take() (release func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	default:
		return nil, &NoReplyError{
			Status: http.StatusServiceUnavailable, RetryAfter: retryAfter,
			Text: fmt.Sprintf("Too many requests to the commander are under way (%d). Nothing was sent: try again in a moment.", cap(s)),
		}
	}
}
