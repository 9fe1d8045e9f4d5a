// Package queue provides a bounded queue for a goroutine that passes items to
// another and must never wait.
package queue

import (
	"context"
	"sync"
)

// Queue is a first-in, first-out queue with a bound. Any goroutine may put;
// one may take.
type Queue[T any] struct {
	mu    sync.Mutex
	items []T
	spare []T // the batch taken last, whose memory is used again
	limit int
	lost  uint64
	err   error // set by Fail
	wake  chan struct{}
}

// New returns a queue that holds at most limit items.
func New[T any](limit int) *Queue[T] {
	return &Queue[T]{limit: limit, wake: make(chan struct{}, 1)}
}

// Put appends an item. A full queue drops its oldest item.
func (q *Queue[T]) Put(item T) {
	q.mu.Lock()
	if len(q.items) >= q.limit {
		var none T
		q.items[0] = none
		q.items = q.items[1:]
		q.lost++
	}
	q.items = append(q.items, item)
	first := len(q.items) == 1
	q.mu.Unlock()
	if first {
		q.notify()
	}
}

// PutAll appends items in order, as Put does with one.
func (q *Queue[T]) PutAll(items []T) {
	if len(items) == 0 {
		return
	}
	q.mu.Lock()
	q.items = append(q.items, items...)
	if over := len(q.items) - q.limit; over > 0 {
		clear(q.items[:over])
		q.items = q.items[over:]
		q.lost += uint64(over)
	}
	q.mu.Unlock()
	q.notify()
}

// Fail ends the queue: Take and Next return the items that are left, then the error.
func (q *Queue[T]) Fail(err error) {
	q.mu.Lock()
	if q.err == nil {
		q.err = err
	}
	q.mu.Unlock()
	q.notify()
}

// notify wakes the taker; one notice is enough for any number of items.
func (q *Queue[T]) notify() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Lost returns the number of items that were dropped so far.
func (q *Queue[T]) Lost() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}

// Take waits for items and returns all of them in order. The slice is valid until
// the next call.
func (q *Queue[T]) Take(ctx context.Context) ([]T, error) {
	for {
		batch, err := q.swap()
		if len(batch) > 0 || err != nil {
			return batch, err
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (q *Queue[T]) swap() ([]T, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch := q.items
	if len(batch) == 0 {
		return nil, q.err
	}
	clear(q.spare)
	q.items, q.spare = q.spare[:0], batch
	return batch, nil
}

// Next waits for an item and returns the oldest.
func (q *Queue[T]) Next(ctx context.Context) (T, error) {
	for {
		item, ok, err := q.first()
		if ok || err != nil {
			return item, err
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return item, context.Cause(ctx)
		}
	}
}

func (q *Queue[T]) first() (item T, ok bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return item, false, q.err
	}
	var none T
	item, q.items[0] = q.items[0], none
	q.items = q.items[1:]
	return item, true, nil
}
