// Package watch implements the Watch methods of this module: it calls functions when
// something changes, until they are cancelled.
package watch

import "sync"

// List holds the functions that watch one thing. The zero value is ready, and safe
// for concurrent use.
type List[T any] struct {
	mu    sync.Mutex
	next  int
	funcs map[int]func(T)
}

// Add makes each [List.Notify] call f, until cancel is called. cancel may be
// called more than once. f must not use the list: not Add, Notify, nor cancel.
func (l *List[T]) Add(f func(T)) (cancel func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.funcs == nil {
		l.funcs = make(map[int]func(T))
	}
	id := l.next
	l.next++
	l.funcs[id] = f
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.funcs, id)
	}
}

// Notify calls the functions with a change, one after the other. Once cancel has
// returned, its function is no longer called.
func (l *List[T]) Notify(change T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.funcs {
		f(change)
	}
}
