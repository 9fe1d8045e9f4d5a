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
	"github.com/rubin-love/love-go/love/commander"
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
		"commands wait as they were given":        waitingKeeps,
		"each command that waits is taken once":   waitingIsTakenOnce,
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

// waiting returns the n-th command that waits.
func waiting(n int) authority.Waiting {
	since := recordStart.Add(time.Duration(n) * time.Minute)
	c := commander.Call{
		Command: love.Command{CSC: "ATDome", SalIndex: n, Name: "cmd_moveAzimuth", Params: []byte(`{"azimuth":NaN,"n":9007199254740993}`), Identity: "añ@host"},
		Posted:  []byte(`{"csc":"ATDome","x":"\u0000"}`), User: "añ", Address: "10.0.0.1", UserVersion: 1 << 40, ID: fmt.Sprint(n),
	}
	if n > 1 {
		c.Posted, c.Params = nil, nil
	}
	return authority.Waiting{WaitingCommand: love.WaitingCommand{ID: c.ID, User: c.User, Command: c.Command, Since: since, Until: since.Add(time.Hour)}, Call: c}
}

func addWaiting(t *testing.T, h authority.Store, n int) {
	t.Helper()
	require.NoError(t, h.ChangeWaiting(t.Context(), func(all []authority.Waiting) ([]authority.Waiting, error) { return append(all, waiting(n)), nil }))
}

func waitingKeeps(t *testing.T, h authority.Store) {
	var notified atomic.Int32
	defer h.Watch(func() { notified.Add(1) })()
	addHold(t, h, 1)
	addWaiting(t, h, 1)
	addWaiting(t, h, 2)
	require.EqualValues(t, 3, notified.Load())
	all, err := h.Waiting()
	require.NoError(t, err)
	require.Equal(t, []authority.Waiting{waiting(1), waiting(2)}, all)
	all[0].User = "ben"
	no := errors.New("no")
	require.ErrorIs(t, h.ChangeWaiting(t.Context(), func(all []authority.Waiting) ([]authority.Waiting, error) {
		require.Equal(t, []authority.Waiting{waiting(1), waiting(2)}, all)
		return all[1:], no
	}), no)
	require.NoError(t, h.ChangeWaiting(t.Context(), func(all []authority.Waiting) ([]authority.Waiting, error) { return all[1:], nil }))
	all, err = h.Waiting()
	require.NoError(t, err)
	require.Equal(t, []authority.Waiting{waiting(2)}, all)
	require.Equal(t, []love.Hold{hold(1)}, held(t, h))
}

func waitingIsTakenOnce(t *testing.T, h authority.Store) {
	addWaiting(t, h, 1)
	var taken atomic.Int32
	var taking sync.WaitGroup
	errs := make(chan error, 10)
	for range cap(errs) {
		taking.Go(func() {
			n := int32(0)
			err := h.ChangeWaiting(context.Background(), func(all []authority.Waiting) ([]authority.Waiting, error) {
				n = int32(len(all))
				return nil, nil
			})
			taken.Add(n)
			errs <- err
		})
	}
	taking.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, taken.Load())
}
