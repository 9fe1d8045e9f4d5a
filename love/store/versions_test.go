package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pgtest"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

// process is one of several that share a database.
type process struct {
	*store.Store
	users  *auth.Users
	tokens *jwt.Tokens
}

func newProcess(t *testing.T, address string, clock love.Clock) process {
	t.Helper()
	s := openStore(t, address, store.WithClock(clock))
	users := auth.NewUsers(s.Users(), password.New(password.WithCost(8, 1)))
	return process{s, users, jwt.New(nil, users, jwt.WithKeyring(s.Keyring()), jwt.WithTokenStore(s.TokenStore()), jwt.WithClock(clock))}
}

// overtaking is a change by another process, and what it means for a log-in that was
// checked before it and for a token that was issued before it.
var overtaking = map[string]struct {
	change func(context.Context, *testing.T, process)
	issues bool  // the log-in still gets its token
	token  error // what Verify then says of the token
}{
	"a new password": {change: func(ctx context.Context, t *testing.T, p process) {
		require.NoError(t, p.users.SetPassword(ctx, "ada", "new"))
	}, token: auth.ErrToken},
	"a new password that keeps the tokens": {change: func(ctx context.Context, t *testing.T, p process) {
		require.NoError(t, p.users.SetPasswordKeepTokens(ctx, "ada", "new"))
	}},
	"disabled": {change: func(ctx context.Context, t *testing.T, p process) {
		require.NoError(t, p.users.SetActive(ctx, "ada", false))
	}, token: auth.ErrInactive},
	"disabled and enabled": {change: func(ctx context.Context, t *testing.T, p process) {
		require.NoError(t, p.users.SetActive(ctx, "ada", false))
		require.NoError(t, p.users.SetActive(ctx, "ada", true))
	}},
	"deleted": {change: func(ctx context.Context, t *testing.T, p process) {
		require.NoError(t, p.Users().DeleteAccount(ctx, "ada"))
	}, token: auth.ErrToken},
	"deleted and added with the same password": {change: func(ctx context.Context, t *testing.T, p process) {
		require.NoError(t, p.Users().DeleteAccount(ctx, "ada"))
		require.NoError(t, p.users.Add(ctx, auth.User{Username: "ada"}, "old"))
	}, token: auth.ErrToken},
	"logged out everywhere": {change: func(ctx context.Context, t *testing.T, p process) {
		n, err := p.tokens.RevokeAll(ctx, "ada")
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}, token: auth.ErrToken},
	"other data and rights": {change: func(ctx context.Context, t *testing.T, p process) {
		require.NoError(t, p.Users().UpdateAccount(ctx, "ada", func(a *auth.Account) error {
			a.Email, a.Superuser, a.Groups = "ada@example.org", true, []string{auth.GroupCommand}
			return nil
		}))
	}, issues: true},
	"another key": {change: func(ctx context.Context, t *testing.T, p process) {
		_, err := p.tokens.RotateKey(ctx)
		require.NoError(t, err)
	}, issues: true},
}

// TestLogIn_ThatWasOvertakenGetsNoToken holds a log-in between the check of its
// password and its token, while another process changes the account. The clock of
// the first process stands still, so that it does not read the change.
func TestLogIn_ThatWasOvertakenGetsNoToken(t *testing.T) {
	for name, c := range overtaking {
		t.Run(name, func(t *testing.T) {
			runOnShared(t, func(t *testing.T, address string) {
				other := newProcess(t, address, love.SystemClock{})
				require.NoError(t, other.users.Add(t.Context(), auth.User{Username: "ada"}, "old"))
				here := newProcess(t, address, lovetest.NewClock(time.Now()))
				before, err := here.tokens.Issue(t.Context(), auth.User{Username: "ada"})
				require.NoError(t, err)

				checked, err := here.users.Authenticate(t.Context(), "ada", "old")
				require.NoError(t, err)
				c.change(t.Context(), t, other)
				token, err := here.tokens.Issue(t.Context(), checked)
				valid := 0
				if c.token == nil {
					valid++
				}
				if c.issues {
					require.NoError(t, err)
					_, err = other.tokens.Verify(t.Context(), token)
					require.NoError(t, err)
					valid++
				} else {
					require.ErrorIs(t, err, auth.ErrSuperseded)
				}

				here.Refresh(t.Context())
				for _, p := range []process{here, other} {
					_, err = p.tokens.Verify(t.Context(), before)
					require.ErrorIs(t, err, c.token)
				}
				if errors.Is(c.token, auth.ErrInactive) {
					require.NoError(t, other.users.SetActive(t.Context(), "ada", true))
					here.Refresh(t.Context())
					valid++ // the earlier one, again
				}
				listed, err := here.tokens.Issued(t.Context(), "ada")
				require.NoError(t, err)
				require.Len(t, listed, valid, "a log-in that was overtaken has left nothing")
			})
		})
	}
}

// TestLogIn_ThatRenewsTheHashGetsItsToken: a new hash of the same password is a
// change, but supersedes nothing.
func TestLogIn_ThatRenewsTheHashGetsItsToken(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		p := newProcess(t, address, love.SystemClock{})
		hash, err := password.New(password.WithCost(16, 1)).Hash(t.Context(), "old")
		require.NoError(t, err)
		require.NoError(t, p.Users().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}, PasswordHash: hash}))
		earlier, err := p.tokens.Issue(t.Context(), auth.User{Username: "ada"})
		require.NoError(t, err)
		u, err := p.users.Authenticate(t.Context(), "ada", "old")
		require.NoError(t, err)
		a, err := p.Users().Account(t.Context(), "ada")
		require.NoError(t, err)
		require.NotEqual(t, hash, a.PasswordHash)
		token, err := p.tokens.Issue(t.Context(), u)
		require.NoError(t, err)
		for _, token := range []string{earlier, token} {
			_, err = p.tokens.Verify(t.Context(), token)
			require.NoError(t, err)
		}
	})
}

// TestLogIn_WaitsForAChangeThatIsUnderWay: a PostgreSQL transaction may have changed
// the row of a user and not be committed yet.
func TestLogIn_WaitsForAChangeThatIsUnderWay(t *testing.T) {
	address := pgtest.Schema(t)
	p := newProcess(t, address, lovetest.NewClock(time.Now()))
	require.NoError(t, p.users.Add(t.Context(), auth.User{Username: "ada"}, "old"))
	checked, err := p.users.Authenticate(t.Context(), "ada", "old")
	require.NoError(t, err)

	db, err := sql.Open("pgx", address)
	require.NoError(t, err)
	defer db.Close()
	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("UPDATE users SET version = version + 100")
	require.NoError(t, err)
	issued := make(chan error, 1)
	go func() {
		_, err := p.tokens.Issue(context.Background(), checked)
		issued <- err
	}()
	require.Eventually(t, func() bool {
		var n int
		err := db.QueryRow(`SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO tokens%'`).Scan(&n)
		return err == nil && n > 0
	}, waitLimit, time.Millisecond, "the log-in waits for the change")
	require.NoError(t, tx.Commit())
	require.ErrorIs(t, <-issued, auth.ErrSuperseded)
}

func TestRefresh_ReadsWhatAnotherProcessHasChanged(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		here := newProcess(t, address, lovetest.NewClock(time.Now()))
		other := newProcess(t, address, love.SystemClock{})
		require.NoError(t, other.users.Add(t.Context(), auth.User{Username: "ada"}, "old"))
		_, err := here.users.Lookup(t.Context(), "ada")
		require.NoError(t, err)
		var notified []string
		defer here.users.WatchUsers(func(name string) { notified = append(notified, name) })()

		require.NoError(t, other.users.SetActive(t.Context(), "ada", false))
		_, err = here.users.Lookup(t.Context(), "ada")
		require.NoError(t, err, "its clock stands still")
		here.Refresh(t.Context())
		_, err = here.users.Lookup(t.Context(), "ada")
		require.ErrorIs(t, err, auth.ErrInactive)
		require.Equal(t, []string{"ada"}, notified)
	})
}

// withoutVersions is a directory of the time before there were versions.
type withoutVersions struct{ auth.Directory }

func (d withoutVersions) Lookup(ctx context.Context, username string) (auth.User, error) {
	u, err := d.Directory.Lookup(ctx, username)
	u.Version, u.TokensFrom = 0, 0
	return u, err
}

func TestOpen_UpgradesADatabaseWithoutVersions(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		s, err := store.Open(t.Context(), address)
		require.NoError(t, err)
		users := auth.NewUsers(s.Users(), password.New(password.WithCost(8, 1)))
		for _, name := range []string{"ada", "bob"} {
			require.NoError(t, users.Add(t.Context(), auth.User{Username: name}, "old"))
		}
		tokens := jwt.New(nil, withoutVersions{users}, jwt.WithKeyring(s.Keyring()), jwt.WithTokenStore(s.TokenStore()))
		ada, err := tokens.Issue(t.Context(), auth.User{Username: "ada"})
		require.NoError(t, err)
		bob, err := tokens.Issue(t.Context(), auth.User{Username: "bob"})
		require.NoError(t, err)
		require.NoError(t, s.Close())
		downgrade(t, address)

		p := newProcess(t, address, love.SystemClock{})
		verify := func(token string, want error) {
			t.Helper()
			_, err := p.tokens.Verify(t.Context(), token)
			require.ErrorIs(t, err, want)
		}
		verify(ada, nil)
		checked, err := p.users.Authenticate(t.Context(), "ada", "old")
		require.NoError(t, err)
		young, err := p.tokens.Issue(t.Context(), checked)
		require.NoError(t, err)
		verify(young, nil)
		require.NoError(t, p.users.SetPassword(t.Context(), "ada", "new"))
		verify(ada, auth.ErrToken)
		verify(young, auth.ErrToken)
		_, err = p.tokens.Issue(t.Context(), checked)
		require.ErrorIs(t, err, auth.ErrSuperseded)
		verify(bob, nil)
		require.NoError(t, p.Users().DeleteAccount(t.Context(), "bob"))
		require.NoError(t, p.users.Add(t.Context(), auth.User{Username: "bob"}, "old"))
		verify(bob, auth.ErrToken)
	})
}

// downgrade makes a database one of the release before versions.
func downgrade(t *testing.T, address string) {
	t.Helper()
	driver, source, dialect := "pgx", address, goose.DialectPostgres
	options := []goose.ProviderOption{goose.WithExcludeNames([]string{"00005_commands_in_order.sql"})}
	if file, ok := cutSQLite(address); ok {
		driver, source, dialect, options = "sqlite", "file:"+file, goose.DialectSQLite3, nil
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	defer db.Close()
	p, err := goose.NewProvider(dialect, db, os.DirFS("migrations"), options...)
	require.NoError(t, err)
	_, err = p.DownTo(t.Context(), 5)
	require.NoError(t, err)
}
