package commander

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// clerk records the outcomes of commands and tells the watcher, in order and in
// the background: an operator waits for neither. Outcomes that come within
// gatherTime are written together, since a disk takes hardly longer for ten
// changes than for one.
type clerk struct {
	record    Record
	watch     func(Entry)
	log       *slog.Logger
	turn      chan struct{} // full while a goroutine flushes
	unwritten []Entry       // guarded by turn: outcomes that are not recorded yet

	mu    sync.Mutex
	queue []Entry
	timer *time.Timer // flushes the queue
}

const (
	gatherTime = 10 * time.Millisecond
	// maxQueued bounds the queue: the goroutine that fills it also flushes it.
	maxQueued = 1024
	// maxUnwritten bounds the outcomes that are kept while the record fails.
	maxUnwritten = 16 * maxQueued
	// rewriteTime is the wait before unwritten outcomes are tried again.
	rewriteTime = time.Second
	// recordLimit bounds the wait for the record.
	recordLimit = 10 * time.Second
)

func newClerk(record Record, watch func(Entry), log *slog.Logger) *clerk {
	c := &clerk{record: record, watch: watch, log: log, turn: make(chan struct{}, 1)}
	c.timer = time.AfterFunc(time.Hour, func() { _ = c.flush(context.Background()) }) // no error: the context never ends
	c.timer.Stop()
	return c
}

// put queues an entry to be written soon.
func (c *clerk) put(e Entry) {
	c.mu.Lock()
	c.queue = append(c.queue, e)
	n := len(c.queue)
	if n == 1 {
		c.timer.Reset(gatherTime)
	}
	c.mu.Unlock()
	if n >= maxQueued {
		_ = c.flush(context.Background())
	}
}

// flush writes what was put and tells the watcher of it; outcomes that cannot
// be written now are kept for later. It returns ctx's error if ctx ends while
// another goroutine flushes.
func (c *clerk) flush(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-c.turn }()
	c.mu.Lock()
	c.timer.Stop()
	entries := c.queue
	c.queue = nil
	c.mu.Unlock()
	for _, e := range entries {
		if e.State != Pending { // Recorder.begin has recorded it
			c.unwritten = append(c.unwritten, e)
		}
	}
	c.write()
	for _, e := range entries {
		c.watch(e)
	}
	return nil
}

// end flushes, and gives up what cannot be written. Nothing may be put afterwards.
func (c *clerk) end() {
	_ = c.flush(context.Background())
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	c.timer.Stop()
	c.lose(len(c.unwritten), errors.New("the manager ends and the record is not back"))
}

// write writes the unwritten outcomes: all at once or, if that fails, one by
// one, so that one which the record never takes does not hold up the others.
// Failures are only logged, because the commands are over by then.
func (c *clerk) write() {
	err := c.change(c.unwritten...)
	if err == nil {
		c.unwritten = nil
		return
	}
	var kept []Entry
	inARow := 0
	for i, e := range c.unwritten {
		if inARow == 2 { // the record itself fails
			kept = append(kept, c.unwritten[i:]...)
			break
		}
		if err = c.change(e); err != nil {
			kept = append(kept, e)
			inARow++
		} else {
			inARow = 0
		}
	}
	c.unwritten = kept
	if len(kept) == 0 {
		return
	}
	c.log.Warn("outcomes of commands wait until they can be recorded", "commands", len(kept), "error", err)
	c.lose(len(kept)-maxUnwritten, err)
	c.timer.Reset(rewriteTime)
}

// lose drops the oldest n outcomes and logs each.
func (c *clerk) lose(n int, err error) {
	if n <= 0 {
		return
	}
	for _, e := range c.unwritten[:n] {
		c.log.Error("the outcome of a command was not recorded", "id", e.ID, "user", e.User, "csc", e.CSC, "cmd", e.Command, "state", e.State, "error", err)
	}
	c.unwritten = c.unwritten[n:]
}

// change writes outcomes. [ErrNoEntry] is only logged: a command that was never
// recorded will not appear in the record later.
func (c *clerk) change(entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	changes := make([]Change, len(entries))
	for i, e := range entries {
		changes[i] = Change{e.ID, e.Outcome}
	}
	ctx, cancel := context.WithTimeout(context.Background(), recordLimit)
	defer cancel()
	err := c.record.Change(ctx, changes...)
	if errors.Is(err, ErrNoEntry) {
		c.log.Warn("the outcome of a command that was not recorded", "error", err)
		return nil
	}
	return err
}
