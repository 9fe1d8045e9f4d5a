package audit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMemoryLog_PassesTheConformanceSuite(t *testing.T) {
	lovetest.RunAuditLog(t, func(*testing.T) lovetest.Stored[audit.Log] {
		return lovetest.Stored[audit.Log]{Store: new(audit.MemoryLog)}
	})
}

func TestMemoryLog_IsBounded(t *testing.T) {
	var l audit.MemoryLog
	for range 25_000 {
		require.NoError(t, l.Record(t.Context(), audit.Record{}))
	}
	got, err := l.Records(t.Context(), 1_000_000)
	require.NoError(t, err)
	require.LessOrEqual(t, len(got), 10_000)
}
