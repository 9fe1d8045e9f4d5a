package sal

import (
	"cmp"
	"maps"
	"slices"
)

// instancesKept is the least number of instances of a component that a reader
// remembers. There must be a bound because each run of a script is a new instance;
// those that have been silent longest are forgotten.
const instancesKept = 1000

// instances keeps a value for each instance of a component.
type instances[T any] struct {
	puts  uint64 // so far
	known map[int]instance[T]
}

// instance is the value of one instance.
type instance[T any] struct {
	value T
	put   uint64 // the number of the put
}

func newInstances[T any]() *instances[T] { return &instances[T]{known: map[int]instance[T]{}} }

func (i *instances[T]) get(index int) (T, bool) {
	known, ok := i.known[index]
	return known.value, ok
}

func (i *instances[T]) put(index int, value T) {
	i.puts++
	i.known[index] = instance[T]{value, i.puts}
	if len(i.known) < 2*instancesKept {
		return
	}
	// Sorting is slow, so many instances are forgotten at a time.
	order := i.order()
	for _, index := range order[:len(order)-instancesKept] {
		delete(i.known, index)
	}
}

// order returns the indices, the one that was put last at the end.
func (i *instances[T]) order() []int {
	return slices.SortedFunc(maps.Keys(i.known), func(a, b int) int { return cmp.Compare(i.known[a].put, i.known[b].put) })
}

// all returns the values, the one that was put last at the end.
func (i *instances[T]) all() []T {
	if i == nil {
		return nil
	}
	values := make([]T, 0, len(i.known))
	for _, index := range i.order() {
		values = append(values, i.known[index].value)
	}
	return values
}
