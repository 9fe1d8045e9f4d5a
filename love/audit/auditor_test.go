package audit_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/lovetest"
)

var start = time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)

func TestAuditor_WritesARecordAndALine(t *testing.T) {
	var line bytes.Buffer
	var kept audit.MemoryLog
	a := audit.NewAuditor(&kept, audit.WithLogger(slog.New(slog.NewTextHandler(&line, nil))), audit.WithClock(lovetest.NewClock(start)))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, a.Record(ended, audit.Record{Actor: "eve\nlevel=ERROR", Action: audit.LogIn, Subject: strings.Repeat("x", 5000),
		Address: "10.0.0.1", Outcome: audit.Refused}))
	got, err := a.Records(t.Context(), 5)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, start, got[0].Time)
	require.Equal(t, "eve level=ERROR", got[0].Actor, "no second line can be forged")
	require.Len(t, got[0].Subject, 300)
	require.Contains(t, line.String(), "level=WARN msg=audit action=log-in")
	require.Equal(t, 1, strings.Count(line.String(), "\n"))
}

var errAway = errors.New("the database is unavailable")

type brokenLog struct{ audit.Log }

func (brokenLog) Record(context.Context, audit.Record) error { return errAway }

func TestAuditor_ThatCannotKeepARecordReportsItAndLogsTheRecord(t *testing.T) {
	var line bytes.Buffer
	a := audit.NewAuditor(brokenLog{}, audit.WithLogger(slog.New(slog.NewTextHandler(&line, nil))))
	err := a.Record(t.Context(), audit.Record{Action: audit.LogOut, Outcome: audit.Done})
	require.ErrorIs(t, err, errAway)
	require.Contains(t, line.String(), "level=INFO msg=audit action=log-out")
}

func TestAuditor_WithoutALogKeepsNothing(t *testing.T) {
	a := audit.NewAuditor(nil)
	require.NoError(t, a.Record(t.Context(), audit.Record{Action: audit.LogIn}))
	got, err := a.Records(t.Context(), 1)
	require.NoError(t, err)
	require.Empty(t, got)
}
