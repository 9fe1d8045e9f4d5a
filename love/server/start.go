package server

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// startTask is something that a server does once. If it fails when the server starts,
// it is tried again until it is done: the database may be full or locked just then.
type startTask struct {
	do    func(context.Context) error
	fails *outage.Log
}

// taskRetry is the wait before what has failed is tried again.
const taskRetry = 10 * time.Second

// atStart does a task now, and keeps it for later if it fails.
func (s *Server) atStart(ctx context.Context, failing, done string, do func(context.Context) error) {
	t := startTask{do, outage.New(s.config.Logger, slog.LevelError, failing+", it is tried again", done)}
	if err := do(ctx); err != nil {
		t.fails.Failed(s.config.Clock.Now(), err)
		s.unfinished = append(s.unfinished, t)
	}
}

// finishStart repeats the tasks that have failed until all are done or ctx ends.
func (s *Server) finishStart(ctx context.Context) {
	for len(s.unfinished) > 0 {
		timer := s.config.Clock.NewTimer(taskRetry)
		select {
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
			return
		}
		var left []startTask
		for _, t := range s.unfinished {
			if err := t.do(ctx); err != nil {
				t.fails.Failed(s.config.Clock.Now(), err)
				left = append(left, t)
				continue
			}
			t.fails.Succeeded(s.config.Clock.Now())
		}
		s.unfinished = left
	}
}

// addMissing adds the default users that have a password and do not exist yet. What
// cannot be written now is added later; any other error is returned.
func (s *Server) addMissing(ctx context.Context) error {
	c := &s.config
	auditor := audit.NewAuditor(c.Storage.AuditLog(), audit.WithLogger(c.Logger), audit.WithClock(c.Clock))
	if check := c.checkPassword(); check != nil {
		for _, name := range slices.Sorted(maps.Keys(c.Passwords)) {
			if err := check(name, c.Passwords[name]); err != nil && c.Passwords[name] != "" {
				c.Logger.Warn("a default user has a password that can be guessed", "user", name, "error", err)
			}
		}
	}
	var unnoted []string // they have been added, but are not in the audit records
	add := func(ctx context.Context) error {
		added, err := s.access.users.AddMissing(ctx, c.Passwords)
		unnoted = append(unnoted, added...)
		for err == nil && len(unnoted) > 0 {
			r := audit.Record{Actor: "loved", Action: audit.UserAdded, Subject: unnoted[0], Outcome: audit.Done, Detail: "default user"}
			if err = auditor.Record(ctx, r); err == nil {
				unnoted = unnoted[1:]
			}
		}
		return err
	}
	var wrong error
	s.atStart(ctx, "the default users could not be added and recorded", "the default users are added and recorded", func(ctx context.Context) error {
		err := add(ctx)
		if err != nil && !errors.Is(err, auth.ErrUnavailable) {
			wrong, err = err, nil
		}
		return err
	})
	return wrong
}
