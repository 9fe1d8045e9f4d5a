package sim

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
)

func (q *scriptQueue) commands() map[string]command {
	return map[string]command{
		"add":     q.add,
		"requeue": q.requeue,
		"move":    q.move,
		"pause":   func(ctx context.Context, _ *sal.Sample) error { q.setRunning(ctx, false); return nil },
		"resume":  func(ctx context.Context, _ *sal.Sample) error { q.setRunning(ctx, true); return nil },
		"showAvailableScripts": func(ctx context.Context, _ *sal.Sample) error {
			q.showAvailable(ctx)
			return nil
		},
		"showQueue":   func(ctx context.Context, _ *sal.Sample) error { q.writeQueue(ctx, sal.Force()); return nil },
		"showSchema":  q.showSchema,
		"showScript":  q.showScript,
		"stopScripts": q.stopScripts,
	}
}

// add answers with the index of the new script.
func (q *scriptQueue) add(ctx context.Context, s *sal.Sample) error {
	file, err := findScriptFile(s.Bool("isStandard"), s.Text("path"))
	if err != nil {
		return err
	}
	return q.insertAt(ctx, s, request{
		command: s.Number(), standard: file.standard, path: file.path, config: s.Text("config"),
		pause: s.Text("pauseCheckpoint"), stop: s.Text("stopCheckpoint"), logLevel: int(s.Int("logLevel")),
		block: s.Text("block"), blockSize: int(s.Int("blockSize")), execution: s.Text("executionId"),
	}, file)
}

// requeue adds a script again, with the same request.
func (q *scriptQueue) requeue(ctx context.Context, s *sal.Sample) error {
	e, err := q.entry(s)
	if err != nil {
		return err
	}
	again := e.request
	again.command = s.Number()
	return q.insertAt(ctx, s, again, e.file)
}

func (q *scriptQueue) insertAt(ctx context.Context, s *sal.Sample, r request, file scriptFile) error {
	if len(q.waiting) >= maxScripts {
		return fmt.Errorf("the queue is full, it holds %d scripts", maxScripts)
	}
	at, err := q.place(s, q.waiting)
	if err != nil {
		return err
	}
	index := q.next
	q.insert(ctx, r, file, at)
	return sal.Answer(sal.Ack{Code: sal.Complete, Result: strconv.Itoa(index)})
}

// place returns the position in a row at which a command wants a script.
func (q *scriptQueue) place(s *sal.Sample, row []int) (int, error) {
	location := enums.Location(s.Int("location"))
	switch location {
	case enums.LocationFirst:
		return 0, nil
	case enums.LocationLast:
		return len(row), nil
	case enums.LocationBefore, enums.LocationAfter:
		other := int(s.Int("locationSalIndex"))
		at := slices.Index(row, other)
		if at < 0 {
			return 0, fmt.Errorf("no script %d waits, so none can be put %v it", other, location)
		}
		if location == enums.LocationAfter {
			at++
		}
		return at, nil
	}
	return 0, fmt.Errorf("location=%d is not a location; 1 is first, 2 last, 3 before and 4 after locationSalIndex", location)
}

func (q *scriptQueue) move(ctx context.Context, s *sal.Sample) error {
	index := int(s.Int("scriptSalIndex"))
	if !slices.Contains(q.waiting, index) {
		return fmt.Errorf("no script %d waits", index)
	}
	if int(s.Int("locationSalIndex")) == index && enums.Location(s.Int("location")) >= enums.LocationBefore {
		return nil
	}
	row := slices.DeleteFunc(slices.Clone(q.waiting), func(i int) bool { return i == index })
	at, err := q.place(s, row)
	if err != nil {
		return err
	}
	q.waiting = slices.Insert(row, at, index)
	q.writeQueue(ctx)
	q.runNext(ctx)
	return nil
}

func (q *scriptQueue) setRunning(ctx context.Context, on bool) {
	q.running = on
	q.writeQueue(ctx)
	q.runNext(ctx)
}

func (q *scriptQueue) entry(s *sal.Sample) (*entry, error) {
	index := int(s.Int("scriptSalIndex"))
	if e := q.entries[index]; e != nil {
		return e, nil
	}
	return nil, fmt.Errorf("the queue has no script %d", index)
}

func (q *scriptQueue) showScript(ctx context.Context, s *sal.Sample) error {
	e, err := q.entry(s)
	if err != nil {
		return err
	}
	q.writeScript(ctx, e, true)
	return nil
}

func (q *scriptQueue) showSchema(ctx context.Context, s *sal.Sample) error {
	file, err := findScriptFile(s.Bool("isStandard"), s.Text("path"))
	if err != nil {
		return err
	}
	q.write(ctx, "evt_configSchema", sal.Values{"isStandard": file.standard, "path": file.path, "configSchema": file.schema()}, sal.Force())
	return nil
}

// stopScripts stops scripts: the current one, and others by ending their process.
// Those that are unknown or have ended are left alone.
func (q *scriptQueue) stopScripts(_ context.Context, s *sal.Sample) error {
	indices := s.Ints("salIndices")
	length := s.Int("length")
	if length <= 0 || length > int64(len(indices)) {
		return fmt.Errorf("length=%d is not in the range 1 to %d", length, len(indices))
	}
	for _, index := range indices[:length] {
		e := q.entries[int(index)]
		if e == nil || e.status.process.Final() {
			continue
		}
		stop := func() { _ = e.script.halt() } // it never refuses
		if s.Bool("terminate") {
			stop = e.script.terminate
		}
		e.script.post(stop)
	}
	return nil
}
