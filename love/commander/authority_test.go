package commander_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/lovetest"
)

// table is an authority over a recorder, and what reaches the commander.
type table struct {
	*commander.Authority
	recorder *commander.Recorder
	sent     []commander.Request
	told     atomic.Int32
}

func atTable(t *testing.T, body func(t *testing.T, a *table), opts ...commander.AuthorityOption) {
	synctest.Test(t, func(t *testing.T) {
		a := &table{}
		a.recorder = commander.NewRecorder(double{execute: func(_ context.Context, r commander.Request) (commander.Reply, error) {
			a.sent = append(a.sent, r)
			return commander.Done(), nil
		}}, commander.NewMemoryRecord(0))
		defer a.recorder.Close(t.Context())
		opts = append(opts, commander.WithAuthorityWatcher(func() { a.told.Add(1) }))
		a.Authority = commander.NewAuthority(a.recorder, opts...)
		body(t, a)
	})
}

// recorded are the outcomes of all commands, the first one first.
func (a *table) recorded(t *testing.T) (outcomes []commander.Outcome) {
	entries, err := a.recorder.List(t.Context(), commander.Filter{})
	require.NoError(t, err)
	for _, e := range slices.Backward(entries) {
		outcomes = append(outcomes, e.Outcome)
	}
	return outcomes
}

func (a *table) held(t *testing.T) []commander.Hold {
	held, err := a.Holds()
	require.NoError(t, err)
	return held
}

// by is the status that somebody's command is answered with.
func (a *table) by(t *testing.T, user, csc, cmd string) int {
	r := request(csc, 1, "cmd_"+cmd, `{}`)
	r.User = user
	reply, err := a.Execute(t.Context(), r)
	require.NoError(t, err)
	require.True(t, json.Valid(reply.Body))
	return reply.Status
}

// checked is the status of asking without sending.
func (a *table) checked(t *testing.T, user, csc, cmd string) int {
	before := len(a.sent)
	r := request(csc, 1, "cmd_"+cmd, `{}`)
	r.User = user
	reply, err := a.Check(t.Context(), r)
	require.NoError(t, err)
	require.Len(t, a.sent, before)
	return reply.Status
}

func TestAuthority_IsOffUntilSomebodyTakesIt(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		require.Equal(t, 200, a.by(t, "ana", "ATDome", "moveAzimuth"))
		r := commander.Request{Body: json.RawMessage(`{"anything":1}`)}
		_, err := a.Execute(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, r, a.sent[1], "nothing is checked")
		require.Zero(t, a.told.Load())
	})
}

func TestAuthority_ExcludesOthersUntilItsTimeIsOver(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		h, err := a.Take(t.Context(), "ana", "ATDome", time.Hour)
		require.NoError(t, err)
		require.Equal(t, commander.Hold{ID: h.ID, Pattern: "ATDome", User: "ana", Since: time.Now(), Until: time.Now().Add(time.Hour)}, h)
		require.Equal(t, 200, a.by(t, "ana", "ATDome", "moveAzimuth"))
		require.Equal(t, 200, a.by(t, "ben", "MTMount", "stop"))
		require.Equal(t, 403, a.by(t, "ben", "ATDome", "moveAzimuth"))
		require.Equal(t, 403, a.checked(t, "ben", "ATDome", "moveAzimuth"))
		require.Equal(t, 200, a.checked(t, "ana", "ATDome", "moveAzimuth"))
		require.Equal(t, `ana holds the authority over ATDome until 01:00:00 UTC. Nothing was sent: ask ana, or an administrator, to release it.`,
			a.recorded(t)[2].Result)
		odd := commander.Request{User: "ben", Body: json.RawMessage(`{"csc":"ATDome","csc":"MTMount","salindex":0,"cmd":"cmd_x","params":{}}`)}
		reply, err := a.Execute(t.Context(), odd)
		require.NoError(t, err)
		require.Equal(t, 400, reply.Status, "what can be read in two ways is not sent")
		time.Sleep(time.Hour)
		require.Equal(t, 200, a.by(t, "ben", "ATDome", "moveAzimuth"))
	})
}

func TestAuthority_IsReleasedByWhoHoldsItOrAnAdministrator(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		for _, c := range []struct {
			user  string
			admin bool
			err   error
		}{{"ben", false, commander.ErrNotYours}, {"ben", true, nil}, {"ana", false, nil}} {
			h, err := a.Take(t.Context(), "ana", "ATDome:*:move*", time.Hour)
			require.NoError(t, err)
			released, err := a.Release(t.Context(), h.ID, c.user, c.admin)
			require.ErrorIs(t, err, c.err)
			if err == nil {
				require.Equal(t, h, released)
			}
		}
		_, err := a.Release(t.Context(), "x", "ana", true)
		require.ErrorIs(t, err, commander.ErrNoSuch)
		require.Empty(t, a.held(t))
	})
}

func TestAuthority_OverlapIsRefusedAndTheSameProlonged(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		_, err := a.Take(t.Context(), "ana", "MT*:1", time.Hour)
		require.NoError(t, err)
		_, err = a.Take(t.Context(), "ben", "MTMount", time.Hour)
		require.ErrorIs(t, err, commander.ErrHeld)
		_, err = a.Take(t.Context(), "ben", "MTMount:2", time.Hour)
		require.NoError(t, err)
		h, err := a.Take(t.Context(), "ana", "MT*:1", 2*time.Hour)
		require.NoError(t, err)
		require.Equal(t, time.Now().Add(2*time.Hour), h.Until)
		require.Len(t, a.held(t), 2)
		_, err = a.Take(t.Context(), "ana", "ATDome", 13*time.Hour)
		require.ErrorIs(t, err, commander.ErrHoldTime)
		require.ErrorContains(t, err, "up to 12h0m0s")
	})
}

func TestAuthority_CommandWaitsForASecondPerson(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		require.Equal(t, 202, a.checked(t, "ana", "ATDome", "openShutter"))
		require.Empty(t, a.Waiting())
		require.Equal(t, 202, a.by(t, "ana", "ATDome", "openShutter"))
		require.Equal(t, 200, a.by(t, "ana", "ATDome", "moveAzimuth"))
		require.Equal(t, commander.Outcome{
			State: commander.Awaiting, Status: 202, Result: "The command waits for a second person's approval until 00:05:00 UTC.",
		}, a.recorded(t)[0])
		w := a.Waiting()[0]
		require.Equal(t, "ana", w.User)
		require.Equal(t, love.Command{CSC: "ATDome", SalIndex: 1, Name: "cmd_openShutter", Params: json.RawMessage(`{}`), Identity: "ana@host"}, w.Command)

		_, err := a.Approve(t.Context(), w.ID, "ana")
		require.ErrorIs(t, err, commander.ErrNotYours)
		reply, err := a.Approve(t.Context(), w.ID, "ben")
		require.NoError(t, err)
		require.Equal(t, commander.Done(), reply)
		require.Equal(t, "ana", a.sent[1].User)
		require.Equal(t, "ben", a.sent[1].ApprovedBy)
		_, err = a.Approve(t.Context(), w.ID, "ben")
		require.ErrorIs(t, err, commander.ErrNoSuch, "once")
		require.Equal(t, commander.Outcome{State: commander.Succeeded, Status: 200, Result: "Done", ApprovedBy: "ben"}, a.recorded(t)[0])
		require.Len(t, a.recorded(t), 2, "it is one command")
	}, commander.WithApproval("ATDome:*:open*"))
}

func TestAuthority_WhatIsNotApprovedIsNeverSent(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		require.Equal(t, 202, a.by(t, "ana", "ATDome", "openShutter"))
		require.NoError(t, a.Dismiss(t.Context(), a.Waiting()[0].ID, "ben"))
		require.Equal(t, commander.Outcome{State: commander.Refused, Status: 403, Result: "ben did not approve the command."}, a.recorded(t)[0])

		require.Equal(t, 202, a.by(t, "ana", "ATDome", "openShutter"))
		late := a.Waiting()[0].ID
		time.Sleep(5 * time.Minute)
		_, err := a.Approve(t.Context(), late, "ben")
		require.ErrorIs(t, err, commander.ErrNoSuch)
		require.Equal(t, commander.Outcome{State: commander.Refused, Status: 403, Result: "Nobody approved the command in time."}, a.recorded(t)[1])

		require.Equal(t, 202, a.by(t, "ana", "ATDome", "openShutter"))
		_, err = a.Take(t.Context(), "cleo", "ATDome", time.Hour)
		require.NoError(t, err)
		_, err = a.Approve(t.Context(), a.Waiting()[0].ID, "ben")
		require.ErrorIs(t, err, commander.ErrHeld)
		require.Equal(t, commander.Awaiting, a.recorded(t)[2].State)
		require.Empty(t, a.sent)
	}, commander.WithApproval("ATDome"))
}

func TestAuthority_LimitsAreSettings(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		require.Equal(t, 202, a.by(t, "ana", "ATDome", "openShutter"))
		require.Equal(t, time.Now().Add(time.Minute), a.Waiting()[0].Until)
		_, err := a.Take(t.Context(), "ana", "ATDome", 2*time.Hour)
		require.ErrorIs(t, err, commander.ErrHoldTime)
		_, err = a.Take(t.Context(), "ana", "ATDome", time.Hour)
		require.NoError(t, err)
	}, commander.WithApproval("ATDome:*:cmd_open*"), commander.WithApprovalTime(time.Minute), commander.WithLongestHold(time.Hour))
}

func TestAuthority_OnlySoManyCommandsWait(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		var giving sync.WaitGroup
		statuses := make(chan int, 300)
		for range cap(statuses) {
			giving.Go(func() {
				reply, err := a.Execute(t.Context(), request("ATDome", 1, "cmd_openShutter", `{}`))
				if err == nil {
					statuses <- reply.Status
				}
			})
		}
		giving.Wait()
		close(statuses)
		count := map[int]int{}
		for s := range statuses {
			count[s]++
		}
		require.Equal(t, map[int]int{202: 100, 503: 200}, count)
		require.Len(t, a.Waiting(), 100)
		require.NoError(t, a.Dismiss(t.Context(), a.Waiting()[0].ID, "ben"))
		require.Equal(t, 202, a.by(t, "ana", "ATDome", "openShutter"), "there is room again")
	}, commander.WithApproval("ATDome"))
}

func TestAuthority_OnlySoMuchIsHeld(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		for i := range 200 {
			_, err := a.Take(t.Context(), "ana", love.CommandPattern(fmt.Sprintf("ESS:%d", i)), time.Hour)
			require.NoError(t, err)
		}
		_, err := a.Take(t.Context(), "ana", "ATDome", time.Hour)
		require.ErrorIs(t, err, commander.ErrTooManyHolds)
		_, err = a.Take(t.Context(), "ana", "ESS:7", 2*time.Hour)
		require.NoError(t, err, "what is held can be prolonged")
	})
}

// An approved command that cannot be recorded is not sent, and does not look as
// if it still waited.
func TestAuthority_ApprovalThatCannotBeRecordedIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &moodyRecord{Record: commander.NewMemoryRecord(0), refuse: "odd"}
		r := commander.NewRecorder(double{}, m)
		defer r.Close(t.Context())
		a := commander.NewAuthority(r, commander.WithApproval("ATDome"))
		_, err := a.Execute(t.Context(), request("ATDome", 0, "cmd_openShutter", `{}`))
		require.NoError(t, err)
		m.leave(true)
		_, err = a.Approve(t.Context(), a.Waiting()[0].ID, "ben")
		require.Equal(t, 503, commander.ReplyTo(err).Status)
		m.leave(false)
		time.Sleep(time.Second)
		entries, err := r.List(t.Context(), commander.Filter{})
		require.NoError(t, err)
		require.Equal(t, commander.Refused, entries[0].State)
	})
}

func TestAuthority_RunRestsWhileItCannotKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &countedHolds{Holds: commander.NewMemoryHolds()}
		a := commander.NewAuthority(double{}, commander.WithHolds(h))
		_, err := a.Take(t.Context(), "ana", "ATDome", time.Minute)
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- a.Run(ctx) }()
		synctest.Wait()
		h.lost.Store(true)
		looks := h.looks.Load()
		time.Sleep(2 * time.Minute)
		require.LessOrEqual(t, h.looks.Load()-looks, int32(65), "once a second from when something ends")
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

// countedHolds counts who looks, and may be lost.
type countedHolds struct {
	commander.Holds
	lost  atomic.Bool
	looks atomic.Int32
}

func (h *countedHolds) Held() ([]commander.Hold, error) {
	h.looks.Add(1)
	if h.lost.Load() {
		return nil, errors.New("lost")
	}
	return h.Holds.Held()
}

func TestAuthority_WhatCouldBeReadInTwoWaysIsStopped(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		_, err := a.Take(t.Context(), "ana", "ATDome", time.Hour)
		require.NoError(t, err)
		reply, err := a.Execute(t.Context(), commander.Request{User: "ben", Body: json.RawMessage(
			`{"csc":"Test","salindex":0,"cmd":"cmd_moveAzimuth","params":{},"CSC":"ATDome"}`)})
		require.NoError(t, err)
		require.Equal(t, 400, reply.Status)
		require.Contains(t, string(reply.Body), `the key \"CSC\" is not a command's: write \"csc\"`)
		require.Empty(t, a.sent)
	})
}

func TestAuthority_WhatCannotBeRecordedDoesNotWait(t *testing.T) {
	recorder := commander.NewRecorder(double{}, brokenRecord{})
	defer recorder.Close(t.Context())
	a := commander.NewAuthority(recorder, commander.WithApproval("ATDome"))
	_, err := a.Execute(t.Context(), request("ATDome", 0, "cmd_openShutter", `{}`))
	require.Equal(t, 503, commander.ReplyTo(err).Status)
	require.Empty(t, a.Waiting())
}

func TestAuthority_NeedsNoRecorder(t *testing.T) {
	a := commander.NewAuthority(double{execute: func(context.Context, commander.Request) (commander.Reply, error) { return commander.Done(), nil }},
		commander.WithApproval("ATDome:*:open*"))
	reply, err := a.Execute(t.Context(), request("ATDome", 0, "cmd_openShutter", `{}`))
	require.NoError(t, err)
	require.Equal(t, 202, reply.Status)
	reply, err = a.Approve(t.Context(), a.Waiting()[0].ID, "ben")
	require.NoError(t, err)
	require.Equal(t, commander.Done(), reply)
}

// lostHolds cannot be known.
type lostHolds struct{ commander.Holds }

func (lostHolds) Held() ([]commander.Hold, error) { return nil, errors.New("disk on fire") }

func TestAuthority_LetsNothingThroughWhileItCannotKnow(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		require.Equal(t, 503, a.by(t, "ana", "ATDome", "moveAzimuth"))
		require.Equal(t, commander.Refused, a.recorded(t)[0].State)
		require.Contains(t, a.recorded(t)[0].Result, "it cannot be known at the moment who holds authority")
		_, err := a.Approve(t.Context(), "x", "ben")
		require.Equal(t, 503, commander.ReplyTo(err).Status)
		require.NotContains(t, string(commander.ReplyTo(err).Body), "disk")
		require.Empty(t, a.sent)
	}, commander.WithHolds(lostHolds{}))
}

func TestAuthority_IsSharedByAllWhoKeepTheSameHolds(t *testing.T) {
	shared := commander.NewMemoryHolds()
	atTable(t, func(t *testing.T, a *table) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- a.Run(ctx) }()
		synctest.Wait()
		other := commander.NewAuthority(double{}, commander.WithHolds(shared))
		h, err := other.Take(t.Context(), "ben", "ATDome", time.Hour)
		require.NoError(t, err)
		synctest.Wait()
		require.EqualValues(t, 1, a.told.Load())
		require.Equal(t, 403, a.by(t, "ana", "ATDome", "moveAzimuth"))
		_, err = a.Take(t.Context(), "ana", "AT*", time.Hour)
		require.ErrorIs(t, err, commander.ErrHeld)
		_, err = a.Release(t.Context(), h.ID, "ben", false)
		require.NoError(t, err)
		require.Equal(t, 200, a.by(t, "ana", "ATDome", "moveAzimuth"))
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	}, commander.WithHolds(shared))
}

func TestMemoryHolds(t *testing.T) {
	lovetest.RunHolds(t, func(*testing.T) commander.Holds { return commander.NewMemoryHolds() })
}

func TestAuthority_RunTellsTheWatcherOfEnds(t *testing.T) {
	atTable(t, func(t *testing.T, a *table) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- a.Run(ctx) }()
		_, err := a.Take(t.Context(), "ana", "ATDome", time.Hour)
		require.NoError(t, err)
		synctest.Wait()
		require.EqualValues(t, 1, a.told.Load())
		time.Sleep(time.Hour)
		synctest.Wait()
		require.EqualValues(t, 2, a.told.Load())
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}
