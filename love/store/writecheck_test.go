package store_test

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pgtest"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

func TestCheck_ReportsADatabaseThatTakesNoWrites(t *testing.T) {
	clock := lovetest.NewClock(time.Now())
	file := filepath.Join(t.TempDir(), "love.db")
	s := openStore(t, "sqlite:"+file, store.WithClock(clock), store.WithTimeout(50*time.Millisecond))
	require.NoError(t, s.Check(t.Context()))
	clock.WaitForTimers(1) // the store looks for changes from now on

	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	defer db.Close()
	writer, err := db.BeginTx(t.Context(), nil) // keeps all others from writing, not from reading
	require.NoError(t, err)
	require.NoError(t, s.Check(t.Context()), "what was found a moment ago is believed")
	clock.Advance(4 * time.Second)
	require.NoError(t, s.Check(t.Context()))
	clock.Advance(time.Second)
	requireCheck(t, s, "it cannot be written: the database: not available at the moment: ")
	require.ErrorIs(t, s.Check(t.Context()), auth.ErrUnavailable)

	require.NoError(t, writer.Rollback())
	require.ErrorContains(t, s.Check(t.Context()), "cannot be written", "what was found a moment ago is believed")
	clock.Advance(5 * time.Second)
	requireCheck(t, s, "")
}

// requireCheck checks what Check returns once the store has read its database at the
// clock's time.
func requireCheck(t *testing.T, s *store.Store, want string) {
	t.Helper()
	var err error
	require.Eventually(t, func() bool {
		err = s.Check(t.Context())
		return err == nil || !strings.Contains(err.Error(), "last read")
	}, waitLimit, time.Millisecond)
	if want == "" {
		require.NoError(t, err)
		return
	}
	require.ErrorContains(t, err, want)
}

func TestCheck_ThatItsCallerEndsIsNotRemembered(t *testing.T) {
	s := openStore(t, store.Memory, store.WithClock(lovetest.NewClock(time.Now())))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Check(gone), auth.ErrUnavailable)
	require.NoError(t, s.Check(t.Context()))
}

func TestCheck_ReportsAStandbyThatCanOnlyBeRead(t *testing.T) {
	address := pgtest.Schema(t)
	primary := openStore(t, address)
	require.NoError(t, primary.Check(t.Context()))
	u, err := url.Parse(address)
	require.NoError(t, err)
	q := u.Query()
	q.Set("default_transaction_read_only", "on")
	u.RawQuery = q.Encode()
	standby := openStore(t, u.String())
	require.ErrorContains(t, standby.Check(t.Context()), "it cannot be written: ")
	require.ErrorContains(t, standby.Check(t.Context()), "read-only")
	_, err = standby.Users().Accounts(t.Context())
	require.NoError(t, err, "it can be read")
}
