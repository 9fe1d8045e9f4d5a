package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// Config describes an archive. Only Dir is needed.
type Config struct {
	// Dir is the folder of the files; it is made if it does not exist. Only one process
	// may record into it.
	Dir string
	// MaxAge is how long files are kept after their last message; 0: for ever. A jump of
	// the Clock forward makes files older only as the Clock runs on.
	MaxAge time.Duration
	// MaxBytes is how large all files together may become, beyond which the oldest are
	// removed; 0: without limit. The file that is being written is never removed.
	MaxBytes int64
	// FileBytes is how large a file becomes before another one is begun for the same
	// day; default 256 MiB, or an eighth of MaxBytes if that is less.
	FileBytes int64
	// Fields returns the fields of a stream from its definitions, for the schemas in the
	// files. nil: data types and units are those of the first message.
	Fields func(love.Group) []Field
	Clock  love.Clock   // default: the system's
	Log    *slog.Logger // default: none
}

// Archive records messages into files, and is a [history.Source] of them. It is safe for
// concurrent use. Use [Open], and [Archive.Close] at the end.
type Archive struct {
	config Config
	clock  love.Clock
	log    *slog.Logger
	lock   *os.File
	queue  *queue

	mu     sync.RWMutex          // guards what follows
	part   *part                 // that is being written; nil before the first message
	stored []*stored             // the closed files, oldest first
	last   map[love.Group]uint32 // numbers of the newest messages in the closed files
	cache  indexCache

	waiting sync.Mutex
	news    chan struct{} // closed when something was recorded; nil if nobody waits

	// Of the writer alone:
	encoders *encoders
	blocked  bool      // the last chunk could not be written
	retry    time.Time // of a slab or a file that could not be written
	pruned   time.Time // when old files were removed last
	age      ageClock
	writes   *outage.Log
	delays   *outage.Log
	strange  *outage.Log

	recorded atomic.Uint64
	dropped  [2]atomic.Uint64 // telemetry, everything else
	failure  atomic.Pointer[string]
	stop     chan struct{}
	stopOnce sync.Once
	running  sync.WaitGroup
	closeErr error
}

// ErrInUse is returned by [Open] for a folder into which another process, or another
// archive of this one, records.
var ErrInUse = errors.New("another archive records into the folder")

const lockName = "love.lock"

// Open opens the archive in a folder and begins to write what it is given. What a killed
// process left is completed first: whatever had reached a closed chunk is kept, the rest
// is cut off, and the log has one line about it.
func Open(config Config) (*Archive, error) {
	a := &Archive{
		config: config, clock: config.Clock, log: config.Log, queue: newQueue(), encoders: newEncoders(), stop: make(chan struct{}),
		last: map[love.Group]uint32{},
	}
	if a.clock == nil {
		a.clock = love.SystemClock{}
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if config.FileBytes <= 0 {
		a.config.FileBytes = 256 << 20
		if config.MaxBytes > 0 {
			a.config.FileBytes = min(a.config.FileBytes, config.MaxBytes/8)
		}
	}
	a.writes = outage.New(a.log, slog.LevelError, "the archive cannot be written: telemetry is not recorded, events wait; free space or mend the disk", "the archive is written again")
	a.delays = outage.New(a.log, slog.LevelWarn, "the disk of the archive is too slow: messages are not recorded", "the archive keeps up again")
	a.strange = outage.New(a.log, slog.LevelWarn, "a message is not recorded", "messages are recorded again")
	if err := a.takeFolder(); err != nil {
		return nil, fmt.Errorf("archive %s: %w", config.Dir, err)
	}
	if err := a.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("archive %s: %w", config.Dir, err), a.lock.Close())
	}
	now := a.clock.Now()
	a.age.start(now, a.readAge(), a.log)
	a.prune(now)
	a.running.Go(a.write)
	return a, nil
}

// takeFolder makes the folder and locks it.
func (a *Archive) takeFolder() error {
	if a.config.Dir == "" {
		return errors.New("no folder is given")
	}
	if err := os.MkdirAll(a.config.Dir, 0o750); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(a.config.Dir, lockName), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return fmt.Errorf("the folder cannot be written: %w", err)
	}
	taken, err := lockFile(lock)
	if taken {
		err = fmt.Errorf("%w: give each manager a folder of its own", ErrInUse)
	}
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	a.lock = lock
	return nil
}

// Close writes what has arrived, closes the files and ends the archive. The error says
// what could not be written.
func (a *Archive) Close() error {
	a.stopOnce.Do(func() {
		a.queue.close()
		close(a.stop)
		a.running.Wait()
		a.closeErr = errors.Join(a.closeErr, a.lock.Close())
	})
	return a.closeErr
}

// Subscriber is where messages come from: a hub.Hub, or a client.Client. One that has a
// method SubscribeEvery, as a hub has, is asked by that one.
type Subscriber interface {
	SubscribeWith(ctx context.Context, o love.SubscribeOptions, groups ...love.Group) iter.Seq2[love.Delivery, error]
}

// DefaultGroups returns the groups that deliver all events and telemetry of a hub, each
// message with its number.
func DefaultGroups() []love.Group {
	return []love.Group{
		{Category: love.CategoryEvent, CSC: "*", SalIndex: "*", Stream: "*"},
		{Category: love.CategoryTelemetry, CSC: "*", SalIndex: "*", Stream: "*"},
	}
}

// Record joins groups, by default those of [DefaultGroups], and returns a function that records
// what they deliver from then on. It must be called, and returns when ctx ends, with its
// error, or the subscription does. A message of which several groups deliver the same
// stream is recorded once.
//
// Recording never waits for the disk. When that is slow or full, telemetry is dropped,
// events are kept up to a bound, and both are counted; see [Archive.Stats].
func (a *Archive) Record(ctx context.Context, from Subscriber, groups ...love.Group) (run func() error) {
	if len(groups) == 0 {
		groups = DefaultGroups()
	}
	deliveries := subscribe(ctx, from, groups)
	return func() error {
		for d, err := range deliveries {
			if err == nil {
				err = a.put(item{Delivery: d, groups: groups})
			}
			if err != nil {
				return fmt.Errorf("recording: %w", err)
			}
		}
		return cmp.Or(ctx.Err(), os.ErrClosed)
	}
}

// subscribe joins groups. Of a hub it asks to be woken less often: otherwise each message
// costs those who route it a change of goroutines.
func subscribe(ctx context.Context, from Subscriber, groups []love.Group) iter.Seq2[love.Delivery, error] {
	o := love.SubscribeOptions{Seq: true}
	type every interface {
		SubscribeEvery(context.Context, time.Duration, love.SubscribeOptions, ...love.Group) iter.Seq2[love.Delivery, error]
	}
	if h, ok := from.(every); ok {
		return h.SubscribeEvery(ctx, time.Millisecond, o, groups...)
	}
	return from.SubscribeWith(ctx, o, groups...)
}

// put queues a delivery, or drops it. The error is that the archive is closed.
func (a *Archive) put(i item) error {
	if a.queue.push(i) {
		return nil
	}
	select {
	case <-a.stop:
		return os.ErrClosed
	default:
	}
	a.drop(i.isTelemetry())
	a.delays.Failed(a.clock.Now(), errors.New("too much waits to be written"))
	return nil
}

// Flush writes what has arrived so far, as if a second had passed, and returns when it
// is in the file.
func (a *Archive) Flush(ctx context.Context) error {
	done := make(chan error, 1)
	if !a.queue.push(item{request: func() { done <- a.closeChunk(a.clock.Now()) }}) {
		return fmt.Errorf("archive %s: %w", a.config.Dir, os.ErrClosed)
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-a.stop:
		return fmt.Errorf("archive %s: %w", a.config.Dir, os.ErrClosed)
	}
}

// Stats are the figures of an archive since it was opened.
type Stats struct {
	Recorded         uint64 `json:"recorded"`          // messages, each of one stream
	DroppedTelemetry uint64 `json:"dropped_telemetry"` // deliveries that were not recorded
	DroppedEvents    uint64 `json:"dropped_events"`    // the same, of everything else
	Files            int    `json:"files"`
	Bytes            int64  `json:"bytes"` // of all files
	// Failure is why the archive cannot be written at present; empty if it can.
	Failure string `json:"failure"`
}

// Stats returns the present figures.
func (a *Archive) Stats() Stats {
	s := Stats{Recorded: a.recorded.Load(), DroppedTelemetry: a.dropped[0].Load(), DroppedEvents: a.dropped[1].Load()}
	if f := a.failure.Load(); f != nil {
		s.Failure = *f
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, f := range a.stored {
		s.Files++
		s.Bytes += f.size
	}
	if a.part != nil {
		a.part.mu.RLock()
		defer a.part.mu.RUnlock()
		if a.part.file != nil {
			s.Files++
			s.Bytes += a.part.size
		}
	}
	return s
}

func (a *Archive) drop(telemetry bool) {
	if telemetry {
		a.dropped[0].Add(1)
		return
	}
	a.dropped[1].Add(1)
}

var _ history.Source = (*Archive)(nil)
