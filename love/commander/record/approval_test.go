package record_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/record"
)

// await records that the command of the tests waits, and returns the call that
// executes it later.
func (r recording) await(t *testing.T) commander.Call {
	t.Helper()
	id, err := r.Await(t.Context(), move, "waits for ben")
	require.NoError(t, err)
	c := move
	c.ID = id
	return c
}

func TestRecorder_AnApprovedCommandIsOneEntry(t *testing.T) {
	withRecorder(t, succeeds, func(t *testing.T, r recording) {
		c := r.await(t)
		waiting := r.onlyEntry(t)
		require.Equal(t, c.ID, waiting.ID)
		require.Equal(t, love.CommandOutcome{State: love.CommandAwaiting, Status: 202, Result: "waits for ben"}, waiting.CommandOutcome)

		c.ApprovedBy = "ben"
		ack, err := r.Execute(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, done, ack)
		e := r.onlyEntry(t)
		require.Equal(t, love.CommandOutcome{State: love.CommandDone, Status: 200, Code: 303, Result: "Done", ApprovedBy: "ben"}, e.CommandOutcome)
		e.CommandOutcome = waiting.CommandOutcome
		require.Equal(t, waiting, e, "the rest of the entry stays")
		require.Equal(t, []love.CommandState{love.CommandAwaiting, love.CommandPending, love.CommandDone}, r.watched())

		_, err = r.Execute(t.Context(), c)
		require.NoError(t, err)
		require.Len(t, r.entries(t), 2, "an entry is reused once")
	})
}

func TestRecorder_ACommandThatIsNotApprovedIsOneEntry(t *testing.T) {
	withRecorder(t, succeeds, func(t *testing.T, r recording) {
		c := r.await(t)
		r.Refuse(t.Context(), c, &commander.Error{Kind: commander.Forbidden, Text: "ben did not approve it"})
		require.Equal(t, love.CommandOutcome{State: love.CommandRefused, Status: 403, Result: "ben did not approve it"}, r.onlyEntry(t).CommandOutcome)
		require.Equal(t, []love.CommandState{love.CommandAwaiting, love.CommandRefused}, r.watched())
	})
}

func TestRecorder_AnApprovalAfterCloseIsRefusedInItsEntry(t *testing.T) {
	withRecorder(t, succeeds, func(t *testing.T, r recording) {
		c := r.await(t)
		r.Close(t.Context())
		_, err := r.Execute(t.Context(), c)
		require.ErrorContains(t, err, "shutting down")
		require.Equal(t, love.CommandRefused, r.onlyEntry(t).State)
	})
}

func TestRecorder_ALateAnswerToAnApprovedCommandKeepsWhoApproved(t *testing.T) {
	withRecorder(t, after(2*commandTimeout, done), func(t *testing.T, r recording) {
		c := r.await(t)
		c.ApprovedBy = "ben"
		ctx, cancel := commander.WithTimeout(t.Context(), commandTimeout)
		defer cancel()
		_, err := r.Execute(ctx, c)
		require.Error(t, err)
		require.Equal(t, "ben", r.onlyEntry(t).ApprovedBy)
		r.Close(context.Background())
		e := r.onlyEntry(t)
		require.Equal(t, love.CommandLate, e.State)
		require.Equal(t, "ben", e.ApprovedBy)
	})
}

func TestRecorder_WhatCannotBeRecordedDoesNotWait(t *testing.T) {
	r := record.New(commander.Func(succeeds), brokenStore{})
	defer r.Close(t.Context())
	id, err := r.Await(t.Context(), move, "waits for ben")
	require.Empty(t, id)
	require.Equal(t, commander.Busy, commander.ErrorOf(err, "").Kind)
}
