package auth_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// kept is an audit log in memory.
type kept struct{ records []auth.AuditRecord }

func (k *kept) Record(_ context.Context, r auth.AuditRecord) error {
	k.records = append(k.records, r)
	return nil
}

func (k *kept) Records(context.Context, int) ([]auth.AuditRecord, error) { return k.records, nil }

func TestWhatAnIdentitySystemGrantsAtALogInIsRecorded(t *testing.T) {
	log := new(kept)
	p := auth.Provisioned{
		Users: auth.NewMemoryUsers(), Source: "LDAP",
		Audit: auth.NewAuditor(log, slog.New(slog.DiscardHandler), love.SystemClock{}),
	}
	for _, groups := range [][]string{{"ui_framework"}, {"ui_framework"}, {"ui_framework", "cmd"}, nil} {
		_, err := p.Provision(t.Context(), auth.User{Username: "ada", Groups: groups})
		require.NoError(t, err)
	}
	require.Len(t, log.records, 2, "nothing changed in the other log-ins")
	require.Equal(t, [4]string{"LDAP", "ada", auth.AuditUserAdded, "groups: ui_framework"},
		[4]string{log.records[0].Actor, log.records[0].Subject, log.records[0].Action, log.records[0].Detail})
	require.Equal(t, auth.AuditGranted, log.records[1].Action)
	require.Equal(t, "groups: cmd", log.records[1].Detail)
}
