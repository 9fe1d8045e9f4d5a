package sal

import (
	"cmp"
	"maps"
	"slices"
)

// instancesKept is the least number of instances of a component that a reader
// remembers. There must be a bound because each run of a script is a new instance;
// those that were silent longest are forgotten.
const instancesKept = 1000

// instances keeps a value for each instance of a component.
type instances[T any] struct {
	turn  uint64
	known map[int]heard[T] // by index
}

// heard is the value of one instance and the turn in which it was put.
type heard[T any] struct {
	turn  uint64
	value T
}

func newInstances[T any]() *instances[T] { return &instances[T]{known: map[int]heard[T]{}} }

func (i *instances[T]) get(index int) (T, bool) {
	h, ok := i.known[index]
	return h.value, ok
}

func (i *instances[T]) put(index int, value T) {
	i.turn++
	i.known[index] = heard[T]{i.turn, value}
	if len(i.known) < 2*instancesKept {
		return
	}
	// Sorting is slow, so forget many instances at once and seldom.
	order := i.order()
	for _, silent := range order[:len(order)-instancesKept] {
		delete(i.known, silent)
	}
}

// order returns the indices, the one that was put last at the end.
func (i *instances[T]) order() []int {
	return slices.SortedFunc(maps.Keys(i.known), func(a, b int) int { return cmp.Compare(i.known[a].turn, i.known[b].turn) })
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
