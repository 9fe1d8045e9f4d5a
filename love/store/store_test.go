package store_test

import (
	"context"
	"database/sql"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pgtest"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

// waitLimit is how long a test waits for the background work of the store; the
// machine may be busy.
const waitLimit = 10 * time.Second

func TestStore_PollsMoreOftenThanEverySecond(t *testing.T) {
	require.LessOrEqual(t, store.PollPeriod, time.Second/2)
}

func TestStore_SeesChangesOfOtherProcessesWithinASecond(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		here, there := openStore(t, address), openStore(t, address)
		users := auth.NewUsers(here.Users(), password.New(password.WithCost(8, 1)))
		require.NoError(t, users.Add(t.Context(), auth.User{Username: "ada"}, "secret"))

		far := auth.NewUsers(there.Users(), password.New())
		_, err := far.Lookup(t.Context(), "ada")
		require.NoError(t, err, "an unknown user is looked up in the database at once")

		key, err := here.Keyring().SigningKey(t.Context())
		require.NoError(t, err)
		same, err := there.Keyring().SigningKey(t.Context())
		require.NoError(t, err)
		require.Equal(t, key.ID, same.ID, "no process creates a second key")
		require.Eventually(t, func() bool { // the pause after the look-up of ada
			_, err := there.Keyring().Key(t.Context(), key.ID)
			return err == nil
		}, waitLimit, 10*time.Millisecond)

		notified := make(chan string, 2)
		defer there.Users().WatchAccounts(func(name string) { notified <- name })()
		defer there.TokenStore().Watch(func(id string) { notified <- id })()
		require.NoError(t, users.SetActive(t.Context(), "ada", false))
		require.Equal(t, "ada", receive(t, notified))
		require.NoError(t, users.Add(t.Context(), auth.User{Username: "bob"}, "secret"))
		require.Equal(t, "bob", receive(t, notified))
		_, err = far.Lookup(t.Context(), "ada")
		require.ErrorIs(t, err, auth.ErrInactive)

		_, err = here.TokenStore().Revoke(t.Context(), "token", time.Now().Add(time.Hour))
		require.NoError(t, err)
		require.Equal(t, "token", receive(t, notified))
		revoked, err := there.TokenStore().Revoked(t.Context(), "token")
		require.NoError(t, err)
		require.True(t, revoked)
	})
}

func receive(t *testing.T, notified <-chan string) string {
	t.Helper()
	select {
	case name := <-notified:
		return name
	case <-time.After(waitLimit):
		t.Fatal("not notified")
		return ""
	}
}

func TestStore_KeepsItsDataWhenItIsReopened(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		before, err := store.Open(t.Context(), address)
		require.NoError(t, err)
		require.NoError(t, before.Users().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}}))
		key, err := before.Keyring().SigningKey(t.Context())
		require.NoError(t, err)
		_, err = before.TokenStore().Revoke(t.Context(), "revoked", time.Now().Add(time.Hour))
		require.NoError(t, err)
		require.NoError(t, before.Close())

		after := openStore(t, address)
		_, err = after.Users().Account(t.Context(), "ada")
		require.NoError(t, err)
		same, err := after.Keyring().SigningKey(t.Context())
		require.NoError(t, err)
		require.Equal(t, key.Secret, same.Secret)
		revoked, err := after.TokenStore().Revoked(t.Context(), "revoked")
		require.NoError(t, err)
		require.True(t, revoked)
	})
}

func TestOpen_CanRunInManyProcessesAtOnce(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s, err := store.Open(context.Background(), address)
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestStore_DropsTokensADayAfterTheyExpire(t *testing.T) {
	clock := lovetest.NewClock(time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC))
	s := openStore(t, store.Memory, store.WithClock(clock))
	expires := clock.Now().Add(time.Hour)
	require.NoError(t, s.TokenStore().Add(t.Context(), auth.TokenInfo{ID: "id", Username: "ada", Issued: clock.Now(), Expires: expires}))
	_, err := s.TokenStore().Revoke(t.Context(), "id", expires)
	require.NoError(t, err)
	clock.WaitForTimers(1)
	clock.Advance(26 * time.Hour)
	require.Eventually(t, func() bool {
		all, err := s.TokenStore().List(t.Context(), "")
		revoked, errRevoked := s.TokenStore().Revoked(t.Context(), "id")
		return err == nil && errRevoked == nil && len(all) == 0 && !revoked
	}, waitLimit, time.Millisecond)
}

func TestLockedDatabase_CanBeReadButNotWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "love.db")
	s := openStore(t, "sqlite:"+file, store.WithTimeout(time.Second))
	require.NoError(t, s.Users().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}}))

	other, err := sql.Open("sqlite", "file:"+file+"?_txlock=exclusive&_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	defer other.Close()
	tx, err := other.Begin()
	require.NoError(t, err)

	_, err = s.Users().Account(t.Context(), "ada")
	require.NoError(t, err)
	require.ErrorIs(t, s.Users().PutGroup(t.Context(), auth.Group{Name: "night"}), auth.ErrUnavailable)
	require.ErrorIs(t, s.AuditLog().Record(t.Context(), audit.Record{Time: time.Now()}), auth.ErrUnavailable)
	_, err = s.TokenStore().Revoke(t.Context(), "id", time.Now())
	require.ErrorIs(t, err, auth.ErrUnavailable)
	require.NoError(t, tx.Rollback())
	require.NoError(t, s.Users().PutGroup(t.Context(), auth.Group{Name: "night"}), "after the lock was released")
}

func TestBrokenDatabase_IsTrustedForSomeSecondsOnly(t *testing.T) {
	clock := lovetest.NewClock(time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC))
	file := filepath.Join(t.TempDir(), "love.db")
	s := openStore(t, "sqlite:"+file, store.WithClock(clock))
	require.NoError(t, s.Users().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}}))
	dropRevisions(t, file)

	clock.WaitForTimers(1)
	clock.Advance(store.PollPeriod)
	require.Eventually(t, func() bool { return s.Check(t.Context()) != nil }, waitLimit, time.Millisecond)
	_, err := s.Users().Account(t.Context(), "ada")
	require.NoError(t, err, "a short outage of the database locks nobody out")
	for range 40 { // each tick lets the store notice
		clock.Advance(store.PollPeriod)
		if _, err = s.Users().Account(t.Context(), "ada"); err != nil {
			break
		}
		<-time.After(time.Millisecond)
	}
	require.ErrorIs(t, err, auth.ErrUnavailable)
	_, err = s.TokenStore().Revoked(t.Context(), "id")
	require.ErrorIs(t, err, auth.ErrUnavailable)
	_, err = s.Keyring().SigningKey(t.Context())
	require.ErrorIs(t, err, auth.ErrUnavailable)
	_, err = s.Users().Groups(t.Context())
	require.ErrorIs(t, err, auth.ErrUnavailable)
}

// dropRevisions drops a table that the store polls.
func dropRevisions(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(30000)") // the store writes now and then
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec(`DROP TABLE revisions`)
	require.NoError(t, err)
}

func TestOpen_ReportsWhatIsWrongWithoutThePassword(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "text"), []byte(strings.Repeat("not a database ", 100)), 0o600))
	closed := closedPort(t)
	for address, want := range map[string]string{
		"":                            "sqlite:loved.db",
		"loved.db":                    "sqlite:loved.db",
		"mysql://u:hunter2@host/db":   "begin with sqlite: or postgres://",
		"sqlite:":                     "lacks its file",
		"sqlite:a?b":                  "choose another name",
		"sqlite:" + folder:            "cannot be opened",
		"sqlite:" + folder + "/no/x":  "the folder " + folder + "/no of the database file does not exist: make it",
		"sqlite:" + folder + "/text":  "is not a SQLite database: give another file",
		"postgres://":                 "postgres://USER:PASSWORD@HOST",
		"postgres://u:hunter2@host":   "postgres://USER:PASSWORD@HOST",
		"postgres://u:hunter2@h:x/db": "postgres://USER:PASSWORD@HOST",
		"postgres://u:hunter2@" + closed + "/db?connect_timeout=1":                 "refused",
		"postgres://u:hunter2@" + closed + "/db?sslmode=nonsense&password=hunter2": "sslmode",
	} {
		_, err := store.Open(t.Context(), address)
		require.ErrorContains(t, err, want, address)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// closedPort returns an address at which no server listens.
func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func TestPostgreSQL_ErrorDoesNotShowThePassword(t *testing.T) {
	server := pgtest.Address(t)
	u, err := url.Parse(server)
	require.NoError(t, err)
	u.User, u.Path = url.UserPassword(u.User.Username(), "hunter2"), "/there_is_no_such_database"
	_, err = store.Open(t.Context(), u.String())
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
}

func TestSQLiteFile_IsReadableOnlyByItsOwner(t *testing.T) {
	file := filepath.Join(t.TempDir(), "love.db")
	openStore(t, "sqlite:"+file)
	files, err := filepath.Glob(file + "*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		info, err := os.Stat(f)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), f)
	}
}

func TestWatcher_MayUseTheStore(t *testing.T) {
	address := "sqlite:" + filepath.Join(t.TempDir(), "love.db")
	here, there := openStore(t, address), openStore(t, address)
	notified := make(chan string, 4)
	for _, s := range []*store.Store{here, there} {
		defer s.Users().WatchAccounts(func(name string) {
			if _, err := s.Users().Account(context.Background(), name); err != nil {
				notified <- name
			}
		})()
	}
	require.NoError(t, here.Users().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}}))
	_, err := there.Users().Account(t.Context(), "ada")
	require.NoError(t, err)
	require.NoError(t, here.Users().DeleteAccount(t.Context(), "ada"))
	require.Equal(t, []string{"ada", "ada"}, []string{receive(t, notified), receive(t, notified)})
	require.NoError(t, here.Check(t.Context()))
}

func TestDatabaseFile_RemovingItIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "love.db")
	s := openStore(t, "sqlite:"+file)
	require.NoError(t, os.Rename(file, file+".gone"))
	require.ErrorIs(t, s.Check(t.Context()), auth.ErrUnavailable)
	require.ErrorIs(t, s.Users().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}}), auth.ErrUnavailable)
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.ErrorContains(t, s.Check(t.Context()), "replaced")
}
