package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/history/historyhttp"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
)

// historyRoutes returns the paths of the history API, none if nothing can be asked.
func (s *Server) historyRoutes() []manager.Route {
	c := historyhttp.Config{Sources: maps.Clone(s.config.History), Limits: s.config.HistoryLimits, Logger: s.config.Logger}
	if s.recording != nil {
		if c.Sources == nil {
			c.Sources = map[string]history.Source{}
		}
		c.Sources[ArchiveName], c.Default = s.recording, ArchiveName
	}
	if len(c.Sources) == 0 {
		return nil
	}
	return historyhttp.New(c).Routes()
}

// recording records what the hub carries into an archive. While the archive's folder
// cannot be opened, it is a source that cannot answer.
type recording struct {
	config archive.Config
	clock  love.Clock
	log    *slog.Logger
	breaks *outage.Log

	mu      sync.RWMutex
	archive *archive.Archive // nil while the folder cannot be opened
	failure error            // why it cannot
	last    archive.Stats    // once the archive is closed

	ending  atomic.Bool // the hub ends
	stop    context.CancelFunc
	running sync.WaitGroup
}

// recordingRetry is the wait before recording goes on after it was interrupted.
const recordingRetry = time.Second

// newRecording returns a recording that has not begun; nil if none is configured.
func newRecording(c *Config) *recording {
	if c.Archive.Dir == "" {
		return nil
	}
	r := &recording{config: c.Archive, clock: c.Clock, log: c.Logger, stop: func() {}}
	if r.config.Clock == nil {
		r.config.Clock = c.Clock
	}
	if r.config.Log == nil {
		r.config.Log = c.Logger
	}
	r.breaks = outage.New(r.log, slog.LevelWarn, "recording into the archive was interrupted", "recording into the archive goes on")
	return r
}

// begin returns what opens the archive and begins to record what the hub carries.
func (r *recording) begin(h *hub.Hub) func(context.Context) error {
	return func(context.Context) error {
		a, err := archive.Open(r.config)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.failure = err; err != nil {
			return err
		}
		r.archive = a
		ctx, stop := context.WithCancel(context.Background())
		r.stop = stop
		run := a.Record(ctx, h)
		r.running.Go(func() { r.record(ctx, a, h, run) })
		s := a.Stats()
		r.log.Info("archive: recording", "folder", r.config.Dir, "files", s.Files, "bytes", s.Bytes,
			"max_age", r.config.MaxAge, "max_bytes", r.config.MaxBytes)
		return nil
	}
}

// record records until ctx ends, and begins again if the hub has closed the subscription
// because it was too slow.
func (r *recording) record(ctx context.Context, a *archive.Archive, h *hub.Hub, run func() error) {
	for {
		err := run()
		if ctx.Err() != nil || r.ending.Load() {
			return
		}
		r.breaks.Failed(r.clock.Now(), err)
		wait := r.clock.NewTimer(recordingRetry)
		select {
		case <-wait.C():
		case <-ctx.Done():
			wait.Stop()
			return
		}
		run = a.Record(ctx, h)
		r.breaks.Succeeded(r.clock.Now())
	}
}

// close closes the archive, after the hub has ended.
func (r *recording) close() error {
	r.mu.Lock()
	a := r.archive
	r.archive, r.failure = nil, errors.New("the server has ended")
	r.stop()
	r.mu.Unlock()
	if a == nil {
		return nil
	}
	r.running.Wait()
	err := a.Close()
	s := a.Stats()
	r.mu.Lock()
	r.last = s
	r.mu.Unlock()
	if err != nil {
		r.log.Error("the archive could not be closed: what is missing is completed at the next start", "error", err)
		return err
	}
	r.log.Info("archive: closed", "recorded", s.Recorded, "dropped_telemetry", s.DroppedTelemetry, "dropped_events", s.DroppedEvents,
		"files", s.Files, "bytes", s.Bytes)
	return nil
}

// open returns the archive, or why there is none.
func (r *recording) open() (*archive.Archive, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.archive == nil {
		return nil, fmt.Errorf("%w: %w", history.ErrUnavailable, r.failure)
	}
	return r.archive, nil
}

// check returns why nothing is recorded at present, for /readyz.
func (r *recording) check(context.Context) error {
	a, err := r.open()
	if err != nil {
		return err
	}
	if s := a.Stats(); s.Failure != "" {
		return errors.New(s.Failure)
	}
	return nil
}

// stats returns the figures of the archive, and whether it can be written, for metrics.
func (r *recording) stats() (s archive.Stats, writable bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.archive == nil {
		return r.last, false
	}
	s = r.archive.Stats()
	return s, s.Failure == ""
}

// ask asks the archive, if there is one.
func ask[A any](r *recording, query func(*archive.Archive) (A, error)) (answer A, err error) {
	a, err := r.open()
	if err != nil {
		return answer, err
	}
	return query(a)
}

// Streams implements [history.Source].
func (r *recording) Streams(ctx context.Context) ([]history.Stream, error) {
	return ask(r, func(a *archive.Archive) ([]history.Stream, error) { return a.Streams(ctx) })
}

// Series implements [history.Source].
func (r *recording) Series(ctx context.Context, q history.SeriesQuery) ([]history.Series, error) {
	return ask(r, func(a *archive.Archive) ([]history.Series, error) { return a.Series(ctx, q) })
}

// Newest implements [history.Source].
func (r *recording) Newest(ctx context.Context, q history.NewestQuery) ([]history.Series, error) {
	return ask(r, func(a *archive.Archive) ([]history.Series, error) { return a.Newest(ctx, q) })
}

// Events implements [history.Source].
func (r *recording) Events(ctx context.Context, q history.EventQuery) (history.Page, error) {
	return ask(r, func(a *archive.Archive) (history.Page, error) { return a.Events(ctx, q) })
}

// Has implements [hub.Past].
func (r *recording) Has(stream love.Group, number uint64) bool {
	a, err := r.open()
	return err != nil || a.Has(stream, number) // Past says why there is none
}

// Past implements [hub.Past].
func (r *recording) Past(ctx context.Context, q love.PastQuery) iter.Seq2[love.PastMessage, error] {
	a, err := r.open()
	if err != nil {
		return func(yield func(love.PastMessage, error) bool) { yield(love.PastMessage{}, err) }
	}
	return a.Past(ctx, q)
}

// Export writes messages as an MCAP file; see [archive.Archive.Export].
func (r *recording) Export(ctx context.Context, to io.Writer, span history.Span, groups ...love.Group) error {
	a, err := r.open()
	if err != nil {
		return err
	}
	return a.Export(ctx, to, span, groups...)
}
