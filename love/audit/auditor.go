package audit

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/rubin-love/love-go/love"
)

// LogMessage is the message of the lines that an [Auditor] logs.
const LogMessage = "audit"

// Auditor writes each record to a [Log] and to the log of the process. It is
// safe for concurrent use if its Log is.
type Auditor struct {
	log    Log
	logger *slog.Logger
	clock  love.Clock
}

// Option changes a default of an [Auditor].
type Option func(*Auditor)

// WithLogger sets the log of the process. Default: nothing is logged.
func WithLogger(l *slog.Logger) Option { return func(a *Auditor) { a.logger = l } }

// WithClock sets the clock. Default: the system's.
func WithClock(c love.Clock) Option { return func(a *Auditor) { a.clock = c } }

// NewAuditor returns an auditor that keeps its records in a log. If the log is
// nil, they go to the log of the process only.
func NewAuditor(log Log, opts ...Option) *Auditor {
	a := &Auditor{log: log, logger: slog.New(slog.DiscardHandler), clock: love.SystemClock{}}
	for _, o := range opts {
		o(a)
	}
	return a
}

// maxText is the length of the longest text in a record, in bytes. Outsiders
// choose some of them.
const maxText = 300

// Record sets the time of a record and writes it, even if ctx has ended: it is
// about something that has happened. An error means that the record is only in
// the log of the process.
func (a *Auditor) Record(ctx context.Context, r Record) error {
	r.Time = a.clock.Now()
	r.Actor, r.Subject, r.Detail = bounded(r.Actor), bounded(r.Subject), bounded(r.Detail)
	level := slog.LevelInfo
	if r.Outcome != Done {
		level = slog.LevelWarn
	}
	a.logger.Log(ctx, level, LogMessage, "action", r.Action, "actor", r.Actor, "subject", r.Subject,
		"address", r.Address, "outcome", r.Outcome, "detail", r.Detail)
	if a.log == nil {
		return nil
	}
	if err := a.log.Record(context.WithoutCancel(ctx), r); err != nil {
		return fmt.Errorf("keeping an audit record (%s): %w", r.Action, err)
	}
	return nil
}

// Records returns at most limit records, newest first.
func (a *Auditor) Records(ctx context.Context, limit int) ([]Record, error) {
	if a.log == nil {
		return nil, nil
	}
	return a.log.Records(ctx, limit)
}

// bounded returns a text without control characters, which could forge a line
// of a log, and cut to maxText.
func bounded(text string) string {
	runes := []rune(text[:min(len(text), maxText)])
	for i, r := range runes {
		if r < ' ' || r == 0x7f {
			runes[i] = ' '
		}
	}
	return string(runes)
}
