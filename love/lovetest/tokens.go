package lovetest

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// RunTokens is the conformance suite of [auth.Tokens], and of [auth.TokenAdmin]
// if the tokens implement it. open returns a new service for each test, and closes
// it with t.Cleanup. Its users are those of the directory, and its tokens expire by
// the clock.
//
//	func TestMyTokens(t *testing.T) {
//		lovetest.RunTokens(t, func(t *testing.T, users auth.Directory, clock love.Clock) auth.Tokens {
//			return newMyTokens(users, clock)
//		})
//	}
func RunTokens(t *testing.T, open func(t *testing.T, users auth.Directory, clock love.Clock) auth.Tokens) {
	for name, test := range map[string]func(*testing.T, *tokensTest){
		"a token belongs to its user, as of now":                tokenPrincipal,
		"every token is different":                              tokensDiffer,
		"a forged token is refused":                             tokenForged,
		"a token of a disabled or removed user is refused":      tokenOfNobody,
		"a revoked token is refused, the others are not":        tokenRevoked,
		"watchers are called once for a revoked token":          tokenWatch,
		"a token expires, however often it is used":             tokenExpires,
		"a failure of the directory is not a refusal":           tokenBroken,
		"a log-in that was overtaken gets no token":             tokenOvertaken,
		"tokens end with the account that they were issued for": tokensEnded,
		"tokens can be used at the same time":                   tokensConcurrently,
		"administrators list and revoke tokens":                 tokensAdmin,
		"tokens outlive a change of the key":                    tokensRotate,
	} {
		t.Run(name, func(t *testing.T) {
			users, clock := newDirectory("ada", "bob"), NewClock(storeStart)
			test(t, &tokensTest{Tokens: open(t, users, clock), users: users, clock: clock})
		})
	}
}

// tokensTest is a token service under test.
type tokensTest struct {
	auth.Tokens
	users *directory
	clock *Clock
}

// directory is an auth.Directory that a test can change. It is safe for concurrent
// use.
type directory struct {
	mu       sync.Mutex
	users    map[string]auth.User
	disabled map[string]bool
	err      error // of every look-up
}

func newDirectory(names ...string) *directory {
	d := &directory{users: make(map[string]auth.User), disabled: make(map[string]bool)}
	for _, n := range names {
		d.users[n] = auth.User{Username: n, Email: n + "@example.org"}
	}
	return d
}

// Lookup implements [auth.Directory].
func (d *directory) Lookup(_ context.Context, username string) (auth.User, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, ok := d.users[username]
	switch {
	case d.err != nil:
		return auth.User{}, d.err
	case !ok:
		return auth.User{}, auth.ErrUnknownUser
	case d.disabled[username]:
		return auth.User{}, auth.ErrInactive
	}
	return u, nil
}

// change changes the directory.
func (d *directory) change(f func(*directory)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(d)
}

func (s *tokensTest) issue(t *testing.T, username string) string {
	t.Helper()
	token, err := s.Issue(t.Context(), auth.User{Username: username})
	require.NoError(t, err)
	require.NotEmpty(t, token)
	return token
}

// valid returns the principal of a token, which must be valid.
func (s *tokensTest) valid(t *testing.T, token string, why ...any) auth.Principal {
	t.Helper()
	p, err := s.Verify(t.Context(), token)
	require.NoError(t, err, why...)
	return p
}

func (s *tokensTest) refused(t *testing.T, token string, want error, why ...any) {
	t.Helper()
	_, err := s.Verify(t.Context(), token)
	require.ErrorIs(t, err, want, why...)
}

func tokenPrincipal(t *testing.T, s *tokensTest) {
	token := s.issue(t, "ada")
	p := s.valid(t, token)
	require.Equal(t, "ada", p.User.Username)
	require.Equal(t, "ada@example.org", p.User.Email, "as the directory knows the user")
	require.False(t, p.Process)
	require.NotEmpty(t, p.TokenID)
	require.NotEqual(t, token, p.TokenID, "unlike the token, the ID is shown to others")
	require.True(t, p.Expires.After(s.clock.Now()), "it expires in the future")

	s.users.change(func(d *directory) { d.users["ada"] = auth.User{Username: "ada", Superuser: true} })
	p = s.valid(t, token)
	require.True(t, p.User.Superuser, "a change of the user takes effect at once")
	require.Empty(t, p.User.Email)
}

func tokensDiffer(t *testing.T, s *tokensTest) {
	tokens, ids := make(map[string]bool), make(map[string]bool)
	for range 100 {
		token := s.issue(t, "ada")
		tokens[token], ids[s.valid(t, token).TokenID] = true, true
		require.Regexp(t, `^[A-Za-z0-9._~-]+$`, token, "clients put it into headers and queries unescaped")
		require.LessOrEqual(t, len(token), 8192)
	}
	require.Len(t, tokens, 100)
	require.Len(t, ids, 100)
}

func tokenForged(t *testing.T, s *tokensTest) {
	good := s.issue(t, "ada")
	middle := len(good) / 2
	another := "A"
	if good[middle] == 'A' {
		another = "B"
	}
	for why, forged := range map[string]string{
		"empty":                       "",
		"a space":                     " ",
		"a text":                      "nonsense",
		"dots":                        "..",
		"the ID of a token":           s.valid(t, good).TokenID,
		"a user name":                 "ada",
		"cut at the end":              good[:len(good)-1],
		"cut at the beginning":        good[1:],
		"with a character at its end": good + "x",
		"with a line break":           good + "\n",
		"broken in the middle":        good[:middle] + "\r\n" + good[middle:],
		"repeated":                    good + good,
		"with another character":      good[:middle] + another + good[middle+1:],
		"with an odd character":       good[:middle] + "!" + good[middle+1:],
		"with a NUL":                  good + "\x00",
		"very long":                   strings.Repeat("x", 1<<20),
	} {
		s.refused(t, forged, auth.ErrToken, why)
		require.ErrorIs(t, s.Revoke(t.Context(), forged), auth.ErrToken, why)
	}
	s.valid(t, good)
}

func tokenOfNobody(t *testing.T, s *tokensTest) {
	ada, bob := s.issue(t, "ada"), s.issue(t, "bob")
	s.valid(t, ada)
	s.users.change(func(d *directory) { d.disabled["ada"] = true })
	s.refused(t, ada, auth.ErrInactive)
	s.users.change(func(d *directory) { d.disabled["ada"] = false })
	s.valid(t, ada, "the user was enabled again")
	s.users.change(func(d *directory) { delete(d.users, "ada") })
	s.refused(t, ada, auth.ErrToken)
	s.valid(t, bob)
}

func tokenRevoked(t *testing.T, s *tokensTest) {
	unused, used, other := s.issue(t, "ada"), s.issue(t, "ada"), s.issue(t, "ada")
	s.valid(t, used)
	for _, token := range []string{unused, used} {
		require.NoError(t, s.Revoke(t.Context(), token))
		s.refused(t, token, auth.ErrToken, "it was revoked")
		require.NoError(t, s.Revoke(t.Context(), token), "revoking a token again does nothing")
		s.refused(t, token, auth.ErrToken, "it was revoked")
	}
	s.valid(t, other)
	s.clock.Advance(s.valid(t, other).Expires.Sub(s.clock.Now()) + time.Second)
	_, err := s.Verify(t.Context(), used)
	require.Error(t, err, "a revoked token that has expired")
}

func tokenWatch(t *testing.T, s *tokensTest) {
	first, second, third := s.issue(t, "ada"), s.issue(t, "ada"), s.issue(t, "ada")
	p := s.valid(t, first)
	var mu sync.Mutex
	notified := make(map[string][]string)
	watch := func(name string) (cancel func()) {
		return s.Watch(func(id string) {
			mu.Lock()
			defer mu.Unlock()
			notified[name] = append(notified[name], id)
		})
	}
	cancel := watch("a")
	defer watch("b")()
	require.NoError(t, s.Revoke(t.Context(), first))
	require.Equal(t, map[string][]string{"a": {p.TokenID}, "b": {p.TokenID}}, maps.Clone(notified), "before Revoke returns")
	require.NoError(t, s.Revoke(t.Context(), first))
	require.Len(t, notified["a"], 1, "once")
	cancel()
	require.NoError(t, s.Revoke(t.Context(), second))
	require.Len(t, notified["a"], 1, "a watcher that was cancelled is not called")
	require.Len(t, notified["b"], 2)
	s.valid(t, third)
	require.Len(t, notified["b"], 2, "no watcher is called for a valid token")
}

func tokenExpires(t *testing.T, s *tokensTest) {
	token, unused := s.issue(t, "ada"), s.issue(t, "ada")
	expires := s.valid(t, token).Expires
	const steps = 4
	lifetime := expires.Sub(s.clock.Now())
	for range steps - 1 {
		s.clock.Advance(lifetime / steps)
		require.True(t, expires.Equal(s.valid(t, token).Expires), "using a token does not prolong it")
	}
	s.clock.Advance(expires.Sub(s.clock.Now()) - time.Second)
	s.valid(t, token, "a second before it expires")
	s.clock.Advance(time.Second)
	for _, token := range []string{token, unused} {
		s.refused(t, token, auth.ErrExpired)
		for range 2 { // the service may revoke an expired token
			_, err := s.Verify(t.Context(), token)
			require.True(t, errors.Is(err, auth.ErrExpired) || errors.Is(err, auth.ErrToken), "an expired token gave the error %v", err)
		}
	}
	s.valid(t, s.issue(t, "ada"))
}

func tokenBroken(t *testing.T, s *tokensTest) {
	token, down := s.issue(t, "ada"), errors.New("the directory is down")
	s.valid(t, token)
	s.users.change(func(d *directory) { d.err = down })
	_, err := s.Verify(t.Context(), token)
	require.ErrorIs(t, err, down)
	for _, refusal := range []error{auth.ErrToken, auth.ErrExpired, auth.ErrInactive, auth.ErrCredentials} {
		require.NotErrorIs(t, err, refusal, "the token may be valid")
	}
	s.users.change(func(d *directory) { d.err = nil })
	s.valid(t, token, "the failure is over")
}

func tokenOvertaken(t *testing.T, s *tokensTest) {
	s.users.change(func(d *directory) { d.users["ada"] = auth.User{Username: "ada", Version: 5, TokensFrom: 2} })
	_, err := s.Issue(t.Context(), auth.User{Username: "ada", Version: 4})
	require.ErrorIs(t, err, auth.ErrSuperseded, "the account has changed since the password was checked")
	s.valid(t, s.issue(t, "bob"))
}

func tokensEnded(t *testing.T, s *tokensTest) {
	ada, bob := s.issue(t, "ada"), s.issue(t, "bob")
	s.valid(t, ada)
	s.users.change(func(d *directory) { d.users["ada"] = auth.User{Username: "ada", Version: 5, TokensFrom: 5} })
	s.refused(t, ada, auth.ErrToken, "it was issued before version 5")
	s.valid(t, bob)
}

func tokensConcurrently(t *testing.T, s *tokensTest) {
	stays := s.issue(t, "ada")
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 10 {
				token, err := s.Issue(t.Context(), auth.User{Username: "bob"})
				if err != nil {
					t.Error("issuing:", err)
					return
				}
				if p, err := s.Verify(t.Context(), token); err != nil || p.User.Username != "bob" {
					t.Errorf("the token of bob gave the user %q and the error %v", p.User.Username, err)
				}
				if err := s.Revoke(t.Context(), token); err != nil {
					t.Error("revoking:", err)
				}
				if _, err := s.Verify(t.Context(), token); !errors.Is(err, auth.ErrToken) {
					t.Errorf("a revoked token gave the error %v", err)
				}
				if p, err := s.Verify(t.Context(), stays); err != nil || p.User.Username != "ada" {
					t.Errorf("the token of ada gave the user %q and the error %v", p.User.Username, err)
				}
			}
		})
	}
	running.Wait()
}

func (s *tokensTest) admin(t *testing.T) auth.TokenAdmin {
	t.Helper()
	admin, ok := s.Tokens.(auth.TokenAdmin)
	if !ok {
		t.Skip("these tokens do not implement auth.TokenAdmin")
	}
	return admin
}

func tokensAdmin(t *testing.T, s *tokensTest) {
	admin, ctx := s.admin(t), t.Context()
	ids := func(username string) (list []string) {
		all, err := admin.Issued(ctx, username)
		require.NoError(t, err)
		for _, info := range all {
			require.NotEmpty(t, info.Username)
			require.True(t, info.Expires.After(info.Issued))
			require.False(t, info.Revoked)
			list = append(list, info.ID)
		}
		return list
	}
	require.Empty(t, ids(""))
	old := s.issue(t, "ada")
	s.clock.Advance(time.Second)
	young := s.issue(t, "ada")
	s.clock.Advance(time.Second)
	bob := s.issue(t, "bob")
	idOf := func(token string) string { return s.valid(t, token).TokenID }
	oldID, youngID, bobID := idOf(old), idOf(young), idOf(bob)
	require.Equal(t, []string{youngID, oldID}, ids("ada"))
	require.Equal(t, []string{bobID, youngID, oldID}, ids(""), "newest first")
	require.Empty(t, ids("nobody"))

	var notified []string
	defer s.Watch(func(id string) { notified = append(notified, id) })()
	require.NoError(t, admin.RevokeID(ctx, youngID))
	s.refused(t, young, auth.ErrToken)
	require.ErrorIs(t, admin.RevokeID(ctx, youngID), auth.ErrToken, "it is revoked already")
	require.ErrorIs(t, admin.RevokeID(ctx, "unknown"), auth.ErrToken)
	require.Equal(t, []string{oldID}, ids("ada"))

	third := s.issue(t, "ada")
	thirdID := idOf(third)
	n, err := admin.RevokeAll(ctx, "ada")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	s.refused(t, old, auth.ErrToken)
	s.refused(t, third, auth.ErrToken)
	s.valid(t, bob)
	n, err = admin.RevokeAll(ctx, "ada")
	require.NoError(t, err)
	require.Zero(t, n)
	require.ElementsMatch(t, []string{youngID, oldID, thirdID}, notified, "watchers are called for each of them")

	s.clock.Advance(s.valid(t, bob).Expires.Sub(s.clock.Now()))
	require.Empty(t, ids(""), "expired tokens are not listed")
}

func tokensRotate(t *testing.T, s *tokensTest) {
	admin := s.admin(t)
	old := s.issue(t, "ada")
	id, err := admin.RotateKey(t.Context())
	if errors.Is(err, auth.ErrFixedKey) {
		s.valid(t, old)
		return
	}
	require.NoError(t, err)
	require.NotEmpty(t, id)
	s.valid(t, old)
	s.valid(t, s.issue(t, "ada"))
	again, err := admin.RotateKey(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, id, again)
}
