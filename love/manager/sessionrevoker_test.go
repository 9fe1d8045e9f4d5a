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

// outages is a store of users that tells of changes and cannot always be read.
type outages struct {
	*auth.MemoryUserStore
	away  atomic.Bool
	asked atomic.Int32
}

func (o *outages) Account(ctx context.Context, username string) (auth.Account, error) {
	o.asked.Add(1)
	if o.away.Load() {
		return auth.Account{}, errAway
	}
	return o.MemoryUserStore.Account(ctx, username)
}

func TestSockets_OfAUserCloseWhenTheStoreIsBackIfItWasAway(t *testing.T) {
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
				store := &outages{MemoryUserStore: auth.NewMemoryUserStore()}
				require.NoError(t, store.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "user"}}))
				users := auth.NewUsers(store, password.New())
				r, _ := newUnserved(t, func(c *manager.Config) { c.Users, c.Clock = users, love.SystemClock{} })

				store.away.Store(true)
				require.NoError(t, c.change(users, t.Context()))
				<-time.After(3500 * time.Millisecond)
				require.Empty(t, r.hub.closed(), "a user about whom nothing is known stays")
				require.EqualValues(t, 4, store.asked.Load(), "at once, and then every second")

				store.away.Store(false)
				<-time.After(time.Second)
				require.Equal(t, c.closed, r.hub.closed())
				<-time.After(time.Minute)
				require.EqualValues(t, 5, store.asked.Load(), "what is known is not asked again")
			})
		})
	}
}

func TestClose_EndsTheLookForUsersWhoHaveLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &outages{MemoryUserStore: auth.NewMemoryUserStore()}
		require.NoError(t, store.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "user"}}))
		users := auth.NewUsers(store, password.New())
		_, m := newUnserved(t, func(c *manager.Config) { c.Users, c.Clock = users, love.SystemClock{} })
		store.away.Store(true)
		require.NoError(t, users.SetActive(t.Context(), "user", false))
		synctest.Wait()
		began := time.Now()
		m.Close()
		require.Zero(t, time.Since(began), "nobody waits for the store")
		<-time.After(time.Minute)
		require.EqualValues(t, 1, store.asked.Load())
	})
}
