package commander

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// clerk writes what has come of commands into the record and tells the watcher,
// in order, and behind the answers: an operator waits for neither. What comes
// within gatherTime is written at once, since a disk takes hardly longer for
// ten changes than for one.
type clerk struct {
	record    Record
	watch     func(Entry)
	log       *slog.Logger
	turn      chan struct{} // full while somebody writes
	unwritten []Entry       // of who has the turn: what the record has not taken yet

	mu    sync.Mutex
	queue []Entry
	timer *time.Timer // flushes the queue
}

const (
	gatherTime = 10 * time.Millisecond
	// maxQueued is how many entries wait at most: who brings the last of them
	// writes them all.
	maxQueued = 1024
	// maxUnwritten is how many outcomes are kept while the record is away.
	maxUnwritten = 16 * maxQueued
	// rewriteTime is when what the record has not taken is written again.
	rewriteTime = time.Second
	// recordLimit bounds the wait for the record.
	recordLimit = 10 * time.Second
)

func newClerk(record Record, watch func(Entry), log *slog.Logger) *clerk {
	c := &clerk{record: record, watch: watch, log: log, turn: make(chan struct{}, 1)}
	c.timer = time.AfterFunc(time.Hour, func() { _ = c.flush(context.Background()) }) // such a context has no error
	c.timer.Stop()
	return c
}

// put has an entry written soon.
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

// flush returns when all that was put has been written, or could not be; or
// with ctx's error.
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
		if e.State != Pending { // that is written before a command leaves
			c.unwritten = append(c.unwritten, e)
		}
	}
	c.write()
	for _, e := range entries {
		c.watch(e)
	}
	return nil
}

// end gives up what cannot be written; nothing may be put any more.
func (c *clerk) end() {
	_ = c.flush(context.Background())
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	c.timer.Stop()
	c.lose(len(c.unwritten), errors.New("the manager ends and the record is not back"))
}

// write writes what is unwritten: all at once, or else one by one, so that an
// outcome which the record will never take holds up no other. The commands are
// done with by then: a record that fails is told to the log alone.
func (c *clerk) write() {
	err := c.change(c.unwritten...)
	if err == nil {
		c.unwritten = nil
		return
	}
	var kept []Entry
	inARow := 0
	for i, e := range c.unwritten {
		if inARow == 2 { // it is the record that is away
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

// lose gives up the oldest n outcomes.
func (c *clerk) lose(n int, err error) {
	if n <= 0 {
		return
	}
	for _, e := range c.unwritten[:n] {
		c.log.Error("the outcome of a command was not recorded", "id", e.ID, "user", e.User, "csc", e.CSC, "cmd", e.Command, "state", e.State, "error", err)
	}
	c.unwritten = c.unwritten[n:]
}

// change writes outcomes. A command that is not in the record, because it could
// not be recorded before, is none to wait for.
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
