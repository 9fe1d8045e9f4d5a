package audit

import (
	"context"
	"slices"
	"sync"
)

// Log keeps records. Every implementation must be safe for concurrent use and
// pass lovetest.RunAuditLog.
type Log interface {
	Record(ctx context.Context, r Record) error
	// Records returns at most limit records, newest first.
	Records(ctx context.Context, limit int) ([]Record, error)
}

// maxRecords is how many records a [MemoryLog] keeps.
const maxRecords = 10_000

// MemoryLog keeps the newest records for the life of the process. The zero
// value is ready to use. It is safe for concurrent use.
type MemoryLog struct {
	mu  sync.Mutex
	all []Record
}

var _ Log = (*MemoryLog)(nil)

// Record implements [Log].
func (l *MemoryLog) Record(_ context.Context, r Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) >= maxRecords {
		l.all = slices.Delete(l.all, 0, maxRecords/10)
	}
	l.all = append(l.all, r)
	return nil
}

// Records implements [Log].
func (l *MemoryLog) Records(_ context.Context, limit int) ([]Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	newest := slices.Clone(l.all[max(0, len(l.all)-limit):])
	slices.Reverse(newest)
	return newest, nil
}
