package manager

import (
	"sync"
	"time"
)

// onceOnly remembers what has been used, for as long as it could be used again. The zero
// value is ready to use.
type onceOnly struct {
	mu   sync.Mutex
	used map[string]time.Time // until when it is to be remembered
}

// maxUsed bounds how many are remembered.
const maxUsed = 20_000

// take reports whether an ID was not used within its lifetime. It is false, too, while
// more are remembered than there is room for.
func (o *onceOnly) take(id string, now time.Time, lifetime time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.used == nil {
		o.used = make(map[string]time.Time)
	}
	if len(o.used) >= maxUsed {
		for id, until := range o.used {
			if !now.Before(until) {
				delete(o.used, id)
			}
		}
	}
	until, again := o.used[id]
	if again && now.Before(until) || len(o.used) >= maxUsed {
		return false
	}
	o.used[id] = now.Add(lifetime)
	return true
}
