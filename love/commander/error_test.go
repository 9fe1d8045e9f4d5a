package commander_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander"
)

func TestEveryKindHasATextAndReportsWhetherTheCommandWasSent(t *testing.T) {
	for kind, want := range map[commander.Kind]struct {
		text string
		sent bool
	}{
		commander.Unknown:   {"unknown", true},
		commander.TimedOut:  {"timed out", true},
		commander.NotSent:   {"not sent", false},
		commander.Busy:      {"busy", false},
		commander.Refused:   {"refused", false},
		commander.Forbidden: {"forbidden", false},
		commander.Awaiting:  {"awaiting approval", false},
	} {
		require.Equal(t, want.text, kind.String())
		require.Equal(t, want.sent, (&commander.Error{Kind: kind}).Sent(), kind)
	}
	require.Equal(t, "unknown", commander.Kind(99).String())
	require.True(t, new(commander.Error).Sent(), "what is not known to be unsent may have been sent")
}

func TestAFaultIsWhatFailedHere(t *testing.T) {
	for kind, fault := range map[commander.Kind]bool{
		commander.Unknown: true, commander.TimedOut: true, commander.NotSent: true,
		commander.Busy: false, commander.Refused: false, commander.Forbidden: false, commander.Awaiting: false,
	} {
		require.Equal(t, fault, (&commander.Error{Kind: kind}).Fault(), kind)
		require.True(t, (&commander.Error{Kind: kind, Err: io.EOF}).Fault(), kind)
		require.False(t, (&commander.Error{Kind: kind, Err: io.EOF, Answered: true}).Fault(), kind)
	}
}

func TestAnErrorShowsItsCause(t *testing.T) {
	e := &commander.Error{Kind: commander.NotSent, Text: "Nobody is there.", Err: io.EOF}
	require.EqualError(t, e, "Nobody is there. (EOF)")
	require.ErrorIs(t, e, io.EOF)
	e.Err = nil
	require.EqualError(t, e, "Nobody is there.")
	require.NoError(t, errors.Unwrap(e))
	require.Equal(t, &commander.Error{Kind: commander.Refused, Text: "no field 7"}, commander.Refuse("no field %d", 7))
}

func TestErrorOfReportsWhatMayHaveHappened(t *testing.T) {
	busy := &commander.Error{Kind: commander.Busy, Text: "busy", RetryAfter: time.Second}
	require.Same(t, busy, commander.ErrorOf(fmt.Errorf("executing: %w", busy), commander.UnknownOutcome))

	for _, c := range []struct {
		err     error
		outcome string
		kind    commander.Kind
		text    string
	}{
		{io.EOF, "", commander.Unknown, "The commander gave no answer."},
		{context.Canceled, "", commander.Unknown, "The commander gave no answer."},
		{io.EOF, commander.UnknownOutcome, commander.Unknown,
			"The commander gave no answer. Whether the command was executed is unknown: look at the component before you repeat it."},
		{fmt.Errorf("executing: %w", context.DeadlineExceeded), "", commander.TimedOut, "The commander did not answer in time."},
		{context.DeadlineExceeded, commander.UnknownLog, commander.TimedOut,
			"The commander did not answer in time. Whether the observing log was written is unknown: look for it before you write it again."},
	} {
		require.Equal(t, &commander.Error{Kind: c.kind, Text: c.text, Err: c.err}, commander.ErrorOf(c.err, c.outcome))
	}
}
