package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love/auth"
)

const (
	// writeCheckPeriod is how long the outcome of a write check is believed.
	// Monitoring asks every few seconds, often from several places.
	writeCheckPeriod = 5 * time.Second
	// minDiskSpace is how much space a SQLite file needs beside it, in bytes. The
	// log beside the file has room for some more writes when the disk is full, so that
	// a write alone would not show it in time.
	minDiskSpace = 256 << 10
)

// writeCheck remembers whether the database took the last write that was tried.
type writeCheck struct {
	turn chan struct{} // a semaphore for the fields below
	at   time.Time     // zero: never tried
	err  error
}

// checkWrite returns nil, or why the database takes no writes: its disk is full, it
// is read-only, locked, or a standby. It writes at most once per writeCheckPeriod.
func (s *Store) checkWrite(ctx context.Context) error {
	c := &s.writes
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
	defer func() { <-c.turn }()
	now := s.clock.Now()
	if !c.at.IsZero() && now.Sub(c.at) < writeCheckPeriod {
		return c.err
	}
	err := s.checkSpace()
	if err == nil {
		err = s.exec(ctx, `INSERT INTO revisions (topic, n) VALUES ('check', 1) ON CONFLICT (topic) DO UPDATE SET n = revisions.n + 1`)
	}
	if err != nil {
		err = fmt.Errorf("it cannot be written: %w", err)
	}
	if ctx.Err() == nil { // otherwise the caller ended the check, and its error is not the database's
		c.at, c.err = now, err
	}
	return err
}

// checkSpace returns an error if the disk of a SQLite file is full.
func (s *Store) checkSpace() error {
	if s.file.path == "" {
		return nil
	}
	free, ok := freeSpace(s.file.path)
	if !ok || free >= minDiskSpace {
		return nil
	}
	return fmt.Errorf("the disk of %s is full (%d KiB left), free some space: %w", s.file.path, free>>10, auth.ErrUnavailable)
}
