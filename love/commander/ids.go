package commander

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math"
	"sync"
	"time"
)

// FirstID returns the 16 digits with which the ID of every [Entry] of a time
// begins: nanoseconds since 1970 in hexadecimal, bounded to the years 1970 to
// 2262. IDs sort by time, and id >= FirstID(t) selects the entries of t or
// later, so a [Record] needs no index of times.
func FirstID(t time.Time) string {
	n := t.UnixNano()
	switch {
	case t.Before(time.Unix(0, 0)):
		n = 0
	case t.After(time.Unix(0, math.MaxInt64)):
		n = math.MaxInt64
	}
	return fmt.Sprintf("%016x", n)
}

// ids makes the IDs of entries: [FirstID] of their times and random digits, so
// that those of two managers differ. The zero value is ready to use.
type ids struct {
	mu   sync.Mutex
	last int64 // nanoseconds
}

// next returns a new ID and its time: now, or a little later if an ID already
// has that time.
func (i *ids) next(now time.Time) (id string, at time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if n := now.UnixNano(); n > i.last || i.last-n > int64(time.Second) { // follow a clock that was set back
		i.last = n
	} else {
		i.last++
	}
	at = now.Add(time.Duration(i.last - now.UnixNano()))
	var salt [4]byte
	_, _ = rand.Read(salt[:]) // never fails
	return FirstID(at) + hex.EncodeToString(salt[:]), at
}
