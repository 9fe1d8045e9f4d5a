package store

import (
	"context"
	"time"
)

// checkpointPeriod is how often SQLite's log is moved into the database file.
// It is moved in the background, so that no writer waits for a long log. The first
// write afterwards waits for the disk, though, which sometimes takes long, so it is
// not done every second either.
const checkpointPeriod = 10 * time.Second

// checkpoint moves the log every checkpointPeriod until ctx ends. It ignores errors:
// the log then stays where it is, and if it grows very long, a write moves it.
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
