package authority_test

import (
	"context"
	"encoding/json"
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
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestAuthority_ACommandWaitsForASecondPerson(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		require.Equal(t, awaiting, g.check(t, "ana", "ATDome", "openShutter"))
		require.Empty(t, waitingOf(t, g))
		given := commander.Call{ // with every field
			Command: love.Command{CSC: "ATDome", SalIndex: 1, Name: "cmd_openShutter", Params: json.RawMessage(`{}`), Identity: "ana@host"},
			Posted:  json.RawMessage(`{"csc":"ATDome","salindex":1,"cmd":"cmd_openShutter","params":{},"more":1.50}`),
			User:    "ana", Address: "10.0.0.7",
		}
		_, err := g.Execute(t.Context(), given)
		require.Equal(t, awaiting, outcomeOf(err))
		require.Equal(t, executed, g.give(t, "ana", "ATDome", "moveAzimuth"))
		require.Equal(t, love.CommandOutcome{
			State: love.CommandAwaiting, Status: 202, Result: "The command waits for a second person's approval until 00:05:00 UTC.",
		}, g.recorded(t)[0])
		w := waitingOf(t, g)[0]
		require.Equal(t, love.WaitingCommand{ID: w.ID, User: "ana", Command: given.Command, Since: time.Now(), Until: time.Now().Add(5 * time.Minute)}, w)
		require.EqualError(t, err, "The command waits for a second person's approval until 00:05:00 UTC, as "+w.ID+".")

		_, err = g.Approve(t.Context(), w.ID, "ana")
		require.ErrorIs(t, err, authority.ErrNotYours)
		ack, err := g.Approve(t.Context(), w.ID, "ben")
		require.NoError(t, err)
		require.Equal(t, love.Ack{Text: love.Done, Code: 303}, ack)
		given.ApprovedBy, given.ID = "ben", w.ID
		require.Equal(t, given, g.commander.Calls()[1])
		_, err = g.Approve(t.Context(), w.ID, "ben")
		require.ErrorIs(t, err, authority.ErrNotFound, "it is executed once")
		require.Equal(t, love.CommandOutcome{State: love.CommandDone, Status: 200, Code: 303, Result: "Done", ApprovedBy: "ben"}, g.recorded(t)[0])
		require.Len(t, g.recorded(t), 2, "it has one entry")
	}, authority.WithApproval("ATDome:*:open*"))
}

func TestAuthority_WhatIsNotApprovedIsNeverSent(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		require.Equal(t, awaiting, g.give(t, "ana", "ATDome", "openShutter"))
		require.NoError(t, g.Dismiss(t.Context(), waitingOf(t, g)[0].ID, "ben"))
		require.Equal(t, love.CommandOutcome{State: love.CommandRefused, Status: 403, Result: "ben did not approve the command."}, g.recorded(t)[0])
		require.ErrorIs(t, g.Dismiss(t.Context(), "x", "ben"), authority.ErrNotFound)

		require.Equal(t, awaiting, g.give(t, "ana", "ATDome", "openShutter"))
		expired := waitingOf(t, g)[0].ID
		time.Sleep(5 * time.Minute)
		_, err := g.Approve(t.Context(), expired, "ben")
		require.ErrorIs(t, err, authority.ErrNotFound)
		require.Equal(t, love.CommandOutcome{State: love.CommandRefused, Status: 403, Result: "Nobody approved the command in time."}, g.recorded(t)[1])

		require.Equal(t, awaiting, g.give(t, "ana", "ATDome", "openShutter"))
		_, err = g.Take(t.Context(), "cleo", "ATDome", time.Hour)
		require.NoError(t, err)
		_, err = g.Approve(t.Context(), waitingOf(t, g)[0].ID, "ben")
		require.ErrorIs(t, err, authority.ErrHeld)
		require.Equal(t, love.CommandAwaiting, g.recorded(t)[2].State, "it continues to wait")
		require.Empty(t, g.commander.Calls())
	}, authority.WithApproval("ATDome"))
}

func TestAuthority_LimitsAreSettings(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		require.Equal(t, awaiting, g.give(t, "ana", "ATDome", "openShutter"))
		require.Equal(t, time.Now().Add(time.Minute), waitingOf(t, g)[0].Until)
		_, err := g.Take(t.Context(), "ana", "ATDome", 2*time.Hour)
		require.ErrorIs(t, err, authority.ErrHoldTime)
		_, err = g.Take(t.Context(), "ana", "ATDome", time.Hour)
		require.NoError(t, err)
	}, authority.WithApproval("ATDome:*:cmd_open*"), authority.WithApprovalTimeout(time.Minute), authority.WithMaxHold(time.Hour))
}

func TestAuthority_BoundsTheCommandsThatWait(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		var giving sync.WaitGroup
		all := make(chan error, 300)
		for range cap(all) {
			giving.Go(func() {
				_, err := g.Execute(t.Context(), call("ana", "ATDome", "openShutter"))
				all <- err
			})
		}
		giving.Wait()
		close(all)
		count := map[string]int{}
		for err := range all {
			count[outcomeOf(err)]++
			if outcomeOf(err) == busy {
				require.EqualError(t, err, "Too many commands wait for approval. Nothing was sent.")
			}
		}
		require.Equal(t, map[string]int{awaiting: 100, busy: 200}, count)
		require.Len(t, waitingOf(t, g), 100)
		require.Len(t, g.recorded(t), 300, "those that were refused are recorded, too")
		require.NoError(t, g.Dismiss(t.Context(), waitingOf(t, g)[0].ID, "ben"))
		require.Equal(t, awaiting, g.give(t, "ana", "ATDome", "openShutter"), "there is room again")
	}, authority.WithApproval("ATDome"))
}

func TestAuthority_BoundsTheHolds(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		for i := range 200 {
			_, err := g.Take(t.Context(), "ana", love.CommandPattern(fmt.Sprintf("ESS:%d", i)), time.Hour)
			require.NoError(t, err)
		}
		_, err := g.Take(t.Context(), "ana", "ATDome", time.Hour)
		require.ErrorIs(t, err, authority.ErrTooManyHolds)
		_, err = g.Take(t.Context(), "ana", "ESS:7", 2*time.Hour)
		require.NoError(t, err, "what is held can be prolonged")
	})
}

// recorder is an authority.Recorder that may fail.
type recorder struct {
	err     error
	refused []string
}

func (r *recorder) Refuse(_ context.Context, c commander.Call, why error) {
	r.refused = append(r.refused, c.ID+": "+why.Error())
}

func (r *recorder) Await(context.Context, commander.Call, string) (string, error) {
	return "seven", r.err
}

func TestAuthority_WhatCannotBeRecordedDoesNotWait(t *testing.T) {
	r := &recorder{err: &commander.Error{Kind: commander.Busy, Text: "disk full"}}
	a := authority.New(&lovetest.Commander{}, authority.WithRecorder(r), authority.WithApproval("ATDome"))
	for range 200 { // it takes no other command's place
		_, err := a.Execute(t.Context(), call("ana", "ATDome", "openShutter"))
		require.Equal(t, r.err, err)
	}
	require.Empty(t, waitingOf(t, a))
	r.err = nil
	_, err := a.Execute(t.Context(), call("ana", "ATDome", "openShutter"))
	require.Equal(t, awaiting, outcomeOf(err))
	require.Equal(t, "seven", waitingOf(t, a)[0].ID, "that of the record")
	require.NoError(t, a.Dismiss(t.Context(), "seven", "ben"))
	require.Equal(t, []string{"seven: ben did not approve the command."}, r.refused)
}

func TestAuthority_NeedsNoRecorder(t *testing.T) {
	inner := &lovetest.Commander{}
	a := authority.New(inner, authority.WithApproval("ATDome:*:open*"))
	for range 2 {
		_, err := a.Execute(t.Context(), call("ana", "ATDome", "openShutter"))
		require.Equal(t, awaiting, outcomeOf(err))
	}
	waiting := waitingOf(t, a)
	require.NotEqual(t, waiting[0].ID, waiting[1].ID)
	ack, err := a.Approve(t.Context(), waiting[0].ID, "ben")
	require.NoError(t, err)
	require.True(t, ack.Succeeded())
	require.NoError(t, a.Dismiss(t.Context(), waiting[1].ID, "ben"))
	require.Len(t, inner.Calls(), 1)
}

func TestAuthority_ACommandThatWasPassedOnDoesNotWaitAgain(t *testing.T) {
	lost := errors.New("lost")
	a := authority.New(commander.Func(func(context.Context, commander.Call) (love.Ack, error) { return love.Ack{}, lost }),
		authority.WithApproval("ATDome"))
	_, err := a.Execute(t.Context(), call("ana", "ATDome", "openShutter"))
	require.Equal(t, awaiting, outcomeOf(err))
	_, err = a.Approve(t.Context(), waitingOf(t, a)[0].ID, "ben")
	require.Equal(t, lost, err)
	require.Empty(t, waitingOf(t, a))
}

// waitingOf returns what waits for approval.
func waitingOf(t *testing.T, a interface {
	Waiting() ([]love.WaitingCommand, error)
}) []love.WaitingCommand {
	t.Helper()
	all, err := a.Waiting()
	require.NoError(t, err)
	return all
}

func TestAuthority_ApprovesWhatWaitsAtAnother(t *testing.T) {
	withAuthority(t, func(t *testing.T, g *harness) {
		store := authority.NewMemory()
		var executed atomic.Int32
		inner := commander.Func(func(context.Context, commander.Call) (love.Ack, error) {
			executed.Add(1)
			return love.Ack{Text: "Done"}, nil
		})
		refused := make(chan string, 10)
		of := func() *authority.Authority {
			return authority.New(inner, authority.WithStore(store), authority.WithApproval("ATDome"), authority.WithApprovalTimeout(time.Minute),
				authority.WithRecorder(refusals{refused}))
		}
		one, two := of(), of()
		_, err := one.Execute(t.Context(), call("ana", "ATDome", "openShutter"))
		require.Equal(t, awaiting, outcomeOf(err))
		w := waitingOf(t, two)
		require.Len(t, w, 1)
		_, err = two.Approve(t.Context(), w[0].ID, "ana")
		require.ErrorIs(t, err, authority.ErrNotYours)
		ack, err := two.Approve(t.Context(), w[0].ID, "ben")
		require.NoError(t, err)
		require.Equal(t, "Done", ack.Text)
		_, err = one.Approve(t.Context(), w[0].ID, "ben")
		require.ErrorIs(t, err, authority.ErrNotFound)
		require.EqualValues(t, 1, executed.Load())

		_, err = two.Execute(t.Context(), call("ana", "ATDome", "openShutter"))
		require.Equal(t, awaiting, outcomeOf(err))
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, a := range []*authority.Authority{one, two} {
			running.Go(func() { _ = a.Run(ctx) })
		}
		require.Equal(t, "Nobody approved the command in time.", <-refused)
		time.Sleep(time.Second) // of the test's clock
		require.Empty(t, refused, "it is refused once")
		cancel()
		running.Wait()
	})
}

// refusals records what is refused.
type refusals struct{ texts chan string }

func (r refusals) Refuse(_ context.Context, _ commander.Call, why error) { r.texts <- why.Error() }

func (refusals) Await(context.Context, commander.Call, string) (string, error) { return "", nil }
