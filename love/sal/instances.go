package sal

import (
	"cmp"
	"maps"
	"slices"
)

// instancesKept is how many instances of a component a reader remembers at
// least. Some components make new ones for ever: each run of a script is one.
// Those that were silent longest are forgotten.
const instancesKept = 1000

// instances keeps something about each instance of a component.
type instances[T any] struct {
	turn  uint64
	known map[int]heard[T] // by index
}

// heard is what is kept of one instance, and when it was put there.
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
	// Seldom, because it takes its time.
	order := i.order()
	for _, silent := range order[:len(order)-instancesKept] {
		delete(i.known, silent)
	}
}

// order are the indices, the one that was put last at the end.
func (i *instances[T]) order() []int {
	return slices.SortedFunc(maps.Keys(i.known), func(a, b int) int { return cmp.Compare(i.known[a].turn, i.known[b].turn) })
}

// all are the values, the one that was put last at the end.
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
