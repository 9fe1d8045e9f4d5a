package record

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// outcomeWriter records the outcomes of commands and notifies the watchers, in
// order and in the background: an operator waits for neither. Outcomes that come
// within gatherTime are written together, since a disk takes hardly longer for
// ten changes than for one.
type outcomeWriter struct {
	store     Store
	notify    func(love.CommandEntry)
	log       *slog.Logger
	turn      chan struct{}       // full while a goroutine flushes
	unwritten []love.CommandEntry // guarded by turn: outcomes that are not recorded yet

	mu    sync.Mutex
	queue []love.CommandEntry
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
	// storeTimeout bounds the wait for the store.
	storeTimeout = 10 * time.Second
)

func newOutcomeWriter(store Store, notify func(love.CommandEntry), log *slog.Logger) *outcomeWriter {
	w := &outcomeWriter{store: store, notify: notify, log: log, turn: make(chan struct{}, 1)}
	w.timer = time.AfterFunc(time.Hour, func() { _ = w.flush(context.Background()) }) // no error: the context never ends
	w.timer.Stop()
	return w
}

// add queues an entry to be written soon.
func (w *outcomeWriter) add(e love.CommandEntry) {
	w.mu.Lock()
	w.queue = append(w.queue, e)
	n := len(w.queue)
	if n == 1 {
		w.timer.Reset(gatherTime)
	}
	w.mu.Unlock()
	if n >= maxQueued {
		_ = w.flush(context.Background())
	}
}

// flush writes what was added and notifies the watchers; outcomes that cannot
// be written now are kept for later. It returns ctx's error if ctx ends while
// another goroutine flushes.
func (w *outcomeWriter) flush(ctx context.Context) error {
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-w.turn }()
	w.mu.Lock()
	w.timer.Stop()
	entries := w.queue
	w.queue = nil
	w.mu.Unlock()
	for _, e := range entries {
		if e.State != love.CommandPending { // Recorder.begin has recorded it
			w.unwritten = append(w.unwritten, e)
		}
	}
	w.write()
	for _, e := range entries {
		w.notify(e)
	}
	return nil
}

// close flushes, and gives up what cannot be written. Nothing may be added
// afterwards.
func (w *outcomeWriter) close() {
	_ = w.flush(context.Background())
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	w.timer.Stop()
	w.lose(len(w.unwritten), errors.New("the manager ends and the record is not back"))
}

// write writes the unwritten outcomes: all at once or, if that fails, one by
// one, so that one which the record never takes does not hold up the others.
// Failures are only logged, because the commands are over by then.
func (w *outcomeWriter) write() {
	err := w.change(w.unwritten...)
	if err == nil {
		w.unwritten = nil
		return
	}
	var kept []love.CommandEntry
	inARow := 0
	for i, e := range w.unwritten {
		if inARow == 2 { // the record itself fails
			kept = append(kept, w.unwritten[i:]...)
			break
		}
		if err = w.change(e); err != nil {
			kept = append(kept, e)
			inARow++
		} else {
			inARow = 0
		}
	}
	w.unwritten = kept
	if len(kept) == 0 {
		return
	}
	w.log.Warn("outcomes of commands wait until they can be recorded", "commands", len(kept), "error", err)
	w.lose(len(kept)-maxUnwritten, err)
	w.timer.Reset(rewriteTime)
}

// lose drops the oldest n outcomes and logs each.
func (w *outcomeWriter) lose(n int, err error) {
	if n <= 0 {
		return
	}
	for _, e := range w.unwritten[:n] {
		w.log.Error("the outcome of a command was not recorded", "id", e.ID, "user", e.User, "csc", e.CSC, "cmd", e.Command, "state", e.State, "error", err)
	}
	w.unwritten = w.unwritten[n:]
}

// change writes outcomes. [ErrNoEntry] is only logged: a command that was never
// recorded will not appear in the record later.
func (w *outcomeWriter) change(entries ...love.CommandEntry) error {
	if len(entries) == 0 {
		return nil
	}
	changes := make([]Change, len(entries))
	for i, e := range entries {
		changes[i] = Change{e.ID, e.CommandOutcome}
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	err := w.store.Change(ctx, changes...)
	if errors.Is(err, ErrNoEntry) {
		w.log.Warn("the outcome of a command that was not recorded", "error", err)
		return nil
	}
	return err
}
