package queue

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

// Fail ends the queue: Take returns the items that are left, then the error.
func (q *Queue[T]) Fail(err error) {
	q.mu.Lock()
	if q.err == nil {
		q.err = err
	}
	q.mu.Unlock()
	q.notify()
}

// notify wakes Take; one notice is enough for any number of items.
func (q *Queue[T]) notify() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
