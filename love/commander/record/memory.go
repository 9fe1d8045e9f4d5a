package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Memory is a [Store] that is lost when the process ends.
type Memory struct {
	mu      sync.Mutex
	most    int
	entries []love.CommandEntry // by ID
}

var _ Store = (*Memory)(nil)

// NewMemory returns a store that keeps only the newest entries. most is
// how many it keeps; 0 means 10000.
func NewMemory(most int) *Memory {
	if most <= 0 {
		most = 10000
	}
	return &Memory{most: most}
}

// Begin implements [Store].
func (m *Memory) Begin(_ context.Context, e love.CommandEntry) error {
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

func (m *Memory) find(id string) (at int, found bool) {
	return slices.BinarySearchFunc(m.entries, id, func(e love.CommandEntry, id string) int {
		return bytes.Compare([]byte(e.ID), []byte(id))
	})
}

// Change implements [Store].
func (m *Memory) Change(_ context.Context, changes ...Change) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range changes {
		if at, found := m.find(c.ID); found {
			m.entries[at].CommandOutcome = c.CommandOutcome
		} else {
			err = errors.Join(err, fmt.Errorf("%w: %s", ErrNoEntry, c.ID))
		}
	}
	return err
}

// List implements [Store].
func (m *Memory) List(_ context.Context, f love.CommandFilter) ([]love.CommandEntry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []love.CommandEntry
	for _, e := range slices.Backward(m.entries) {
		if len(found) == f.PageSize() {
			break
		}
		if f.Selects(e) {
			e.Params = bytes.Clone(e.Params)
			found = append(found, e)
		}
	}
	return found, nil
}

// Interrupted implements [Store].
func (m *Memory) Interrupted(_ context.Context, manager string, before time.Time, waiting ...string) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.entries {
		switch e := &m.entries[i]; {
		case e.Manager != manager || e.State.Final() || !before.IsZero() && e.ID >= FirstID(before):
			continue
		case e.State == love.CommandAwaiting && slices.Contains(waiting, e.ID):
			continue
		case e.State == love.CommandAwaiting:
			e.CommandOutcome = love.CommandOutcome{State: love.CommandRefused, Result: UnapprovedResult}
		default:
			e.CommandOutcome = love.CommandOutcome{State: love.CommandUnknown, Result: InterruptedResult, ApprovedBy: e.ApprovedBy}
		}
		n++
	}
	return n, nil
}

// Prune implements [Store].
func (m *Memory) Prune(_ context.Context, before time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	had := len(m.entries)
	m.entries = slices.DeleteFunc(m.entries, func(e love.CommandEntry) bool { return e.Time.Before(before) })
	return had - len(m.entries), nil
}
