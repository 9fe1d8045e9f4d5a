package record

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love"
)

// outcomeWriter records the outcomes of commands and notifies the watchers, in
// order and in the background, so that no operator waits for either. Outcomes
// that come within batchDelay are written together, because a disk takes hardly
// longer for ten changes than for one.
type outcomeWriter struct {
	store     Store
	notify    func(love.CommandEntry)
	log       *slog.Logger
	late      *outage.Log         // outcomes that are not recorded yet
	flushing  chan struct{}       // full while a goroutine flushes
	unwritten []love.CommandEntry // guarded by flushing: outcomes that are not recorded yet

	mu     sync.Mutex
	closed bool
	queue  []love.CommandEntry
	timer  *time.Timer // flushes the queue
}

const (
	batchDelay = 10 * time.Millisecond
	// maxQueue bounds the queue: the goroutine that fills it flushes it.
	maxQueue = 1024
	// maxUnwritten bounds the outcomes that are kept while the record fails.
	maxUnwritten = 16 * maxQueue
	// retryDelay is the wait before unwritten outcomes are written again.
	retryDelay = time.Second
	// storeTimeout bounds a call of the store.
	storeTimeout = 10 * time.Second
)

func newOutcomeWriter(store Store, notify func(love.CommandEntry), log *slog.Logger) *outcomeWriter {
	w := &outcomeWriter{store: store, notify: notify, log: log, flushing: make(chan struct{}, 1)}
	w.late = outage.New(log, slog.LevelWarn, "outcomes of commands cannot be recorded yet", "outcomes of commands are recorded again")
	w.timer = time.AfterFunc(time.Hour, func() { _ = w.flush(context.Background()) }) // no error: the context never ends
	w.timer.Stop()
	return w
}

// add queues an entry to be written soon; after close it writes it at once, or
// drops it.
func (w *outcomeWriter) add(e love.CommandEntry) {
	w.mu.Lock()
	w.queue = append(w.queue, e)
	n, closed := len(w.queue), w.closed
	if n == 1 && !closed {
		w.timer.Reset(batchDelay)
	}
	w.mu.Unlock()
	switch {
	case closed:
		w.close()
	case n >= maxQueue:
		_ = w.flush(context.Background())
	}
}

// flush writes what was added and notifies the watchers; outcomes that cannot
// be written now are kept for later. It returns ctx's error if ctx ends while
// another goroutine flushes.
func (w *outcomeWriter) flush(ctx context.Context) error {
	select {
	case w.flushing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-w.flushing }()
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

// close flushes, and drops what cannot be written. It may be called again.
func (w *outcomeWriter) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	_ = w.flush(context.Background())
	w.flushing <- struct{}{}
	defer func() { <-w.flushing }()
	w.timer.Stop()
	w.drop(len(w.unwritten), errors.New("the manager ended before the record was available again"))
}

// write writes the unwritten outcomes: all at once or, if that fails, one by
// one, so that an outcome which the store always refuses does not delay the
// others. Failures are only logged, because the commands have ended already.
func (w *outcomeWriter) write() {
	err := w.change(w.unwritten...)
	if err == nil {
		if len(w.unwritten) > 0 { // nothing was written otherwise
			w.late.Succeeded(time.Now())
		}
		w.unwritten = nil
		return
	}
	var kept []love.CommandEntry
	failures := 0
	for i, e := range w.unwritten {
		if failures == 2 { // the store itself fails
			kept = append(kept, w.unwritten[i:]...)
			break
		}
		if cause := w.change(e); cause != nil {
			err = cause
			kept = append(kept, e)
			failures++
		} else {
			failures = 0
		}
	}
	w.unwritten = kept
	if len(kept) == 0 {
		w.late.Succeeded(time.Now())
		return
	}
	w.late.Failed(time.Now(), err, "commands", len(kept))
	w.drop(len(kept)-maxUnwritten, err)
	w.timer.Reset(retryDelay)
}

// drop drops the oldest n outcomes and logs each.
func (w *outcomeWriter) drop(n int, err error) {
	if n <= 0 {
		return
	}
	for _, e := range w.unwritten[:n] {
		w.log.Error("the outcome of a command was not recorded", "id", e.ID, "user", e.User, "csc", e.CSC, "salindex", e.SalIndex, "cmd", e.Command, "state", e.State, "error", err)
	}
	w.unwritten = w.unwritten[n:]
}

// change writes outcomes. [ErrNoEntry] is only logged: a command that was never
// recorded must not appear in the record later.
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
		w.log.Warn("the outcome of a command that is not in the record", "error", err)
		return nil
	}
	return err
}
