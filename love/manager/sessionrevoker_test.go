package manager_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/manager"
)

// flakyUserStore reports changes, and cannot be read while it is down.
type flakyUserStore struct {
	*auth.MemoryUserStore
	down  atomic.Bool
	reads atomic.Int32
}

func (o *flakyUserStore) Account(ctx context.Context, username string) (auth.Account, error) {
	o.reads.Add(1)
	if o.down.Load() {
		return auth.Account{}, errUnavailable
	}
	return o.MemoryUserStore.Account(ctx, username)
}

func TestSockets_OfAUserCloseWhenTheStoreIsUpAgain(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*auth.Users, context.Context) error
		closed []string
	}{
		"disabled": {func(u *auth.Users, ctx context.Context) error { return u.SetActive(ctx, "user", false) }, []string{"sockets of user"}},
		"removed":  {func(u *auth.Users, ctx context.Context) error { return u.Store().DeleteAccount(ctx, "user") }, []string{"sockets of user"}},
		"may stay": {func(u *auth.Users, ctx context.Context) error { return u.SetActive(ctx, "user", true) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &flakyUserStore{MemoryUserStore: auth.NewMemoryUserStore()}
				require.NoError(t, store.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "user"}}))
				users := auth.NewUsers(store, password.New())
				h, _ := newUnservedHarness(t, func(c *manager.Config) { c.Users, c.Clock = users, love.SystemClock{} })

				store.down.Store(true)
				require.NoError(t, c.change(users, t.Context()))
				<-time.After(3500 * time.Millisecond)
				require.Empty(t, h.hub.disconnects(), "a user who cannot be looked up stays connected")
				require.EqualValues(t, 4, store.reads.Load(), "at once, and then every second")

				store.down.Store(false)
				<-time.After(time.Second)
				require.Equal(t, c.closed, h.hub.disconnects())
				<-time.After(time.Minute)
				require.EqualValues(t, 5, store.reads.Load(), "users are looked up only until that succeeds")
			})
		})
	}
}

func TestClose_EndsTheLookUpsOfUsers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &flakyUserStore{MemoryUserStore: auth.NewMemoryUserStore()}
		require.NoError(t, store.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "user"}}))
		users := auth.NewUsers(store, password.New())
		_, m := newUnservedHarness(t, func(c *manager.Config) { c.Users, c.Clock = users, love.SystemClock{} })
		store.down.Store(true)
		require.NoError(t, users.SetActive(t.Context(), "user", false))
		synctest.Wait()
		began := time.Now()
		m.Close()
		require.Zero(t, time.Since(began), "it does not wait for the store")
		<-time.After(time.Minute)
		require.EqualValues(t, 1, store.reads.Load())
	})
}
