package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

func TestCommandRecord(t *testing.T) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			lovetest.RunRecord(t, func(t *testing.T) lovetest.Stored[record.Store] {
				return stored(t, d, (*store.Store).Commands)
			})
		})
	}
}

func TestHolds(t *testing.T) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			lovetest.RunHolds(t, func(t *testing.T) lovetest.Stored[authority.Store] { return stored(t, d, (*store.Store).Holds) })
		})
	}
}

func TestHolds_AreSharedByAllProcesses(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		here, there := openStore(t, address), openStore(t, address)
		notified := make(chan string, 2)
		defer here.Holds().Watch(func() { notified <- "here" })()
		hold := love.Hold{ID: "1", Pattern: "ATDome", User: "ana", Since: time.Unix(1, 0).UTC(), Until: time.Unix(2, 0).UTC()}
		require.NoError(t, here.Holds().Change(t.Context(), func(held []love.Hold) ([]love.Hold, error) {
			return append(held, hold), nil
		}))
		require.Equal(t, "here", receive(t, notified))
		require.NoError(t, there.Holds().Change(t.Context(), func(held []love.Hold) ([]love.Hold, error) {
			require.Equal(t, []love.Hold{hold}, held, "a change sees all earlier changes")
			return nil, nil
		}))
		require.Equal(t, "here", receive(t, notified))
		held, err := here.Holds().Held()
		require.NoError(t, err)
		require.Empty(t, held)
	})
}

func TestCommandRecord_OfABrokenDatabaseIsUnavailable(t *testing.T) {
	s := openStore(t, "sqlite:"+t.TempDir()+"/love.db")
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Commands().Begin(t.Context(), love.CommandEntry{ID: "1"}), auth.ErrUnavailable)
	require.ErrorIs(t, s.Commands().Change(t.Context(), record.Change{ID: "1"}), auth.ErrUnavailable)
	_, err := s.Commands().List(t.Context(), love.CommandFilter{})
	require.ErrorIs(t, err, auth.ErrUnavailable)
}

// BenchmarkCommandRecord records a command as a manager does.
func BenchmarkCommandRecord(b *testing.B) {
	for _, d := range databases {
		b.Run(d.name, func(b *testing.B) {
			r := openStore(b, d.fresh(b)).Commands()
			for i := 0; b.Loop(); i++ {
				id := fmt.Sprintf("%016x", i)
				require.NoError(b, r.Begin(b.Context(), love.CommandEntry{ID: id, Time: time.Now(), User: "ana", CSC: "ATDome", Command: "cmd_moveAzimuth", Params: []byte(`{"azimuth":90}`), CommandOutcome: love.CommandOutcome{State: love.CommandPending}}))
				require.NoError(b, r.Change(b.Context(), record.Change{ID: id, CommandOutcome: love.CommandOutcome{State: love.CommandDone, Status: 200, Code: 303, Result: "Done"}}))
			}
		})
	}
}

func TestCommandRecord_SurvivesMigrations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "love.db")
	s := openStore(t, "sqlite:"+path)
	at := time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)
	e := love.CommandEntry{ID: record.FirstID(at) + "00000000", Time: at, User: "ana", CSC: "ATDome", Command: "cmd_stop", Params: []byte(`{}`),
		CommandOutcome: love.CommandOutcome{State: love.CommandDone, Status: 200, Result: "Done", ApprovedBy: "ben"}}
	require.NoError(t, s.Commands().Begin(t.Context(), e))
	require.NoError(t, s.Close())

	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	p, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"))
	require.NoError(t, err)
	_, err = p.DownTo(t.Context(), 2)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	entries, err := openStore(t, "sqlite:"+path).Commands().List(t.Context(), love.CommandFilter{})
	require.NoError(t, err)
	require.Equal(t, []love.CommandEntry{e}, entries)
}

func TestCommandRecord_AcceptsTextsThatAreNotUTF8(t *testing.T) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			r := openStore(t, d.fresh(t)).Commands()
			e := love.CommandEntry{ID: record.FirstID(time.Unix(1, 0)), CSC: "a\x00b", Params: []byte("\xff"), CommandOutcome: love.CommandOutcome{State: love.CommandPending}}
			require.NoError(t, r.Begin(t.Context(), e))
			require.NoError(t, r.Change(t.Context(), record.Change{ID: e.ID, CommandOutcome: love.CommandOutcome{State: love.CommandFailed, Result: "bad \x00 text"}}))
			entries, err := r.List(t.Context(), love.CommandFilter{CSC: "a\x00b"})
			require.NoError(t, err)
			require.Len(t, entries, 1)
			require.Equal(t, "bad \uFFFD text", entries[0].Result)
		})
	}
}

func TestStore_SurvivesAPanicInAChange(t *testing.T) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			s := openStore(t, d.fresh(t))
			require.Panics(t, func() {
				_ = s.Holds().Change(t.Context(), func([]love.Hold) ([]love.Hold, error) { panic("a bug") })
			})
			require.NoError(t, s.Commands().Begin(t.Context(), love.CommandEntry{ID: record.FirstID(time.Unix(1, 0))}))
			held, err := s.Holds().Held()
			require.NoError(t, err)
			require.Empty(t, held)
		})
	}
}
