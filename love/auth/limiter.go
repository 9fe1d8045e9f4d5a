package auth

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// LogInLimits bounds wrong log-ins. A zero field means the default.
type LogInLimits struct {
	UserTries    int           // that one user name may fail in a row; default 10
	UserEvery    time.Duration // after which it gets one more; default 10 s
	AddressTries int           // that one address may fail in a row; default 50
	AddressEvery time.Duration // after which it gets one more; default 2 s
}

// TooManyTriesError refuses a log-in without looking at the password.
type TooManyTriesError struct {
	RetryAfter time.Duration // full seconds, at least one
}

// Error says when to try again.
func (e *TooManyTriesError) Error() string {
	return fmt.Sprintf("too many log-ins failed: try again in %d s", int(e.RetryAfter.Seconds()))
}

// LogInLimiter limits wrong log-ins per user and per address, so that a
// password cannot be guessed. A right log-in costs nothing. A user who is being
// attacked can still log in from an address where that worked before. It is
// safe for concurrent use.
type LogInLimiter struct {
	clock  love.Clock
	limits LogInLimits

	mu      sync.Mutex
	buckets map[bucketKey]bucket
	known   map[bucketKey]struct{} // user and address of log-ins that were right
}

type bucketKey struct{ user, address string }

// bucket holds the tries that are left at a moment.
type bucket struct {
	tries float64
	at    time.Time
}

// limiterSize is how many buckets, and how many known addresses, are kept.
const limiterSize = 20_000

// NewLogInLimiter makes a limiter with which nobody has failed yet.
func NewLogInLimiter(limits LogInLimits, clock love.Clock) *LogInLimiter {
	for _, f := range []struct {
		tries *int
		every *time.Duration
		n     int
		d     time.Duration
	}{
		{&limits.UserTries, &limits.UserEvery, 10, 10 * time.Second},
		{&limits.AddressTries, &limits.AddressEvery, 50, 2 * time.Second},
	} {
		if *f.tries <= 0 {
			*f.tries = f.n
		}
		if *f.every <= 0 {
			*f.every = f.d
		}
	}
	return &LogInLimiter{clock: clock, limits: limits, buckets: make(map[bucketKey]bucket), known: make(map[bucketKey]struct{})}
}

// Try takes a try, before the password is checked; the error is a
// *TooManyTriesError. The log-in that turns out right calls succeeded, which
// gives the try back.
func (l *LogInLimiter) Try(username, address string) (succeeded func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep()
	username = strings.ToLower(username) // LDAP takes any case for the same
	pair := bucketKey{username, address}
	user, from := bucketKey{user: username}, bucketKey{address: address}
	if _, ok := l.known[pair]; ok {
		user = pair // not what strangers use up
	}
	wait := max(l.wait(user), l.wait(from))
	if wait > 0 {
		return nil, &TooManyTriesError{RetryAfter: (wait + time.Second - 1).Truncate(time.Second)}
	}
	l.take(user, 1)
	l.take(from, 1)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.take(user, -1)
		l.take(from, -1)
		if len(l.known) < limiterSize {
			l.known[pair] = struct{}{}
		}
	}, nil
}

// rate is what a bucket holds at most, and how long one try takes to come back.
func (l *LogInLimiter) rate(k bucketKey) (full float64, every time.Duration) {
	if k.user == "" {
		return float64(l.limits.AddressTries), l.limits.AddressEvery
	}
	return float64(l.limits.UserTries), l.limits.UserEvery
}

func (l *LogInLimiter) left(k bucketKey) float64 {
	full, every := l.rate(k)
	b, ok := l.buckets[k]
	if !ok {
		return full
	}
	return min(full, b.tries+l.clock.Now().Sub(b.at).Seconds()/every.Seconds())
}

// wait is how long it takes until there is a try; zero if there is one.
func (l *LogInLimiter) wait(k bucketKey) time.Duration {
	_, every := l.rate(k)
	if left := l.left(k); left < 1 {
		return time.Duration((1 - left) * float64(every))
	}
	return 0
}

func (l *LogInLimiter) take(k bucketKey, n float64) {
	full, _ := l.rate(k)
	left := l.left(k) - n
	if left >= full {
		delete(l.buckets, k)
		return
	}
	l.buckets[k] = bucket{left, l.clock.Now()}
}

// sweep makes room: first what is full again, then whatever comes first.
func (l *LogInLimiter) sweep() {
	if len(l.buckets) < limiterSize {
		return
	}
	for k := range l.buckets {
		if full, _ := l.rate(k); l.left(k) >= full {
			delete(l.buckets, k)
		}
	}
	for k := range l.buckets {
		if len(l.buckets) < limiterSize*9/10 {
			return
		}
		delete(l.buckets, k)
	}
}
