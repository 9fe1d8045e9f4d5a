package commander

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// clerk writes what has come of commands into the record and tells the watcher,
// in order, and behind the answers: an operator does not wait for either. What
// comes within gatherTime is written at once, since a disk takes hardly longer
// for ten changes than for one.
type clerk struct {
	record Record
	watch  func(Entry)
	log    *slog.Logger
	pen    chan struct{} // who holds it, writes

	mu    sync.Mutex
	tray  []Entry
	timer *time.Timer // empties the tray
}

const (
	gatherTime = 10 * time.Millisecond
	// trayRoom is how many entries wait at most: who brings one more writes them
	// all first.
	trayRoom = 1024
	// recordLimit bounds the wait for the record.
	recordLimit = 10 * time.Second
)

func newClerk(record Record, watch func(Entry), log *slog.Logger) *clerk {
	c := &clerk{record: record, watch: watch, log: log, pen: make(chan struct{}, 1)}
	c.timer = time.AfterFunc(time.Hour, func() { _ = c.clear(context.Background()) }) // such a context has no error
	c.timer.Stop()
	return c
}

// put has an entry written soon.
func (c *clerk) put(e Entry) {
	c.mu.Lock()
	c.tray = append(c.tray, e)
	n := len(c.tray)
	if n == 1 {
		c.timer.Reset(gatherTime)
	}
	c.mu.Unlock()
	if n >= trayRoom {
		_ = c.clear(context.Background())
	}
}

// clear returns when all that was put has been written, or with ctx's error.
func (c *clerk) clear(ctx context.Context) error {
	select {
	case c.pen <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-c.pen }()
	c.mu.Lock()
	c.timer.Stop()
	entries := c.tray
	c.tray = nil
	c.mu.Unlock()
	c.write(entries)
	return nil
}

// write records and tells. The commands are done with by then, so that a
// record that fails is told to the log alone.
func (c *clerk) write(entries []Entry) {
	var changes []Change
	for _, e := range entries {
		if e.State != Pending { // that is written before a command leaves
			changes = append(changes, Change{e.ID, e.Outcome})
		}
	}
	if err := c.change(changes); err != nil {
		for _, e := range entries {
			if e.State != Pending {
				c.log.Error("the outcome of a command was not recorded", "id", e.ID, "user", e.User, "csc", e.CSC, "cmd", e.Command, "state", e.State, "error", err)
			}
		}
	}
	for _, e := range entries {
		c.watch(e)
	}
}

func (c *clerk) change(changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), recordLimit)
	defer cancel()
	return c.record.Change(ctx, changes...)
}
