package hub

import (
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// The rates of initial_state requests (docs/protocol/manager.md#initial-state). A
// Python producer reads about 800 in a second; a client that asks for more than there
// is must not have it closed as slow. A request takes a token for each requestUnit
// bytes of it, so that at most 5 MiB are sent at once, and what one producer reads.
var (
	requestsOfStream    = rate{10, time.Second}
	requestsOfUser      = rate{10_000, 10 * time.Millisecond}
	requestsOfComponent = rate{4000, 2500 * time.Microsecond}
	requestsInAll       = rate{20_000, 2 * time.Millisecond}
)

// requestUnit is more than requests for the streams of real components have, in bytes.
const requestUnit = 256

// The tokens of the requests that may wait, of different streams. Further ones are
// dropped.
const (
	waitingOfUser      = 2000
	waitingOfComponent = 4000
	waitingInAll       = 10_000
)

// initialStateLimiter limits the initial_state requests: of a stream, of a user, to a
// component, and in all. Requests for a stream that wait are merged.
type initialStateLimiter struct {
	mu         sync.Mutex
	streams    map[love.Group]*requestBucket
	components map[string]*requestBucket
	users      map[string]*requestBucket // by their names
	all        requestBucket
	sweepAt    int // number of buckets at which full ones are dropped
}

// requestBucket is a token bucket with requests that wait for a token.
type requestBucket struct {
	tokenBucket
	waiting int       // tokens of the requests that wait
	first   time.Time // of a stream's bucket: when the first request that waits is due
}

// pendingRequest is a request that waits.
type pendingRequest struct {
	buckets []*requestBucket
	tokens  int
}

// allow takes the tokens for a request of so many bytes of a user, empty for a process,
// and reports whether to send it now. Otherwise it must wait until due, or is dropped if
// due is zero: then merged reports whether a request for its stream waits already.
func (l *initialStateLimiter) allow(g love.Group, bytes int, username string, now time.Time) (send bool, due time.Time, pending pendingRequest, merged bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	stream, component := bucketOf(&l.streams, g), bucketOf(&l.components, g.CSC)
	buckets := []*requestBucket{stream, component, &l.all}
	rates := []rate{requestsOfStream, requestsOfComponent, requestsInAll}
	full := component.waiting >= waitingOfComponent || l.all.waiting >= waitingInAll
	if username != "" {
		user := bucketOf(&l.users, username)
		buckets, rates = append(buckets, user), append(rates, requestsOfUser)
		full = full || user.waiting >= waitingOfUser
	}
	tokens := (bytes + requestUnit - 1) / requestUnit
	due = now
	for i, b := range buckets {
		if d := b.due(rates[i], now); d.After(due) {
			due = d
		}
	}
	wait := due.After(now)
	// The one that waits may do so because of its own user, whom others need not wait for.
	if stream.waiting > 0 && wait && stream.first.After(now) && !due.Before(stream.first) {
		return false, time.Time{}, pendingRequest{}, true
	}
	if wait && full {
		return false, time.Time{}, pendingRequest{}, false
	}
	for i, b := range buckets {
		n := tokens
		if b == stream {
			n = 1
		}
		b.take(rates[i], n, now)
		if wait {
			b.waiting += tokens
		}
	}
	if wait {
		stream.first = due
	}
	return !wait, due, pendingRequest{buckets, tokens}, false
}

// release ends the wait of a request, which the caller sends.
func (l *initialStateLimiter) release(p pendingRequest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range p.buckets {
		b.waiting -= p.tokens
	}
}

func bucketOf[K comparable](buckets *map[K]*requestBucket, key K) *requestBucket {
	b := (*buckets)[key]
	if b == nil {
		if *buckets == nil {
			*buckets = make(map[K]*requestBucket)
		}
		b = &requestBucket{}
		(*buckets)[key] = b
	}
	return b
}

// sweep drops the buckets that are full again. It does nothing until there are
// twice as many as the last sweep left, and at least 4096.
func (l *initialStateLimiter) sweep(now time.Time) {
	size := func() int { return len(l.streams) + len(l.components) + len(l.users) }
	if size() < max(l.sweepAt, 4096) {
		return
	}
	sweepFull(l.streams, now)
	sweepFull(l.components, now)
	sweepFull(l.users, now)
	l.sweepAt = 2 * size()
}

func sweepFull[K comparable](buckets map[K]*requestBucket, now time.Time) {
	for key, b := range buckets {
		if b.waiting == 0 && b.isFull(now) {
			delete(buckets, key)
		}
	}
}
