package store

import (
	"context"
	"time"
)

// checkpointPeriod is how often what SQLite has logged is moved into the
// database file. Done beside the writers, none of them has to wait until a long
// log has been moved; but the first one after has to wait for the disk, which
// takes its time now and then, so that it is not done every second either.
const checkpointPeriod = 10 * time.Second

// checkpoint moves the log until ctx ends. That it could not is no failure: it
// stays where it is, and a very long one is moved by who writes to it.
func (s *Store) checkpoint(ctx context.Context) {
	tick := time.NewTicker(checkpointPeriod)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_, _ = s.db.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
		case <-ctx.Done():
			return
		}
	}
}
