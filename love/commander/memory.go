package commander

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// MemoryRecord is a [Record] that is lost when the process ends.
type MemoryRecord struct {
	mu      sync.Mutex
	most    int
	entries []Entry // by ID
}

var _ Record = (*MemoryRecord)(nil)

// NewMemoryRecord returns a record that keeps only the newest entries. most is
// how many it keeps; 0 means 10000.
func NewMemoryRecord(most int) *MemoryRecord {
	if most <= 0 {
		most = 10000
	}
	return &MemoryRecord{most: most}
}

// Begin implements [Record].
func (m *MemoryRecord) Begin(_ context.Context, e Entry) error {
	e.Params = bytes.Clone(e.Params)
	m.mu.Lock()
	defer m.mu.Unlock()
	at, taken := m.find(e.ID)
	if taken {
		return fmt.Errorf("the record has a command %s already", e.ID)
	}
	if len(m.entries) == m.most {
		if at == 0 {
			return nil // older than all that are kept
		}
		m.entries = slices.Delete(m.entries, 0, 1)
		at--
	}
	m.entries = slices.Insert(m.entries, at, e)
	return nil
}

func (m *MemoryRecord) find(id string) (at int, found bool) {
	return slices.BinarySearchFunc(m.entries, id, func(e Entry, id string) int {
		return bytes.Compare([]byte(e.ID), []byte(id))
	})
}

// Change implements [Record].
func (m *MemoryRecord) Change(_ context.Context, changes ...Change) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range changes {
		if at, found := m.find(c.ID); found {
			m.entries[at].Outcome = c.Outcome
		} else {
			err = errors.Join(err, fmt.Errorf("%w: %s", ErrNoEntry, c.ID))
		}
	}
	return err
}

// List implements [Record].
func (m *MemoryRecord) List(_ context.Context, f Filter) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []Entry
	for _, e := range slices.Backward(m.entries) {
		if len(found) == f.Page() {
			break
		}
		if f.Selects(e) {
			e.Params = bytes.Clone(e.Params)
			found = append(found, e)
		}
	}
	return found, nil
}

// Interrupted implements [Record].
func (m *MemoryRecord) Interrupted(_ context.Context, manager string) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.entries {
		switch e := &m.entries[i]; {
		case e.Manager != manager || e.State.Final():
			continue
		case e.State == Awaiting:
			e.Outcome = Outcome{State: Refused, Result: UnapprovedResult}
		default:
			e.Outcome = Outcome{State: Unknown, Result: InterruptedResult, ApprovedBy: e.ApprovedBy}
		}
		n++
	}
	return n, nil
}

// Prune implements [Record].
func (m *MemoryRecord) Prune(_ context.Context, before time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	had := len(m.entries)
	m.entries = slices.DeleteFunc(m.entries, func(e Entry) bool { return e.Time.Before(before) })
	return had - len(m.entries), nil
}
