// Package watch keeps lists of functions to call when something happens.
package watch

import "sync"

// List is a list of functions. The zero value is ready, and safe for
// concurrent use.
type List[T any] struct {
	mu   sync.Mutex
	next int
	all  map[int]func(T)
}

// Add puts f on the list until cancel is called.
func (l *List[T]) Add(f func(T)) (cancel func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = make(map[int]func(T))
	}
	id := l.next
	l.next++
	l.all[id] = f
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.all, id)
	}
}

// Tell calls the functions with news, one after the other. Once a cancel has
// returned, its function is not called any more.
func (l *List[T]) Tell(news T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.all {
		f(news)
	}
}
