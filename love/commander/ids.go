package commander

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math"
	"sync"
	"time"
)

// FirstID is less than the ID of any [Entry] of a time or later, and greater
// than that of any before: a [Record] finds times by their IDs, and needs no
// index of its own for them.
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
	i.last = max(now.UnixNano(), i.last+1)
	at = now.Add(time.Duration(i.last - now.UnixNano()))
	var salt [4]byte
	_, _ = rand.Read(salt[:]) // never fails
	return FirstID(at) + hex.EncodeToString(salt[:]), at
}
