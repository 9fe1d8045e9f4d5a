package auth

import "sync"

// watchers are the functions that want to know which tokens die. The zero
// value is ready.
type watchers struct {
	mu   sync.Mutex
	next int
	all  map[int]func(tokenID string)
}

func (w *watchers) add(f func(string)) (cancel func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = make(map[int]func(string))
	}
	id := w.next
	w.next++
	w.all[id] = f
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, id)
	}
}

// tell calls the functions one after the other; once a cancel has returned,
// its function is not called any more.
func (w *watchers) tell(tokenID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.all {
		f(tokenID)
	}
}
