package hub

import "time"

// rate is how often something may happen: burst times at once, and then once in every
// interval.
type rate struct {
	burst    int
	interval time.Duration
}

// perSecond returns the rate of n in a second, with as many at once as are allowed in
// the given number of seconds.
func perSecond(n, seconds int) rate { return rate{n * seconds, time.Second / time.Duration(n)} }

// tokenBucket holds the tokens of a rate: burst at most, one of which comes back in
// every interval. The zero value is full.
type tokenBucket struct {
	full time.Time // when all tokens will be back
}

// due returns when the next token can be taken: now, or later.
func (b *tokenBucket) due(r rate, now time.Time) time.Time {
	if b.isFull(now) {
		return now
	}
	return now.Add(max(0, b.full.Sub(now)-time.Duration(r.burst-1)*r.interval))
}

// take takes n tokens, even if they have not come back yet.
func (b *tokenBucket) take(r rate, n int, now time.Time) {
	if b.full.Before(now) {
		b.full = now
	}
	b.full = b.full.Add(time.Duration(n) * r.interval)
}

// tryTake takes a token if there is one.
func (b *tokenBucket) tryTake(r rate, now time.Time) bool {
	if b.due(r, now).After(now) {
		return false
	}
	b.take(r, 1, now)
	return true
}

// missing returns how long it takes until all tokens are back.
func (b *tokenBucket) missing(now time.Time) time.Duration { return max(0, b.full.Sub(now)) }

// isFull reports whether no token is missing.
func (b *tokenBucket) isFull(now time.Time) bool { return !b.full.After(now) }
