package record_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMemory(t *testing.T) {
	lovetest.RunRecord(t, func(*testing.T) lovetest.Stored[record.Store] {
		return lovetest.Stored[record.Store]{Store: record.NewMemory(0)}
	})
}

func TestMemory_KeepsTheNewest(t *testing.T) {
	m := record.NewMemory(2)
	for _, id := range []string{"2", "3", "1", "4"} {
		require.NoError(t, m.Begin(t.Context(), love.CommandEntry{ID: id}))
	}
	entries, err := m.List(t.Context(), love.CommandFilter{})
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.Equal(t, "4", entries[0].ID)
	require.Equal(t, "3", entries[1].ID)
}

// brokenStore cannot be written.
type brokenStore struct{ record.Store }

func (brokenStore) Begin(context.Context, love.CommandEntry) error { return errors.New("disk full") }

func (brokenStore) Change(context.Context, ...record.Change) error { return errors.New("disk full") }

func TestRecorder_DoesNotSendWhatCannotBeRecorded(t *testing.T) {
	var inner lovetest.Commander
	r := record.New(&inner, brokenStore{})
	_, err := r.Execute(t.Context(), move)
	refused := commander.ErrorOf(err, "")
	require.Equal(t, commander.Busy, refused.Kind)
	require.Equal(t, time.Second, refused.RetryAfter)
	require.Contains(t, refused.Text, "was not sent, because it cannot be recorded")
	require.NotContains(t, refused.Text, "disk")
	require.Empty(t, inner.Calls())
	r.Close(t.Context())

	r = record.New(&inner, brokenStore{}, record.WithUnrecorded())
	ack, err := r.Execute(t.Context(), move)
	require.NoError(t, err)
	require.Equal(t, done, ack)
	require.Len(t, inner.Calls(), 1)
	r.Close(t.Context())
}

// flakyStore takes changes unless it is away, and never one with an odd result.
type flakyStore struct {
	record.Store
	mu   sync.Mutex
	away bool
}

const odd = "odd"

func (f *flakyStore) Change(ctx context.Context, changes ...record.Change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away {
		return errors.New("away")
	}
	for _, c := range changes {
		if strings.Contains(c.Result, odd) {
			return errors.New("cannot store that")
		}
	}
	return f.Store.Change(ctx, changes...)
}

func (f *flakyStore) setAway(away bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = away
}

// states returns those of all entries, the oldest first.
func (f *flakyStore) states(t *testing.T) (states []love.CommandState) {
	entries, err := f.List(t.Context(), love.CommandFilter{})
	require.NoError(t, err)
	for _, e := range slices.Backward(entries) {
		states = append(states, e.State)
	}
	return states
}

// withFlakyStore runs body in a bubble with a recorder whose second command has
// an odd result.
func withFlakyStore(t *testing.T, body func(t *testing.T, r *record.Recorder, f *flakyStore)) {
	synctest.Test(t, func(t *testing.T) {
		f := &flakyStore{Store: record.NewMemory(0)}
		n := 0
		r := record.New(commander.Func(func(context.Context, commander.Call) (love.Ack, error) {
			if n++; n == 2 {
				return love.Ack{Text: odd}, nil
			}
			return done, nil
		}), f)
		defer r.Close(t.Context())
		body(t, r, f)
	})
}

func TestRecorder_KeepsOutcomesForAStoreThatIsAway(t *testing.T) {
	withFlakyStore(t, func(t *testing.T, r *record.Recorder, f *flakyStore) {
		f.setAway(true)
		_, err := r.Execute(t.Context(), move)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.Equal(t, []love.CommandState{love.CommandPending}, f.states(t))
		f.setAway(false)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, []love.CommandState{love.CommandDone}, f.states(t))
	})
}

func TestRecorder_AnOutcomeThatCannotBeStoredDoesNotDelayOthers(t *testing.T) {
	withFlakyStore(t, func(t *testing.T, r *record.Recorder, f *flakyStore) {
		for range 3 {
			_, err := r.Execute(t.Context(), move)
			require.NoError(t, err)
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, []love.CommandState{love.CommandDone, love.CommandPending, love.CommandDone}, f.states(t))
	})
}

// A command that was approved but cannot be recorded is not sent, and is no
// longer recorded as waiting.
func TestRecorder_AnApprovedCommandThatCannotBeRecordedIsRefused(t *testing.T) {
	withFlakyStore(t, func(t *testing.T, r *record.Recorder, f *flakyStore) {
		c := move
		var err error
		c.ID, err = r.Await(t.Context(), c, "waits for ben")
		require.NoError(t, err)
		f.setAway(true)
		_, err = r.Execute(t.Context(), c)
		require.Equal(t, commander.Busy, commander.ErrorOf(err, "").Kind)
		f.setAway(false)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, []love.CommandState{love.CommandRefused}, f.states(t))
	})
}
