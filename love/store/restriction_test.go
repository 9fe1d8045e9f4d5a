package store_test

import (
	"database/sql"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/store"
)

func cutSQLite(address string) (file string, ok bool) { return strings.CutPrefix(address, "sqlite:") }

// lockWrites makes a database refuse every write until release is called; it can
// still be read.
func lockWrites(t *testing.T, address string) (release func()) {
	t.Helper()
	driver, source, lock := "pgx", address, "LOCK TABLE revisions, users, tokens, revocations, audit IN EXCLUSIVE MODE"
	if file, ok := cutSQLite(address); ok {
		driver, source, lock = "sqlite", "file:"+file+"?_txlock=exclusive&_pragma=busy_timeout(10000)", "SELECT 1"
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	tx, err := db.Begin()
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	_, err = tx.Exec(lock)
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback()) }
}

// writable is a process whose database can be made read-only.
func writable(t *testing.T, address string, opts ...store.Option) (process, *testlog.Buffer) {
	t.Helper()
	log := new(testlog.Buffer)
	opts = append([]store.Option{store.WithTimeout(500 * time.Millisecond), store.WithLogger(slog.New(slog.NewTextHandler(log, nil)))}, opts...)
	s := openStore(t, address, opts...)
	users := auth.NewUsers(s.Users(), password.New(password.WithCost(8, 1)))
	require.NoError(t, users.Add(t.Context(), auth.User{Username: "ada", Superuser: true, Groups: []string{auth.GroupCommand, auth.GroupUIFramework},
		Permissions: []auth.Permission{auth.ManageUsers}}, "old"))
	return process{s, users, jwt.New(nil, users, jwt.WithKeyring(s.Keyring()), jwt.WithTokenStore(s.TokenStore()))}, log
}

func TestRevocation_HoldsThoughItCannotBeRecordedAndIsRecordedLater(t *testing.T) {
	for name, c := range map[string]struct {
		revoke func(t *testing.T, p process, token string) error
		token  error
		ended  func(t *testing.T, p process) // what else must hold, here at once, elsewhere later
	}{
		"a token": {
			revoke: func(t *testing.T, p process, token string) error { return p.tokens.Revoke(t.Context(), token) },
			token:  auth.ErrToken,
		},
		"all tokens": {
			revoke: func(t *testing.T, p process, _ string) error {
				_, err := p.tokens.RevokeAll(t.Context(), "ada")
				return err
			},
			token: auth.ErrToken,
		},
		"disabled": {
			revoke: func(t *testing.T, p process, _ string) error { return p.users.SetActive(t.Context(), "ada", false) },
			token:  auth.ErrInactive,
			ended: func(t *testing.T, p process) {
				_, err := p.users.Authenticate(t.Context(), "ada", "old")
				require.ErrorIs(t, err, auth.ErrCredentials)
			},
		},
		"a new password": {
			revoke: func(t *testing.T, p process, _ string) error { return p.users.SetPassword(t.Context(), "ada", "new") },
			token:  auth.ErrToken,
			ended: func(t *testing.T, p process) {
				_, err := p.users.Authenticate(t.Context(), "ada", "old")
				require.ErrorIs(t, err, auth.ErrCredentials)
			},
		},
		"deleted": {
			revoke: func(t *testing.T, p process, _ string) error { return p.Users().DeleteAccount(t.Context(), "ada") },
			token:  auth.ErrToken,
			ended: func(t *testing.T, p process) {
				_, err := p.Users().Account(t.Context(), "ada")
				require.ErrorIs(t, err, auth.ErrUnknownUser)
			},
		},
		"rights": {
			revoke: func(t *testing.T, p process, _ string) error {
				return p.Users().UpdateAccount(t.Context(), "ada", func(a *auth.Account) error {
					a.Superuser, a.Groups, a.Permissions = false, []string{auth.GroupUIFramework}, nil
					return nil
				})
			},
			ended: func(t *testing.T, p process) {
				a, err := p.Users().Account(t.Context(), "ada")
				require.NoError(t, err)
				require.False(t, a.Superuser)
				require.Equal(t, []string{auth.GroupUIFramework}, a.Groups)
				require.Empty(t, a.Permissions)
				require.NotContains(t, a.GroupPermissions, auth.ExecuteCommand)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			runOnShared(t, func(t *testing.T, address string) {
				t.Parallel() // it waits for the database most of the time
				here, log := writable(t, address)
				token, err := here.tokens.Issue(t.Context(), auth.User{Username: "ada"})
				require.NoError(t, err)
				p, err := here.tokens.Verify(t.Context(), token)
				require.NoError(t, err)
				notified := make(chan string, 10)
				t.Cleanup(here.tokens.Watch(func(id string) { notified <- id }))
				t.Cleanup(here.users.WatchUsers(func(name string) { notified <- name }))

				release := lockWrites(t, address)
				err = c.revoke(t, here, token)
				require.ErrorIs(t, err, auth.ErrUnrecorded)
				require.ErrorIs(t, err, auth.ErrUnavailable)
				require.Contains(t, []string{"ada", p.TokenID}, <-notified, "before the call returns, so that the sockets close")
				require.Contains(t, log.String(), "could not be recorded")
				holds := func(p process) {
					t.Helper()
					_, err = p.tokens.Verify(t.Context(), token)
					require.ErrorIs(t, err, c.token)
					if c.ended != nil {
						c.ended(t, p)
					}
				}
				holds(here)
				here.Refresh(t.Context())
				holds(here)

				release()
				require.Eventually(t, func() bool { return strings.Contains(log.String(), "are recorded now") }, waitLimit, time.Millisecond)
				holds(here)
				holds(newProcess(t, address, love.SystemClock{}))
			})
		})
	}
}

func TestRevocation_ThatIsNotRecordedComesBeforeALaterChange(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		t.Parallel()
		p, _ := writable(t, address)
		release := lockWrites(t, address)
		require.ErrorIs(t, p.users.SetActive(t.Context(), "ada", false), auth.ErrUnrecorded)
		require.ErrorIs(t, p.users.SetPassword(t.Context(), "ada", "new"), auth.ErrUnrecorded)
		err := p.users.SetActive(t.Context(), "ada", true)
		require.ErrorIs(t, err, auth.ErrUnavailable)
		require.NotErrorIs(t, err, auth.ErrUnrecorded, "this is not in effect")
		_, err = p.users.Lookup(t.Context(), "ada")
		require.ErrorIs(t, err, auth.ErrInactive)
		release()
		require.NoError(t, p.users.SetActive(t.Context(), "ada", true))
		for _, p := range []process{p, newProcess(t, address, love.SystemClock{})} {
			_, err := p.users.Authenticate(t.Context(), "ada", "old")
			require.ErrorIs(t, err, auth.ErrCredentials)
			u, err := p.users.Authenticate(t.Context(), "ada", "new")
			require.NoError(t, err, "enabled after all")
			_, err = p.tokens.Issue(t.Context(), u)
			require.NoError(t, err)
		}
	})
}

func TestRevocation_WithoutRetriesHasNoEffect(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		t.Parallel()
		p, _ := writable(t, address, store.WithoutRetries())
		token, err := p.tokens.Issue(t.Context(), auth.User{Username: "ada"})
		require.NoError(t, err)
		lockWrites(t, address)
		for _, err := range []error{
			p.tokens.Revoke(t.Context(), token), p.users.SetActive(t.Context(), "ada", false), p.Users().DeleteAccount(t.Context(), "ada"),
		} {
			require.ErrorIs(t, err, auth.ErrUnavailable)
			require.NotErrorIs(t, err, auth.ErrUnrecorded)
		}
		_, err = p.tokens.Verify(t.Context(), token)
		require.NoError(t, err)
	})
}

func TestClose_LogsWhatItCouldNotRecord(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		t.Parallel()
		log := new(testlog.Buffer)
		s, err := store.Open(t.Context(), address, store.WithTimeout(500*time.Millisecond), store.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
		require.NoError(t, err)
		require.NoError(t, s.Users().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}}))
		release := lockWrites(t, address)
		_, err = s.TokenStore().Revoke(t.Context(), "token-1", time.Now().Add(time.Hour))
		require.ErrorIs(t, err, auth.ErrUnrecorded)
		require.ErrorIs(t, s.Users().DeleteAccount(t.Context(), "ada"), auth.ErrUnrecorded)
		require.NoError(t, s.Close())
		require.Contains(t, log.String(), "end with this process")
		require.Contains(t, log.String(), "tokens=[token-1] users=[ada]")

		release()
		s, err = store.Open(t.Context(), address, store.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
		require.NoError(t, err)
		_, err = s.Users().Account(t.Context(), "ada")
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})
}
