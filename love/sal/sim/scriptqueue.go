package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
)

const (
	// maxScripts is how many scripts a queue holds, and how many that ended it remembers.
	maxScripts = 400
	// refillTo is how many scripts wait in a queue that adds scripts itself.
	refillTo = 2
)

// scriptQueue is a simulated ScriptQueue. While it runs, the first of the waiting
// scripts is run when it is configured and the one before has ended.
type scriptQueue struct {
	*csc
	entries map[int]*entry
	waiting []int
	current int // 0 if none
	past    []int
	running bool
	next    int // index of the next script
	filled  int // scripts that it added itself

	scriptsCtx    context.Context
	cancelScripts context.CancelFunc
	scripts       sync.WaitGroup
}

// entry is a script of the queue.
type entry struct {
	request request
	file    scriptFile
	script  *script
	status  status
}

func newScriptQueue(c *csc) *scriptQueue {
	q := &scriptQueue{csc: c, entries: map[int]*entry{}, running: true, next: c.Index()*100_000 + 1}
	q.scriptsCtx, q.cancelScripts = context.WithCancel(context.Background())
	return q
}

func (q *scriptQueue) begin(ctx context.Context) {
	q.write(ctx, "evt_rootDirectories", sal.Values{"standard": "simulated/standard", "external": "simulated/external"})
	q.showAvailable(ctx)
	q.writeQueue(ctx)
}

// close waits for the scripts.
func (q *scriptQueue) close() error {
	q.cancelScripts()
	q.scripts.Wait()
	return nil
}

func (q *scriptQueue) enable(ctx context.Context, _ bool) { q.writeQueue(ctx) }

// step runs the next script and adds scripts if too few wait.
func (q *scriptQueue) step(ctx context.Context, _ time.Time, _ time.Duration) {
	if q.state != sal.Enabled {
		return
	}
	for q.refill && q.running && len(q.waiting) < refillTo {
		all := scriptFiles()
		r := all[q.filled%len(all)]
		q.filled++
		q.insert(ctx, request{standard: r.standard, path: r.path, block: fmt.Sprintf("BLOCK-%d", q.filled)}, r, len(q.waiting))
	}
	q.runNext(ctx)
}

func (q *scriptQueue) runNext(ctx context.Context) {
	if !q.running || q.state != sal.Enabled || q.current != 0 || len(q.waiting) == 0 {
		return
	}
	first := q.entries[q.waiting[0]]
	if first.status.process != enums.ProcessConfigured {
		return
	}
	q.current, q.waiting = q.waiting[0], q.waiting[1:]
	q.writeQueue(ctx)
	first.script.post(func() {
		if err := first.script.begin(); err != nil {
			first.script.log.Error(err.Error())
		}
	})
}

// insert adds a script at a place in the row and starts its process.
func (q *scriptQueue) insert(ctx context.Context, r request, file scriptFile, at int) {
	r.index = q.next
	q.next++
	e := &entry{request: r, file: file}
	q.entries[r.index] = e
	q.waiting = slices.Insert(q.waiting, at, r.index)
	e.script = newScript(q.domain, r, file, func(s status) { q.post(func() { q.changed(r.index, s) }) })
	q.writeScript(ctx, e, false)
	q.writeQueue(ctx)
	q.scripts.Go(func() {
		if err := e.script.run(q.scriptsCtx); err != nil && q.scriptsCtx.Err() == nil {
			q.post(func() { q.failure = errors.Join(q.failure, err) })
		}
	})
}

// changed handles a new status of a script.
func (q *scriptQueue) changed(index int, s status) {
	ctx := context.Background()
	e := q.entries[index]
	if e == nil {
		return
	}
	e.status = s
	q.writeScript(ctx, e, false)
	if s.process.Final() {
		q.waiting = slices.DeleteFunc(q.waiting, func(i int) bool { return i == index })
		if q.current == index {
			q.current = 0
		}
		q.remember(index)
		q.writeQueue(ctx)
	}
	q.runNext(ctx)
}

// remember puts a script that has ended in front of the earlier ones.
func (q *scriptQueue) remember(index int) {
	q.past = slices.Insert(q.past, 0, index)
	for _, forgotten := range q.past[min(len(q.past), maxScripts):] {
		delete(q.entries, forgotten)
	}
	q.past = q.past[:min(len(q.past), maxScripts)]
}

// writeQueue writes the content of the queue, if it changed.
func (q *scriptQueue) writeQueue(ctx context.Context, opts ...sal.WriteOption) {
	q.write(ctx, "evt_queue", sal.Values{
		"enabled": q.state == sal.Enabled, "running": q.running, "currentSalIndex": q.current,
		"length": len(q.waiting), "salIndices": padded(q.waiting), "pastLength": len(q.past), "pastSalIndices": padded(q.past),
	}, opts...)
}

// padded returns a list with the length of the definition.
func padded(list []int) []int {
	out := make([]int, maxScripts)
	copy(out, list)
	return out
}

func (q *scriptQueue) writeScript(ctx context.Context, e *entry, force bool) {
	var opts []sal.WriteOption
	if force {
		opts = append(opts, sal.Force())
	}
	r, s := e.request, e.status
	q.write(ctx, "evt_script", sal.Values{
		"cmdId": r.command, "scriptSalIndex": r.index, "isStandard": r.standard, "path": r.path,
		"timestampProcessStart": s.started, "timestampConfigureStart": s.configureStarted, "timestampConfigureEnd": s.configured,
		"timestampRunStart": s.running, "timestampProcessEnd": s.end,
		"processState": s.process, "scriptState": s.script,
		"blockId": r.block, "scriptBlockIndex": 1, "blockSize": max(1, r.blockSize), "executionId": r.execution,
	}, opts...)
}

func (q *scriptQueue) showAvailable(ctx context.Context) {
	q.write(ctx, "evt_availableScripts", sal.Values{"standard": paths(true), "external": paths(false)}, sal.Force())
}
