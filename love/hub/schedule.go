package hub

import (
	"container/heap"
	"sync"
	"time"
)

// schedule runs functions at their times, in the hub's goroutine.
type schedule struct {
	mu    sync.Mutex
	tasks tasks
	wake  chan struct{} // another task is now the first
}

type task struct {
	due time.Time
	run func(now time.Time)
}

type tasks []task

func (t tasks) Len() int           { return len(t) }
func (t tasks) Less(i, j int) bool { return t[i].due.Before(t[j].due) }
func (t tasks) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *tasks) Push(x any)        { *t = append(*t, x.(task)) }
func (t *tasks) Pop() any {
	old := *t
	last := old[len(old)-1]
	old[len(old)-1] = task{}
	*t = old[:len(old)-1]
	return last
}

// at schedules run to be called at the time due, or soon after.
func (x *schedule) at(due time.Time, run func(now time.Time)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	heap.Push(&x.tasks, task{due, run})
	if x.tasks[0].due.Equal(due) {
		select {
		case x.wake <- struct{}{}:
		default:
		}
	}
}

// next returns how long to wait for the first task, or false if there is none.
func (x *schedule) next(now time.Time) (time.Duration, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.tasks) == 0 {
		return 0, false
	}
	return max(0, x.tasks[0].due.Sub(now)), true
}

// run runs the tasks that are due.
func (x *schedule) run(now time.Time) {
	for {
		x.mu.Lock()
		if len(x.tasks) == 0 || x.tasks[0].due.After(now) {
			x.mu.Unlock()
			return
		}
		t := heap.Pop(&x.tasks).(task)
		x.mu.Unlock()
		t.run(now)
	}
}
