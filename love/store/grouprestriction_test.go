package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

// TestRevocation_OfAGroupHoldsThoughItCannotBeRecorded: what is taken away from a
// group, or the group itself, is gone at once, here, and later elsewhere, unless
// another process has set the group meanwhile.
func TestRevocation_OfAGroupHoldsThoughItCannotBeRecorded(t *testing.T) {
	night := auth.Group{Name: "night", Permissions: []auth.Permission{auth.ExecuteCommand, auth.ManageUsers}}
	less := auth.Group{Name: "night", Permissions: []auth.Permission{auth.ExecuteCommand}}
	put := func(g auth.Group) func(*testing.T, process) error {
		return func(t *testing.T, p process) error { return p.Users().PutGroup(t.Context(), g) }
	}
	remove := func(t *testing.T, p process) error { return p.Users().DeleteGroup(t.Context(), "night") }
	nothing := func(*testing.T, process) error { return nil }
	for name, c := range map[string]struct {
		revoke, then func(*testing.T, process) error // then: by another process
		here         []auth.Permission               // of a member, at once
		want         []auth.Permission               // at the end
		member       bool                            // at the end
		superseded   bool
	}{
		"a permission":                      {put(less), nothing, less.Permissions, less.Permissions, true, false},
		"the group":                         {remove, nothing, nil, nil, false, false},
		"a permission of a group set later": {put(less), put(night), less.Permissions, night.Permissions, true, true},
		"a group that is set later":         {remove, put(less), nil, less.Permissions, true, true},
		"a group that is deleted later":     {put(less), remove, less.Permissions, nil, false, false},
		"a group that is deleted by two":    {remove, remove, nil, nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			runOnShared(t, func(t *testing.T, address string) {
				t.Parallel() // it waits for the database most of the time
				clock := lovetest.NewClock(time.Now())
				here, log := writable(t, address, store.WithClock(clock))
				other := newProcess(t, address, love.SystemClock{})
				clock.WaitForTimers(1)
				require.NoError(t, here.Users().PutGroup(t.Context(), night))
				require.NoError(t, here.users.Add(t.Context(), auth.User{Username: "bob", Groups: []string{"night"}}, "old"))
				notified := make(chan string, 10)
				t.Cleanup(here.users.WatchUsers(func(name string) { notified <- name }))
				check := func(p process, want []auth.Permission, member bool) {
					t.Helper()
					bob, err := p.users.Lookup(t.Context(), "bob")
					require.NoError(t, err)
					require.ElementsMatch(t, want, bob.GroupPermissions)
					require.Equal(t, member, len(bob.Groups) == 1)
				}

				release := lockWrites(t, address)
				require.ErrorIs(t, c.revoke(t, here), auth.ErrUnrecorded)
				require.Equal(t, "bob", <-notified)
				check(here, c.here, c.here != nil)
				here.Refresh(t.Context())
				check(here, c.here, c.here != nil)

				release()
				require.NoError(t, c.then(t, other))
				clock.Advance(store.PollPeriod)
				require.Eventually(t, func() bool { return strings.Contains(log.String(), "are recorded now") }, waitLimit, time.Millisecond)
				other.Refresh(t.Context())
				for _, p := range []process{here, other, newProcess(t, address, love.SystemClock{})} {
					check(p, c.want, c.member)
				}
				require.Equal(t, c.superseded, strings.Contains(log.String(), "superseded"), log)
			})
		})
	}
}

func TestRevocation_OfAGroupComesBeforeALaterChangeHere(t *testing.T) {
	runOnShared(t, func(t *testing.T, address string) {
		t.Parallel()
		p, _ := writable(t, address)
		release := lockWrites(t, address)
		require.ErrorIs(t, p.Users().DeleteGroup(t.Context(), auth.GroupCommand), auth.ErrUnrecorded)
		err := p.Users().PutGroup(t.Context(), auth.Group{Name: "night", Permissions: []auth.Permission{auth.ManageUsers}})
		require.ErrorIs(t, err, auth.ErrUnavailable)
		require.NotErrorIs(t, err, auth.ErrUnrecorded, "it takes nothing away")
		release()
		require.NoError(t, p.Users().PutGroup(t.Context(), auth.Group{Name: auth.GroupCommand}))
		for _, p := range []process{p, newProcess(t, address, love.SystemClock{})} {
			a, err := p.Users().Account(t.Context(), "ada")
			require.NoError(t, err)
			require.Equal(t, []string{auth.GroupUIFramework}, a.Groups)
			groups, err := p.Users().Groups(t.Context())
			require.NoError(t, err)
			require.Contains(t, groups, auth.Group{Name: auth.GroupCommand})
		}
	})
}
