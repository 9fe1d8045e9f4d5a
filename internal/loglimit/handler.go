// Package loglimit keeps a log from being flooded: of each message it passes on so many
// lines per second, and says how many it has held back. Nothing is held back silently.
package loglimit

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Rate is how many lines with the same message and level are passed on.
type Rate struct {
	PerSecond float64
	Burst     float64 // at once
}

const (
	// reportAfter is how long after the first line that was held back a line says how
	// many were, if no other line of that message has said so.
	reportAfter = 10 * time.Second
	// maxMessages is how many messages are told apart. Messages are constants; those beyond
	// it share a bucket.
	maxMessages = 1024
)

// Handler passes records on to another handler. Records below [slog.LevelInfo] have no
// limit: whoever asks for them wants all. Make one with [New].
type Handler struct {
	next    slog.Handler
	limiter *limiter
}

// New returns a handler in front of next. The exempt messages have no limit.
func New(next slog.Handler, r Rate, exempt ...string) *Handler {
	l := &limiter{rate: r, root: next, buckets: map[key]*bucket{}, exempt: map[string]bool{}}
	for _, message := range exempt {
		l.exempt[message] = true
	}
	return &Handler{next: next, limiter: l}
}

// Enabled implements [slog.Handler].
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// WithAttrs implements [slog.Handler]. The limit is shared.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{next: h.next.WithAttrs(attrs), limiter: h.limiter}
}

// WithGroup implements [slog.Handler]. The limit is shared.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{next: h.next.WithGroup(name), limiter: h.limiter}
}

// Handle implements [slog.Handler]. The first line after some that were held back has
// their number as "held_back".
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelInfo || h.limiter.exempt[r.Message] {
		return h.next.Handle(ctx, r)
	}
	pass, held := h.limiter.take(key{r.Level, r.Message})
	if !pass {
		return nil
	}
	if held > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Uint64("held_back", held))
	}
	return h.next.Handle(ctx, r)
}

// Flush says at once how many lines were held back, at the end of a program.
func (h *Handler) Flush() { h.limiter.flush() }

// key tells messages apart.
type key struct {
	level   slog.Level
	message string
}

// others is the key of the messages beyond maxMessages.
var others = key{slog.LevelWarn, "other messages"}

type bucket struct {
	tokens float64
	at     time.Time // when there were as many
	held   uint64    // lines since the last that was passed on
	report *time.Timer
}

type limiter struct {
	rate   Rate
	root   slog.Handler
	exempt map[string]bool

	mu      sync.Mutex
	buckets map[key]*bucket
}

// take reports whether a line is passed on, and how many were held back before it.
func (l *limiter) take(k key) (pass bool, held uint64) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	k, b := l.bucket(k, now)
	b.tokens = min(l.rate.Burst, b.tokens+now.Sub(b.at).Seconds()*l.rate.PerSecond)
	b.at = now
	if b.tokens < 1 {
		b.held++
		if b.report == nil {
			b.report = time.AfterFunc(reportAfter, func() { l.report(k) })
		}
		return false, 0
	}
	b.tokens--
	held, b.held = b.held, 0
	if b.report != nil {
		b.report.Stop()
		b.report = nil
	}
	return true, held
}

// bucket returns the bucket of a message, which may be that of the others.
func (l *limiter) bucket(k key, now time.Time) (key, *bucket) {
	if b := l.buckets[k]; b != nil {
		return k, b
	}
	if len(l.buckets) >= maxMessages {
		for old, b := range l.buckets { // those that are as new are not missed
			if b.held == 0 && b.tokens+now.Sub(b.at).Seconds()*l.rate.PerSecond >= l.rate.Burst {
				delete(l.buckets, old)
			}
		}
	}
	if len(l.buckets) >= maxMessages {
		k = others
	}
	b := l.buckets[k]
	if b == nil {
		b = &bucket{tokens: l.rate.Burst, at: now}
		l.buckets[k] = b
	}
	return k, b
}

// report writes how many lines of a message were held back, unless a line has said so.
func (l *limiter) report(k key) {
	l.mu.Lock()
	b := l.buckets[k]
	var held uint64
	if b != nil {
		held, b.held, b.report = b.held, 0, nil
	}
	l.mu.Unlock()
	if held == 0 {
		return
	}
	r := slog.NewRecord(time.Now(), k.level, "lines of the log were held back, because there were too many of the same", 0)
	r.AddAttrs(slog.String("message", k.message), slog.Uint64("held_back", held))
	_ = l.root.Handle(context.Background(), r) // there is no better place to say so
}

func (l *limiter) flush() {
	l.mu.Lock()
	var keys []key
	for k, b := range l.buckets {
		if b.report != nil {
			b.report.Stop()
		}
		keys = append(keys, k)
	}
	l.mu.Unlock()
	for _, k := range keys {
		l.report(k)
	}
}
