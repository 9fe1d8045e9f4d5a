package commander

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"
	"time"
)

// ids makes the IDs of entries: texts that sort by time, and that no two
// managers share. The zero value is ready.
type ids struct {
	mu   sync.Mutex
	last int64 // nanoseconds
}

func (i *ids) next(now time.Time) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last = max(now.UnixNano(), i.last+1)
	var salt [4]byte
	_, _ = rand.Read(salt[:]) // never fails
	return fmt.Sprintf("%016x", i.last) + hex.EncodeToString(salt[:])
}
