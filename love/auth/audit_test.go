package auth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

func TestAuditor_WritesARecordAndALine(t *testing.T) {
	var line bytes.Buffer
	var kept auth.MemoryAuditLog
	c := newClock()
	a := auth.NewAuditor(&kept, slog.New(slog.NewTextHandler(&line, nil)), c)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, a.Note(done, auth.AuditRecord{Actor: "eve\nlevel=ERROR", Action: auth.AuditLogIn, Subject: strings.Repeat("x", 5000),
		Address: "10.0.0.1", Outcome: auth.OutcomeRefused}))
	got, err := a.Records(t.Context(), 5)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, c.Now(), got[0].Time)
	require.Equal(t, "eve level=ERROR", got[0].Actor, "no second line can be forged")
	require.Len(t, got[0].Subject, 300)
	require.Contains(t, line.String(), "level=WARN msg=audit action=log-in")
	require.Equal(t, 1, strings.Count(line.String(), "\n"))
}

type brokenLog struct{ auth.AuditLog }

func (brokenLog) Record(context.Context, auth.AuditRecord) error { return errAway }

func TestAuditor_ThatCannotKeepARecordSaysSoAndLogsItStill(t *testing.T) {
	var line bytes.Buffer
	a := auth.NewAuditor(brokenLog{}, slog.New(slog.NewTextHandler(&line, nil)), newClock())
	err := a.Note(t.Context(), auth.AuditRecord{Action: auth.AuditLogOut, Outcome: auth.OutcomeDone})
	require.True(t, errors.Is(err, errAway))
	require.Contains(t, line.String(), "log-out")
	logs := auth.NewAuditor(nil, slog.New(slog.DiscardHandler), newClock())
	require.NoError(t, logs.Note(t.Context(), auth.AuditRecord{}))
	got, err := logs.Records(t.Context(), 1)
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestMemoryAuditLog_IsBounded(t *testing.T) {
	var l auth.MemoryAuditLog
	for range 25_000 {
		require.NoError(t, l.Record(t.Context(), auth.AuditRecord{}))
	}
	got, err := l.Records(t.Context(), 1_000_000)
	require.NoError(t, err)
	require.LessOrEqual(t, len(got), 10_000)
}
