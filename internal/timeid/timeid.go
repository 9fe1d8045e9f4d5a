// Package timeid makes IDs that sort by time.
package timeid

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math"
	"sync"
	"time"
)

// First returns the 16 digits with which all IDs of a time begin: nanoseconds
// since 1970 in hexadecimal, limited to the years 1970 to 2262.
func First(t time.Time) string {
	n := t.UnixNano()
	switch {
	case t.Before(time.Unix(0, 0)):
		n = 0
	case t.After(time.Unix(0, math.MaxInt64)):
		n = math.MaxInt64
	}
	return fmt.Sprintf("%016x", n)
}

// Generator makes IDs: [First] of their time and random digits, so that the IDs of
// two processes differ. The zero value is ready, and safe for concurrent use.
type Generator struct {
	mu   sync.Mutex
	last int64 // nanoseconds
}

// Next returns a new ID and its time: now, or a little later if an ID already
// has that time.
func (g *Generator) Next(now time.Time) (id string, at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := now.UnixNano(); n > g.last || g.last-n > int64(time.Second) { // follow a clock that was set back
		g.last = n
	} else {
		g.last++
	}
	at = now.Add(time.Duration(g.last - now.UnixNano()))
	var salt [4]byte
	_, _ = rand.Read(salt[:]) // never fails
	return First(at) + hex.EncodeToString(salt[:]), at
}
