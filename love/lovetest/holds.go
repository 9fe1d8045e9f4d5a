package lovetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander/authority"
)

// RunHolds is the conformance suite of [authority.Store]. open returns an empty
// store for each test (see [Stored]), and closes it with t.Cleanup.
//
//	func TestMyHolds(t *testing.T) {
//		lovetest.RunHolds(t, func(t *testing.T) lovetest.Stored[authority.Store] { … })
//	}
func RunHolds(t *testing.T, open func(t *testing.T) Stored[authority.Store]) {
	for name, test := range map[string]func(*testing.T, authority.Store){
		"changes are kept, the oldest hold first": holdsKeep,
		"a change that fails changes nothing":     holdsRefuse,
		"changes run one after the other":         holdsAreSerialized,
		"watchers are notified until they cancel": holdsNotify,
		"the result of Held is a copy":            holdsAreCopies,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t).Store) })
	}
	t.Run("what is stored outlives the store", func(t *testing.T) { holdsAreKept(t, open(t)) })
}

// hold returns the n-th hold.
func hold(n int) love.Hold {
	since := recordStart.Add(time.Duration(n) * time.Minute)
	return love.Hold{ID: fmt.Sprint(n), Pattern: "ATDome:*:move*", User: "añ", Since: since, Until: since.Add(time.Hour)}
}

func addHold(t *testing.T, h authority.Store, n int) {
	t.Helper()
	require.NoError(t, h.Change(t.Context(), func(held []love.Hold) ([]love.Hold, error) { return append(held, hold(n)), nil }))
}

func held(t *testing.T, h authority.Store) []love.Hold {
	t.Helper()
	all, err := h.Held()
	require.NoError(t, err)
	return all
}

func holdsKeep(t *testing.T, h authority.Store) {
	require.Empty(t, held(t, h))
	addHold(t, h, 1)
	addHold(t, h, 2)
	require.Equal(t, []love.Hold{hold(1), hold(2)}, held(t, h))
	require.NoError(t, h.Change(t.Context(), func(held []love.Hold) ([]love.Hold, error) {
		require.Equal(t, []love.Hold{hold(1), hold(2)}, held)
		return held[1:], nil
	}))
	require.Equal(t, []love.Hold{hold(2)}, held(t, h))
	require.NoError(t, h.Change(t.Context(), func([]love.Hold) ([]love.Hold, error) { return nil, nil }))
	require.Empty(t, held(t, h))
}

func holdsRefuse(t *testing.T, h authority.Store) {
	addHold(t, h, 1)
	no := errors.New("no")
	require.ErrorIs(t, h.Change(t.Context(), func(held []love.Hold) ([]love.Hold, error) {
		held[0].User = "ben"
		return held, no
	}), no)
	require.Equal(t, []love.Hold{hold(1)}, held(t, h))
}

func holdsAreSerialized(t *testing.T, h authority.Store) {
	const n = 20
	var changing sync.WaitGroup
	errs := make(chan error, n)
	for i := range n {
		changing.Go(func() {
			errs <- h.Change(context.Background(), func(held []love.Hold) ([]love.Hold, error) { return append(held, hold(i)), nil })
		})
	}
	changing.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, held(t, h), n)
}

func holdsNotify(t *testing.T, h authority.Store) {
	var notified atomic.Int32
	cancel := h.Watch(func() { notified.Add(1) })
	addHold(t, h, 1)
	require.EqualValues(t, 1, notified.Load())
	cancel()
	addHold(t, h, 2)
	require.EqualValues(t, 1, notified.Load())
}

func holdsAreCopies(t *testing.T, h authority.Store) {
	addHold(t, h, 1)
	held(t, h)[0].User = "ben"
	require.Equal(t, []love.Hold{hold(1)}, held(t, h))
}
