package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

// The changes of ada of the tests below.

func setPassword(password string) func(context.Context, process) error {
	return func(ctx context.Context, p process) error { return p.users.SetPassword(ctx, "ada", password) }
}

func keepTokens(password string) func(context.Context, process) error {
	return func(ctx context.Context, p process) error { return p.users.SetPasswordKeepTokens(ctx, "ada", password) }
}

func setActive(active bool) func(context.Context, process) error {
	return func(ctx context.Context, p process) error { return p.users.SetActive(ctx, "ada", active) }
}

func remove(ctx context.Context, p process) error { return p.Users().DeleteAccount(ctx, "ada") }

func add(ctx context.Context, p process) error {
	return p.users.Add(ctx, auth.User{Username: "ada"}, "old")
}

func endTokens(ctx context.Context, p process) error { return p.users.EndTokens(ctx, "ada") }

func setRights(superuser bool, groups ...string) func(context.Context, process) error {
	return func(ctx context.Context, p process) error {
		return p.Users().UpdateAccount(ctx, "ada", func(a *auth.Account) error {
			a.Superuser, a.Groups = superuser, groups
			return nil
		})
	}
}

func setEmail(ctx context.Context, p process) error {
	return p.Users().UpdateAccount(ctx, "ada", func(a *auth.Account) error {
		a.Email = "ada@example.org"
		return nil
	})
}

type changesOfAda []func(context.Context, process) error

// outcome is what holds of ada at the end; the zero value: deleted.
type outcome struct {
	exists   bool
	password string
	disabled bool
	rights   int   // superuser and groups
	earlier  error // what Verify says of the token from before
	later    bool  // the log-in after the last change has a token that is valid
}

// TestRevocation_DoesNotOverwriteALaterChangeOfAnotherProcess: the end is the same
// as if the revocation had been recorded at once. The clock of the process that
// revokes stands still until the other has made its changes.
func TestRevocation_DoesNotOverwriteALaterChangeOfAnotherProcess(t *testing.T) {
	for name, c := range map[string]struct {
		revoke     func(context.Context, process) error
		then       changesOfAda // by the other process
		want       outcome
		superseded string // in the log; empty: nothing
	}{
		"a password by a password": {setPassword("first"), changesOfAda{setPassword("second")},
			outcome{true, "second", false, 3, auth.ErrToken, true}, "the password"},
		"a password by a password that keeps the tokens": {setPassword("first"), changesOfAda{keepTokens("second")},
			outcome{true, "second", false, 3, auth.ErrToken, true}, "the password"},
		"a password, but not by other data": {setPassword("first"), changesOfAda{setEmail},
			outcome{true, "first", false, 3, auth.ErrToken, false}, ""},
		"a password, but not by disabled and enabled": {setPassword("first"), changesOfAda{setActive(false), setActive(true)},
			outcome{true, "first", false, 3, auth.ErrToken, false}, ""},
		"disabled by enabled": {setActive(false), changesOfAda{setActive(true)},
			outcome{true, "old", false, 3, nil, true}, "disabled"},
		"disabled by disabled and enabled": {setActive(false), changesOfAda{setActive(false), setActive(true)},
			outcome{true, "old", false, 3, nil, true}, "disabled"},
		"disabled by deleted and added": {setActive(false), changesOfAda{remove, add},
			outcome{true, "old", false, 0, auth.ErrToken, true}, "disabled"},
		"disabled, but not by a password": {setActive(false), changesOfAda{setPassword("second")},
			outcome{true, "second", true, 3, auth.ErrInactive, false}, ""},
		"disabled, but not by other data": {setActive(false), changesOfAda{setEmail},
			outcome{true, "old", true, 3, auth.ErrInactive, false}, ""},
		"deleted by deleted and added": {remove, changesOfAda{remove, add},
			outcome{true, "old", false, 0, auth.ErrToken, true}, "the deletion"},
		"deleted, but not by another change": {remove, changesOfAda{setPassword("second")}, outcome{earlier: auth.ErrToken}, ""},
		"deleted twice":                      {remove, changesOfAda{remove}, outcome{earlier: auth.ErrToken}, ""},
		"rights by the same rights as before": {setRights(false), changesOfAda{setRights(true, auth.GroupCommand, auth.GroupUIFramework)},
			outcome{true, "old", false, 3, nil, true}, "rights"},
		"rights by others": {setRights(false), changesOfAda{setRights(false, auth.GroupCommand)},
			outcome{true, "old", false, 1, nil, true}, "rights"},
		"rights, but not by a password": {setRights(false), changesOfAda{setPassword("second")},
			outcome{true, "second", false, 0, auth.ErrToken, true}, ""},
		"all tokens, but not those of a later password": {endTokens, changesOfAda{setPassword("second")},
			outcome{true, "second", false, 3, auth.ErrToken, true}, ""},
		"all tokens, but not those of a new account": {endTokens, changesOfAda{remove, add},
			outcome{true, "old", false, 0, auth.ErrToken, true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			runOnShared(t, func(t *testing.T, address string) {
				t.Parallel() // it waits for the database most of the time
				clock := lovetest.NewClock(time.Now())
				here, log := writable(t, address, store.WithClock(clock))
				other := newProcess(t, address, love.SystemClock{})
				clock.WaitForTimers(1)
				earlier, err := here.tokens.Issue(t.Context(), auth.User{Username: "ada"})
				require.NoError(t, err)

				release := lockWrites(t, address)
				require.ErrorIs(t, c.revoke(t.Context(), here), auth.ErrUnrecorded)
				release()
				for _, change := range c.then {
					require.NoError(t, change(t.Context(), other))
				}
				later, err := other.tokens.Issue(t.Context(), auth.User{Username: "ada"})
				require.NoError(t, err)
				clock.Advance(store.PollPeriod)
				require.Eventually(t, func() bool { return strings.Contains(log.String(), "are recorded now") }, waitLimit, time.Millisecond)

				other.Refresh(t.Context())
				for _, p := range []process{here, other, newProcess(t, address, love.SystemClock{})} {
					c.want.check(t, p, earlier, later)
				}
				require.Equal(t, c.superseded != "", strings.Contains(log.String(), "superseded"), log)
				require.True(t, strings.Contains(log.String(), c.superseded), log)
			})
		})
	}
}

func (want outcome) check(t *testing.T, p process, earlier, later string) {
	t.Helper()
	_, err := p.tokens.Verify(t.Context(), earlier)
	require.ErrorIs(t, err, want.earlier)
	_, err = p.tokens.Verify(t.Context(), later)
	require.Equal(t, want.later, err == nil, "the later token: %v", err)
	a, err := p.Users().Account(t.Context(), "ada")
	if !want.exists {
		require.ErrorIs(t, err, auth.ErrUnknownUser)
		return
	}
	require.NoError(t, err)
	rights := len(a.Groups)
	if a.Superuser {
		rights++
	}
	require.Equal(t, want.rights, rights)
	require.Equal(t, want.disabled, a.Disabled)
	for _, password := range []string{"old", "first", "second"} {
		_, err := p.users.Authenticate(t.Context(), "ada", password)
		require.Equal(t, password == want.password && !want.disabled, err == nil, "%q: %v", password, err)
	}
}
