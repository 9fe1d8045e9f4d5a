package auth_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
)

// plain is a hasher without hashes, which records what it is asked to check. A
// hash is the password itself, or "legacy:COST:" and the password.
type plain struct {
	mu     sync.Mutex
	checks []checked
}

type checked struct {
	hash string
	cost int
}

func (*plain) Hash(_ context.Context, password string) (string, error) { return password, nil }

func (p *plain) Check(_ context.Context, hash, password string, legacyCost int) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.checks = append(p.checks, checked{hash, legacyCost})
	return hash != "" && hash[strings.LastIndex(hash, ":")+1:] == password, nil
}

func (*plain) LegacyCost(hash string) int {
	if !strings.HasPrefix(hash, "legacy:") {
		return 0
	}
	cost, _ := strconv.Atoi(strings.Split(hash, ":")[1])
	return cost
}

func (p *plain) Outdated(hash string) bool { return p.LegacyCost(hash) > 0 }

// countingStore counts how often all accounts are loaded.
type countingStore struct {
	auth.UserStore
	loads int
	err   error // of loading
}

func (s *countingStore) Accounts(ctx context.Context) ([]auth.Account, error) {
	if s.err != nil {
		return nil, s.err
	}
	s.loads++
	return s.UserStore.Accounts(ctx)
}

// newPlainUsers returns users of a memory store with ada, whose hash is a legacy
// one, and bob.
func newPlainUsers(t *testing.T) (*auth.Users, *countingStore, *plain) {
	t.Helper()
	store, hasher := &countingStore{UserStore: auth.NewMemoryUserStore()}, new(plain)
	for name, hash := range map[string]string{"ada": "legacy:7:secret", "bob": "secret"} {
		require.NoError(t, store.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: name}, PasswordHash: hash}))
	}
	return auth.NewUsers(store, hasher), store, hasher
}

// costs logs each user in with a wrong password, and returns the legacy costs of
// the checks.
func costs(t *testing.T, u *auth.Users, hasher *plain, names ...string) (all []int) {
	t.Helper()
	hasher.checks = nil
	for _, name := range names {
		_, err := u.Authenticate(t.Context(), name, "wrong")
		require.Equal(t, auth.ErrCredentials, err)
	}
	for _, c := range hasher.checks {
		all = append(all, c.cost)
	}
	return all
}

func TestLogIn_CostsTheSameWhoeverExists(t *testing.T) {
	u, store, hasher := newPlainUsers(t)
	require.NoError(t, u.SetActive(t.Context(), "bob", false))
	require.Equal(t, []int{7, 7, 7}, costs(t, u, hasher, "ada", "bob", "nobody"))
	require.Equal(t, "", hasher.checks[2].hash, "a hash is computed for a user who does not exist, too")

	dearer := auth.Account{User: auth.User{Username: "eve"}, PasswordHash: "legacy:9:x"}
	require.NoError(t, store.CreateAccount(t.Context(), dearer))
	require.Equal(t, []int{9, 9, 9}, costs(t, u, hasher, "ada", "nobody", "eve"), "a new account counts")
	require.NoError(t, store.DeleteAccount(t.Context(), "eve"))
	require.Equal(t, []int{7}, costs(t, u, hasher, "nobody"), "a deleted one does not")
	require.NoError(t, u.SetPassword(t.Context(), "bob", "legacy:8:x"))
	require.Equal(t, []int{8}, costs(t, u, hasher, "nobody"))
	require.NoError(t, u.SetPassword(t.Context(), "bob", "new"))

	_, err := u.Authenticate(t.Context(), "ada", "secret")
	require.NoError(t, err)
	a, err := store.Account(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, "secret", a.PasswordHash, "a log-in renews the hash")
	require.Equal(t, []int{0, 0, 0}, costs(t, u, hasher, "ada", "bob", "nobody"))
}

func TestLogIn_LoadsAllAccountsOnce(t *testing.T) {
	u, store, hasher := newPlainUsers(t)
	for range 100 {
		costs(t, u, hasher, "ada", "nobody")
		require.NoError(t, u.SetPassword(t.Context(), "bob", "another"))
		require.NoError(t, store.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "eve"}, PasswordHash: "x"}))
		require.NoError(t, store.DeleteAccount(t.Context(), "eve"))
	}
	require.Equal(t, 1, store.loads)
}

func TestLogIn_FailsWhileTheAccountsCannotBeLoaded(t *testing.T) {
	u, store, hasher := newPlainUsers(t)
	store.err = errAway
	for _, name := range []string{"bob", "nobody"} {
		_, err := u.Authenticate(t.Context(), name, "secret")
		require.ErrorIs(t, err, errAway, "a log-in that is too fast would reveal who exists")
		require.NotErrorIs(t, err, auth.ErrCredentials)
	}
	store.err = nil
	require.Equal(t, []int{7}, costs(t, u, hasher, "nobody"))
}

// hangingStore does not load accounts before the context ends.
type hangingStore struct{ auth.UserStore }

func (hangingStore) Accounts(ctx context.Context) ([]auth.Account, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestLogIn_WaitsForASlowStoreNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := auth.NewUsers(hangingStore{auth.NewMemoryUserStore()}, new(plain))
		began := time.Now()
		var logIns sync.WaitGroup
		for range 3 {
			logIns.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err := u.Authenticate(ctx, "nobody", "x")
				assert.ErrorIs(t, err, context.DeadlineExceeded)
			})
		}
		logIns.Wait()
		require.Equal(t, time.Second, time.Since(began), "not one after another")
	})
}

func TestLogIn_IsSafeWhileAccountsChange(t *testing.T) {
	u, store, _ := newPlainUsers(t)
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 200 {
				if _, err := u.Authenticate(t.Context(), "bob", "secret"); err != nil {
					t.Error(err)
				}
			}
		})
		running.Go(func() {
			for range 200 {
				if err := store.UpdateAccount(t.Context(), "ada", func(*auth.Account) error { return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
}

func TestLogIn_RenewsAHashOfAnotherCost(t *testing.T) {
	store := auth.NewMemoryUserStore()
	require.NoError(t, auth.NewUsers(store, cheap()).Add(t.Context(), auth.User{Username: "ada"}, "x"))
	dearer := auth.NewUsers(store, password.New(password.WithCost(16, 1)))
	_, err := dearer.Authenticate(t.Context(), "ada", "x")
	require.NoError(t, err)
	a, err := store.Account(t.Context(), "ada")
	require.NoError(t, err)
	require.Contains(t, a.PasswordHash, "$m=16,t=1,")
}

// A client could never send it, because JSON and forms are UTF-8.
func TestAPassword_ThatIsNotUTF8IsNeverSet(t *testing.T) {
	users := auth.NewUsers(auth.NewMemoryUserStore(), &plain{})
	require.ErrorContains(t, users.Add(t.Context(), auth.User{Username: "ana"}, "secr\xe9t"), "the password is not UTF-8")
	require.NoError(t, users.Add(t.Context(), auth.User{Username: "ana"}, "secret"))
	require.ErrorContains(t, users.SetPassword(t.Context(), "ana", "\xed\xa0\x80"), "the password is not UTF-8")
	_, err := users.Authenticate(t.Context(), "ana", "secret")
	require.NoError(t, err)
}
