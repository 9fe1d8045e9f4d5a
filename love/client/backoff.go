package client

import (
	"math/rand/v2"
	"time"
)

// backoff counts failed attempts and computes how long to wait before the next.
type backoff struct {
	min, max time.Duration
	attempts int
}

// next is 0 for the first attempt, then about min, 2·min … up to max.
func (b *backoff) next() time.Duration {
	n := b.attempts
	b.attempts++
	if n == 0 || b.min <= 0 {
		return 0
	}
	d := b.max
	if n-1 < 32 && b.min<<(n-1) < b.max {
		d = b.min << (n - 1)
	}
	return jitter(d)
}

// succeeded resets the count after a connection that lasted for d, unless that
// was very short: a manager that accepts and closes must not be dialled in a
// tight loop.
func (b *backoff) succeeded(d time.Duration) {
	if d >= b.max {
		b.attempts = 0
	}
}

// jitter shortens d by a random part, up to half of it.
func jitter(d time.Duration) time.Duration {
	if d < 2 {
		return d
	}
	return d - rand.N(d/2)
}
