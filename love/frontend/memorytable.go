package frontend

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// object is a pointer to a T with a Meta.
type object[T any] interface {
	*T
	Object() *Meta
}

// memoryTable is a Table in memory. Its objects are never modified: a change replaces
// them. What they refer to (the JSON of a view) must not be modified by anybody.
type memoryTable[T any, P object[T]] struct {
	in      *memory
	check   func(T) error // before an object is written; may be nil
	written func(P)       // before it is kept; may be nil
	removed func(id int64)

	last    int64 // ID
	objects map[int64]T
	origins map[string]int64
}

// List implements [Table].
func (t *memoryTable[T, P]) List(context.Context) ([]T, error) {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	all := make([]T, 0, len(t.objects))
	for _, id := range slices.Sorted(maps.Keys(t.objects)) {
		all = append(all, t.objects[id])
	}
	return all, nil
}

// Get implements [Table].
func (t *memoryTable[T, P]) Get(_ context.Context, id int64) (T, error) {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	return t.get(id)
}

func (t *memoryTable[T, P]) get(id int64) (T, error) {
	o, ok := t.objects[id]
	if !ok {
		return o, fmt.Errorf("number %d: %w", id, ErrNotFound)
	}
	return o, nil
}

// Create implements [Table].
func (t *memoryTable[T, P]) Create(_ context.Context, o T) (T, error) {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	P(&o).Object().ID = t.last + 1
	return t.add(o)
}

// add adds an object under its own ID.
func (t *memoryTable[T, P]) add(o T) (T, error) {
	meta := P(&o).Object()
	now := t.in.clock.Now()
	meta.Created = micros(cmp.Or(meta.Created, now))
	meta.Updated = micros(cmp.Or(meta.Updated, now))
	if err := t.put(&o); err != nil {
		var none T
		return none, err
	}
	return o, nil
}

// put checks and keeps an object.
func (t *memoryTable[T, P]) put(o P) error {
	if t.check != nil {
		if err := t.check(*o); err != nil {
			return err
		}
	}
	if t.written != nil {
		t.written(o)
	}
	if t.objects == nil {
		t.objects = map[int64]T{}
	}
	id := o.Object().ID
	t.objects[id], t.last = *o, max(t.last, id)
	t.in.revision++
	return nil
}

// Update implements [Table].
func (t *memoryTable[T, P]) Update(_ context.Context, id int64, change func(*T) error) (T, error) {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	o, err := t.get(id)
	if err != nil {
		return o, err
	}
	was := *P(&o).Object()
	if err := change(&o); err != nil {
		var none T
		return none, err
	}
	*P(&o).Object() = Meta{ID: id, Created: was.Created, Updated: micros(t.in.clock.Now())}
	if err := t.put(&o); err != nil {
		var none T
		return none, err
	}
	return o, nil
}

// Delete implements [Table].
func (t *memoryTable[T, P]) Delete(_ context.Context, id int64) error {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	if _, err := t.get(id); err != nil {
		return err
	}
	delete(t.objects, id)
	if t.removed != nil {
		t.removed(id)
	}
	t.in.revision++
	return nil
}

func (t *memoryTable[T, P]) removeIf(matches func(T) bool) {
	maps.DeleteFunc(t.objects, func(_ int64, o T) bool { return matches(o) })
}

// Import implements [Table].
func (t *memoryTable[T, P]) Import(_ context.Context, origin string, o T) (int64, bool, error) {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	if id, known := t.origins[origin]; known {
		return id, false, nil
	}
	meta := P(&o).Object()
	if there, taken := t.objects[meta.ID]; taken && P(&there).Object().Created.Equal(micros(meta.Created)) {
		t.note(origin, meta.ID)
		return meta.ID, false, nil
	} else if taken || meta.ID < 1 {
		meta.ID = t.last + 1
	}
	added, err := t.add(o)
	if err != nil {
		return 0, false, err
	}
	id := P(&added).Object().ID
	t.note(origin, id)
	return id, true, nil
}

func (t *memoryTable[T, P]) note(origin string, id int64) {
	if t.origins == nil {
		t.origins = map[string]int64{}
	}
	t.origins[origin] = id
}

// Seed implements [Table].
func (t *memoryTable[T, P]) Seed(_ context.Context, objects ...T) error {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	if t.last > 0 {
		return nil
	}
	now := t.in.clock.Now()
	for _, o := range objects {
		meta := P(&o).Object()
		*meta = Meta{ID: t.last + 1, Created: cmp.Or(meta.Created, now), Updated: cmp.Or(meta.Updated, now)}
		if _, err := t.add(o); err != nil {
			return err
		}
	}
	return nil
}

// micros returns a time as a store keeps it.
func micros(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
