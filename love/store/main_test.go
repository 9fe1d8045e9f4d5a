package store_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/internal/pgtest"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database is a kind of database on which the tests run.
type database struct {
	name   string
	fresh  func(t testing.TB) (address string)
	shared bool // several stores can open the same database
}

var databases = []database{
	{name: "SQLite in memory", fresh: func(testing.TB) string { return store.Memory }},
	{name: "SQLite file", shared: true, fresh: func(t testing.TB) string {
		return "sqlite:" + filepath.Join(t.TempDir(), "love.db")
	}},
	{name: "PostgreSQL", shared: true, fresh: pgtest.Schema},
}

// runOnShared runs a test on each kind of database that several stores can open.
func runOnShared(t *testing.T, test func(t *testing.T, address string)) {
	for _, d := range databases {
		if d.shared {
			t.Run(d.name, func(t *testing.T) { test(t, d.fresh(t)) })
		}
	}
}

// stored opens a part of a store on a fresh database, for its conformance suite.
func stored[S any](t *testing.T, d database, part func(*store.Store) S, opts ...store.Option) lovetest.Stored[S] {
	address := d.fresh(t)
	open := func(t *testing.T) S { return part(openStore(t, address, opts...)) }
	all := lovetest.Stored[S]{Store: open(t)}
	if d.shared {
		all.Reopen = open
	}
	return all
}

// openStore opens a store that learns of changes when its clock says so.
func openStore(t testing.TB, address string, opts ...store.Option) *store.Store {
	t.Helper()
	return openListening(t, address, append(opts, store.WithoutListening())...)
}

// openListening opens a store that is told of changes, too, if the database can.
func openListening(t testing.TB, address string, opts ...store.Option) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), address, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
