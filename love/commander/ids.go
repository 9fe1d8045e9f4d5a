package commander

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math"
	"sync"
	"time"
)

// FirstID returns the first 16 digits of the ID of every [Entry] of a time: its
// nanoseconds since 1970, in hexadecimal, bounded to the years 1970 to 2262.
// IDs sort by time, and id >= FirstID(t) selects what came at t or later: a
// [Record] needs no index of times.
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

// ids makes the IDs of entries: [FirstID] of their times, and something that no
// two managers share. The zero value is ready.
type ids struct {
	mu   sync.Mutex
	last int64 // nanoseconds
}

// next makes an ID, and the time that it stands for: now, or a little after if
// there is an ID of now already.
func (i *ids) next(now time.Time) (id string, at time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if n := now.UnixNano(); n > i.last || i.last-n > int64(time.Second) { // a clock that was set back is believed
		i.last = n
	} else {
		i.last++
	}
	at = now.Add(time.Duration(i.last - now.UnixNano()))
	var salt [4]byte
	_, _ = rand.Read(salt[:]) // never fails
	return FirstID(at) + hex.EncodeToString(salt[:]), at
}
