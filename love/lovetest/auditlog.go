package lovetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/audit"
)

// RunAuditLog is the conformance suite of [audit.Log]. open returns an empty log
// for each test (see [Stored]), and closes it with t.Cleanup.
func RunAuditLog(t *testing.T, open func(t *testing.T) Stored[audit.Log]) {
	t.Run("the newest records are returned, newest first", func(t *testing.T) {
		l := open(t).Store
		got, err := l.Records(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, got)
		record := audit.Record{Time: storeStart, Actor: "ada", Address: "10.0.0.1", Action: audit.LogIn,
			Subject: "o'hara", Outcome: audit.Refused, Detail: "é 'quoted'"}
		second, third := record, record
		second.Actor, third.Actor, third.Time = "bob", "eve", storeStart.Add(time.Second)
		for _, r := range []audit.Record{record, second, third} {
			require.NoError(t, l.Record(t.Context(), r))
		}
		got, err = l.Records(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, []audit.Record{third, second, record}, got, "even those of the same time")
		got, err = l.Records(t.Context(), 2)
		require.NoError(t, err)
		require.Equal(t, []audit.Record{third, second}, got)
	})
	t.Run("what is stored outlives the store", func(t *testing.T) { auditRecordsAreKept(t, open(t)) })
}
