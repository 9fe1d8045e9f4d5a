package auth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// LogInLimits bounds wrong log-ins. A zero field means the default.
type LogInLimits struct {
	UserTries    int           // failures in a row that one user name may have; default 10
	UserEvery    time.Duration // time after which it gets one more; default 10 s
	AddressTries int           // failures in a row that one address may have; default 50
	AddressEvery time.Duration // time after which it gets one more; default 2 s
}

// TooManyTriesError is returned for a log-in whose password was not even checked.
type TooManyTriesError struct {
	RetryAfter time.Duration // full seconds, at least one
}

// Error says when to try again.
func (e *TooManyTriesError) Error() string {
	return fmt.Sprintf("too many log-ins failed: try again in %d s", int(e.RetryAfter.Seconds()))
}

// LogInLimiter limits wrong log-ins per user and per address, so that a
// password cannot be guessed. A correct log-in costs nothing. A user who is
// being attacked can still log in from an address where that worked before. It
// is safe for concurrent use.
type LogInLimiter struct {
	clock  love.Clock
	limits LogInLimits

	mu      sync.Mutex
	buckets map[bucketKey]bucket
	known   map[bucketKey]struct{} // user and address of correct log-ins
	waiting int
	ended   chan struct{} // closed and replaced when a try ends
	tell    func(failure string)
}

// bucketKey is a user, an address or both. A name is kept as its hash, because it
// may be as long as a client likes.
type bucketKey struct {
	user    [sha256.Size]byte // zero: any
	address string            // empty: any
}

// bucket holds the tries that are left at a moment.
type bucket struct {
	tries   float64
	at      time.Time
	pending int // tries that have not ended yet
}

// limiterSize is how many buckets, and how many known addresses, are kept.
const limiterSize = 20_000

// How many log-ins may wait for others to end, and for how long.
const (
	limiterQueue = 500
	limiterWait  = 10 * time.Second
)

// NewLogInLimiter makes a limiter without any failures.
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
	return &LogInLimiter{
		clock: clock, limits: limits, ended: make(chan struct{}),
		buckets: make(map[bucketKey]bucket), known: make(map[bucketKey]struct{}),
	}
}

// LogInTry is a log-in under way. One of its methods ends it; further calls do
// nothing.
type LogInTry struct {
	limiter    *LogInLimiter
	user, from bucketKey
	pair       bucketKey
	once       sync.Once
}

// Right ends a correct log-in: it costs nothing, and the user is known at that
// address from now on.
func (t *LogInTry) Right() { t.end(0, true) }

// Wrong ends a log-in that was wrong, or whose outcome is unknown.
func (t *LogInTry) Wrong() {
	if t.end(1, false) {
		t.limiter.tellOthers(t)
	}
}

// GiveBack ends a log-in that could not be checked: it costs nothing, and the
// user does not become known at that address.
func (t *LogInTry) GiveBack() { t.end(0, false) }

// end reports whether it was the first.
func (t *LogInTry) end(cost float64, right bool) (first bool) {
	t.once.Do(func() {
		first = true
		l := t.limiter
		l.mu.Lock()
		defer l.mu.Unlock()
		l.change(t.user, cost, -1)
		l.change(t.from, cost, -1)
		if right && len(l.known) < limiterSize {
			l.known[t.pair] = struct{}{}
		}
		close(l.ended)
		l.ended = make(chan struct{})
	})
	return first
}

// Try begins a log-in, before its password is checked. While as many log-ins are
// under way as the user or the address has tries left, it waits for one to end, 10
// s at most. The error is a *TooManyTriesError, or wraps ErrUnavailable.
func (l *LogInLimiter) Try(ctx context.Context, username, address string) (*LogInTry, error) {
	username = strings.ToLower(username) // LDAP ignores case
	t := &LogInTry{limiter: l, user: bucketKey{user: sha256.Sum256([]byte(username))}, from: bucketKey{address: site(address)}}
	t.pair = bucketKey{t.user.user, t.from.address}
	ended, err := l.begin(t)
	if err != nil {
		return nil, err
	}
	if ended == nil {
		return t, nil
	}
	timeout := l.clock.NewTimer(limiterWait)
	defer timeout.Stop()
	for ended != nil {
		var failure error
		select {
		case <-ended:
		case <-timeout.C():
			failure = ErrUnavailable
		case <-ctx.Done():
			failure = fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
		}
		l.mu.Lock()
		l.waiting--
		l.mu.Unlock()
		if failure != nil {
			return nil, fmt.Errorf("waiting for other log-ins of the user or the address: %w", failure)
		}
		if ended, err = l.begin(t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// begin counts a try as under way, or returns a channel that is closed when
// another try ends.
func (l *LogInLimiter) begin(t *LogInTry) (ended <-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep()
	if _, ok := l.known[t.pair]; ok {
		t.user = t.pair // a bucket that others cannot use up
	}
	if wait := max(l.wait(t.user), l.wait(t.from)); wait > 0 {
		return nil, &TooManyTriesError{RetryAfter: (wait + time.Second - 1).Truncate(time.Second)}
	}
	if l.full(t.user) || l.full(t.from) {
		if l.waiting >= limiterQueue {
			return nil, &TooManyTriesError{RetryAfter: time.Second}
		}
		l.waiting++
		return l.ended, nil
	}
	l.change(t.user, 0, 1)
	l.change(t.from, 0, 1)
	return nil, nil
}

// full reports whether as many tries are under way as are left.
func (l *LogInLimiter) full(k bucketKey) bool {
	pending := l.buckets[k].pending
	return pending > 0 && l.left(k)-float64(pending) < 1
}

// site returns what counts as one address: the whole 64-bit network for IPv6,
// because an owner of one address has all of it.
func site(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}

// rate returns how many tries a bucket holds, and how long one takes to come back.
func (l *LogInLimiter) rate(k bucketKey) (full float64, every time.Duration) {
	if k.user == [sha256.Size]byte{} {
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

// wait returns how long it takes until there is a try; zero if there is one.
func (l *LogInLimiter) wait(k bucketKey) time.Duration {
	_, every := l.rate(k)
	if left := l.left(k); left < 1 {
		return time.Duration((1 - left) * float64(every))
	}
	return 0
}

func (l *LogInLimiter) change(k bucketKey, cost float64, pending int) {
	full, _ := l.rate(k)
	b := bucket{l.left(k) - cost, l.clock.Now(), l.buckets[k].pending + pending}
	if b.tries >= full && b.pending <= 0 {
		delete(l.buckets, k)
		return
	}
	l.buckets[k] = b
}

// sweep makes room: it drops full buckets first, then any others. Buckets with
// a try under way stay.
func (l *LogInLimiter) sweep() {
	if len(l.buckets) < limiterSize {
		return
	}
	for k, b := range l.buckets {
		if full, _ := l.rate(k); b.pending == 0 && l.left(k) >= full {
			delete(l.buckets, k)
		}
	}
	for k, b := range l.buckets {
		if len(l.buckets) < limiterSize*9/10 {
			return
		}
		if b.pending == 0 {
			delete(l.buckets, k)
		}
	}
}
