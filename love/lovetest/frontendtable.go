package lovetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/frontend"
)

type frontendRun struct {
	open func(t *testing.T, c love.Clock) Stored[frontend.Store]
}

// frontendObject is a pointer to an object with a Meta.
type frontendObject[T any] interface {
	*T
	Object() *frontend.Meta
}

// frontendTable is a table to be tested.
type frontendTable[T any, P frontendObject[T]] struct {
	name    string
	of      func(frontend.Store) frontend.Table[T]
	example func(n int) T // n from 1
	change  func(*T)
}

// frontendTest is a table of a store of its own.
type frontendTest[T any, P frontendObject[T]] struct {
	frontendTable[T, P]
	frontend.Table[T]
	clock *Clock
}

func runFrontendTable[T any, P frontendObject[T]](t *testing.T, r frontendRun, table frontendTable[T, P]) {
	for name, test := range map[string]func(*testing.T, frontendTest[T, P]){
		"an object comes back as it was":        frontendComesBack[T, P],
		"a change keeps ID and creation":        frontendChanges[T, P],
		"a change that fails changes nothing":   frontendChangeFails[T, P],
		"changes at the same time are all kept": frontendChangesAtOnce[T, P],
		"an object is deleted":                  frontendDeletes[T, P],
		"an object is imported once":            frontendImports[T, P],
		"only a new table is seeded":            frontendSeeds[T, P],
	} {
		t.Run(table.name+": "+name, func(t *testing.T) {
			clock := NewClock(frontendStart)
			s := r.open(t, clock).Store
			if table.name == "views in workspaces" {
				addWorkspace(t, s, 9)
			}
			test(t, frontendTest[T, P]{table, table.of(s), clock})
		})
	}
}

// add adds the n-th example.
func (f frontendTest[T, P]) add(t *testing.T, n int) T {
	t.Helper()
	f.clock.Advance(time.Second)
	o, err := f.Create(t.Context(), f.example(n))
	require.NoError(t, err)
	return o
}

// with returns the n-th example with other data.
func (f frontendTest[T, P]) with(n int, m frontend.Meta) T {
	o := f.example(n)
	*P(&o).Object() = m
	return o
}

func (f frontendTest[T, P]) requireList(t *testing.T, want ...T) {
	t.Helper()
	all, err := f.List(t.Context())
	require.NoError(t, err)
	require.NotNil(t, all)
	require.Len(t, all, len(want))
	for i := range want {
		require.Equal(t, want[i], all[i])
	}
}

func frontendComesBack[T any, P frontendObject[T]](t *testing.T, f frontendTest[T, P]) {
	f.requireList(t)
	first, second := f.add(t, 1), f.add(t, 2)
	require.Equal(t, f.with(1, frontend.Meta{ID: 1, Created: frontendStart.Add(time.Second), Updated: frontendStart.Add(time.Second)}), first)
	require.EqualValues(t, 2, P(&second).Object().ID)
	f.requireList(t, first, second)
	got, err := f.Get(t.Context(), 2)
	require.NoError(t, err)
	require.Equal(t, second, got)
	_, err = f.Get(t.Context(), 3)
	require.ErrorIs(t, err, frontend.ErrNotFound)
	dated := frontend.Meta{ID: 99, Created: time.Date(2020, 1, 1, 0, 0, 0, 1500, time.UTC), Updated: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}
	third, err := f.Create(t.Context(), f.with(3, dated))
	require.NoError(t, err)
	require.Equal(t, frontend.Meta{ID: 3, Created: dated.Created.Truncate(time.Microsecond), Updated: dated.Updated}, *P(&third).Object())
}

func frontendChanges[T any, P frontendObject[T]](t *testing.T, f frontendTest[T, P]) {
	was := f.add(t, 1)
	other := f.add(t, 2)
	f.clock.Advance(time.Minute)
	want := was
	P(&want).Object().Updated = frontendStart.Add(time.Minute + 2*time.Second)
	f.change(&want)
	got, err := f.Update(t.Context(), 1, func(o *T) error {
		require.Equal(t, was, *o)
		f.change(o)
		*P(o).Object() = frontend.Meta{ID: 7}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, want, got)
	f.requireList(t, want, other)
	_, err = f.Update(t.Context(), 7, func(*T) error { return errors.New("called") })
	require.ErrorIs(t, err, frontend.ErrNotFound)
}

func frontendChangeFails[T any, P frontendObject[T]](t *testing.T, f frontendTest[T, P]) {
	was, no := f.add(t, 1), errors.New("no")
	_, err := f.Update(t.Context(), 1, func(o *T) error {
		f.change(o)
		return no
	})
	require.ErrorIs(t, err, no)
	f.requireList(t, was)
}

func frontendChangesAtOnce[T any, P frontendObject[T]](t *testing.T, f frontendTest[T, P]) {
	const n = 9
	var changing sync.WaitGroup
	errs := make(chan error, 2*n)
	for i := range n {
		changing.Go(func() {
			o, err := f.Create(t.Context(), f.example(i+1))
			errs <- err
			_, err = f.Update(t.Context(), P(&o).Object().ID, func(o *T) error { f.change(o); return nil })
			errs <- err
		})
	}
	changing.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	all, err := f.List(t.Context())
	require.NoError(t, err)
	require.Len(t, all, n)
	for i, o := range all {
		require.EqualValues(t, i+1, P(&o).Object().ID)
	}
}

func frontendDeletes[T any, P frontendObject[T]](t *testing.T, f frontendTest[T, P]) {
	f.add(t, 1)
	second := f.add(t, 2)
	require.NoError(t, f.Delete(t.Context(), 1))
	require.ErrorIs(t, f.Delete(t.Context(), 1), frontend.ErrNotFound)
	_, err := f.Get(t.Context(), 1)
	require.ErrorIs(t, err, frontend.ErrNotFound)
	f.requireList(t, second)
	require.NoError(t, f.Delete(t.Context(), 2))
	third := f.add(t, 3)
	require.EqualValues(t, 3, P(&third).Object().ID, "an ID is not given again")
}

func frontendImports[T any, P frontendObject[T]](t *testing.T, f frontendTest[T, P]) {
	ctx := t.Context()
	old := func(id, year int) frontend.Meta {
		at := time.Date(year, 5, 6, 7, 8, 9, 0, time.UTC)
		return frontend.Meta{ID: int64(id), Created: at, Updated: at.Add(time.Hour)}
	}
	requireImport := func(origin string, o T, id int64, added bool) {
		t.Helper()
		gotID, gotAdded, err := f.Import(ctx, origin, o)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(id, added), fmt.Sprint(gotID, gotAdded))
	}
	own := f.add(t, 1)
	created := P(&own).Object().Created
	requireImport("a", f.with(2, old(5, 2020)), 5, true)
	requireImport("a", f.with(3, old(6, 2020)), 5, false)
	requireImport("b", f.with(4, old(1, 2020)), 6, true)
	requireImport("c", f.with(5, *P(&own).Object()), 1, false)
	requireImport("d", f.with(6, frontend.Meta{Created: created}), 7, true)
	f.requireList(t, own, f.with(2, old(5, 2020)), f.with(4, old(6, 2020)), f.with(6, frontend.Meta{ID: 7, Created: created, Updated: f.clock.Now()}))
	require.NoError(t, f.Delete(ctx, 5))
	requireImport("a", f.with(2, old(5, 2020)), 5, false)
	requireImport("e", f.with(7, old(5, 2022)), 5, true)
	added := f.add(t, 8)
	require.EqualValues(t, 8, P(&added).Object().ID)
}

func frontendSeeds[T any, P frontendObject[T]](t *testing.T, f frontendTest[T, P]) {
	require.NoError(t, f.Seed(t.Context(), f.example(1), f.example(2)))
	all, err := f.List(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, f.with(2, frontend.Meta{ID: 2, Created: frontendStart, Updated: frontendStart}), all[1])
	require.NoError(t, f.Seed(t.Context(), f.example(3)))
	require.NoError(t, f.Delete(t.Context(), 1))
	require.NoError(t, f.Delete(t.Context(), 2))
	require.NoError(t, f.Seed(t.Context(), f.example(3)))
	f.requireList(t)
}
