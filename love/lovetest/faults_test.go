package lovetest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/lovetest"
)

// fault is a mistake that an implementation of an interface may have.
type fault struct {
	finds string // the test of the suite that must fail
	logIn func(directory) logIn
	token func(*faultyTokens)
	run   func(t *testing.T) // another suite
}

// commandsAtOnce is the test of RunCommander that finds faults of exclusive commanders.
const commandsAtOnce = "commands_are_executed_at_the_same_time,_each_with_its_own_outcome"

var faults = map[string]fault{
	"any password is right": {finds: "a_wrong_password_is_refused", logIn: func(d directory) logIn {
		return func(name, _ string) error { return d.check(name, d.password) }
	}},
	"a longer password is right": {finds: "a_wrong_password_is_refused", logIn: func(d directory) logIn {
		return func(name, password string) error {
			return d.check(name, password[:min(len(password), len(d.password))])
		}
	}},
	"no password is an anonymous log-in": {finds: "a_wrong_password_is_refused", logIn: func(d directory) logIn {
		return func(name, password string) error {
			if name == "ada" && password == "" {
				return nil
			}
			return d.check(name, password)
		}
	}},
	"a refusal is a failure": {finds: "a_wrong_password_is_refused", logIn: func(d directory) logIn {
		return func(name, password string) error {
			if err := d.check(name, password); err != nil {
				return errors.Join(err, auth.ErrUnavailable)
			}
			return nil
		}
	}},
	"any name is a user": {finds: "an_unknown_user_is_refused", logIn: func(d directory) logIn {
		return func(_, password string) error { return d.check("ada", password) }
	}},
	"an unknown user has another error": {finds: "an_unknown_user_is_refused", logIn: func(d directory) logIn {
		return func(name, password string) error {
			if name != "ada" {
				return auth.ErrUnknownUser
			}
			return d.check(name, password)
		}
	}},
	"a disabled user may log in": {finds: "a_disabled_user_is_refused", logIn: func(d directory) logIn {
		return func(name, password string) error {
			*d.disabled = false
			return d.check(name, password)
		}
	}},
	"a failure is a refusal": {finds: "a_failure_of_the_identity_system_is_not_a_refusal", logIn: func(d directory) logIn {
		return func(name, password string) error {
			if d.check(name, password) != nil {
				return auth.ErrCredentials
			}
			return nil
		}
	}},

	"an exclusive commander":                      {finds: commandsAtOnce, run: runPress(func() *press { return &press{} }, false)},
	"a command that is given up keeps the device": {finds: commandsAtOnce, run: runPress(func() *press { return &press{stuck: true} }, true)},
	"what was not sent may have been executed":    {finds: commandsAtOnce, run: runPress(func() *press { return &press{unknown: true} }, true)},
	"a failure without a reason":                  {finds: commandsAtOnce, run: runPress(func() *press { return &press{wordless: true} }, true)},

	"a deletion is not kept":       {finds: "what_is_stored_outlives_the_store", run: runForgettingUsers},
	"a revocation is not kept":     {finds: "what_is_stored_outlives_the_store", run: runForgettingTokens},
	"a disabled user is looked up": {finds: "a_user_who_is_disabled_loses_tokens_and_websockets", run: runOffice(&office{remembers: true})},
	"a disabled user is a failure": {finds: "the_directory_knows_the_user", run: runOffice(&office{fails: true})},
	"a withdrawal notifies nobody": {finds: "a_watcher_is_notified_of_a_user_who_is_disabled", run: runOffice(&office{silent: true})},

	"the same token again":           {finds: "every_token_is_different", token: func(f *faultyTokens) { f.reuse = make(map[string]string) }},
	"a longer token is valid":        {finds: "a_forged_token_is_refused", token: func(f *faultyTokens) { f.trim = true }},
	"a revoked token is valid":       {finds: "a_revoked_token_is_refused,_the_others_are_not", token: func(f *faultyTokens) { f.revokes = false }},
	"watchers are not called":        {finds: "watchers_are_called_once_for_a_revoked_token", token: func(f *faultyTokens) { f.watch = false }},
	"watchers cannot be cancelled":   {finds: "watchers_are_called_once_for_a_revoked_token", token: func(f *faultyTokens) { f.cancel = false }},
	"a token does not expire":        {finds: "a_token_expires,_however_often_it_is_used", token: func(f *faultyTokens) { f.expires = false }},
	"a user is looked up once":       {finds: "a_token_of_a_disabled_or_removed_user_is_refused", token: func(f *faultyTokens) { f.known = make(map[string]auth.Principal) }},
	"a failed look-up is a refusal":  {finds: "a_failure_of_the_directory_is_not_a_refusal", token: func(f *faultyTokens) { f.refuses = true }},
	"a log-in has no version":        {finds: "a_log-in_that_was_overtaken_gets_no_token", token: func(f *faultyTokens) { f.anyVersion = true }},
	"ended tokens are valid":         {finds: "tokens_end_with_the_account_that_they_were_issued_for", token: func(f *faultyTokens) { f.endless = true }},
	"administrators revoke too much": {finds: "administrators_list_and_revoke_tokens", token: func(f *faultyTokens) { f.revokeAll = true }},
}

const faultVariable = "LOVETEST_FAULT"

func TestSuites_FindFaults(t *testing.T) {
	program, err := os.Executable()
	require.NoError(t, err)
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestFaulty$")
			cmd.Env = append(os.Environ(), faultVariable+"="+name)
			out, err := cmd.CombinedOutput()
			require.Error(t, err, "the suite passes: %s", out)
			require.Contains(t, string(out), "--- FAIL: TestFaulty/"+f.finds)
		})
	}
}

// TestFaulty runs a suite on a faulty implementation, in its own process.
func TestFaulty(t *testing.T) {
	name, ok := os.LookupEnv(faultVariable)
	if !ok {
		t.Skip("this test is run by TestSuites_FindFaults, and must fail")
	}
	runFaulty(t, faults[name])
}

func TestSuites_FindNoFaultsInCorrectImplementations(t *testing.T) {
	t.Run("log-in", func(t *testing.T) {
		runFaulty(t, fault{logIn: func(d directory) logIn { return d.check }})
	})
	t.Run("directory", runOffice(new(office)))
	t.Run("tokens", func(t *testing.T) { runFaulty(t, fault{token: func(*faultyTokens) {}}) })
}

func runFaulty(t *testing.T, f fault) {
	if f.run != nil {
		f.run(t)
		return
	}
	if f.logIn != nil {
		lovetest.RunAuthenticator(t, func(*testing.T) lovetest.AuthenticatorSetup {
			d := directory{password: "Correct horse", disabled: new(bool), down: new(bool)}
			return lovetest.AuthenticatorSetup{
				Authenticator: f.logIn(d), Username: "ada", Password: d.password,
				Disable: func(*testing.T) { *d.disabled = true },
				Break:   func(*testing.T) { *d.down = true },
			}
		})
		return
	}
	lovetest.RunTokens(t, func(_ *testing.T, users auth.Directory, clock love.Clock) auth.Tokens {
		faulty := &faultyTokens{revokes: true, watch: true, cancel: true, expires: true}
		f.token(faulty)
		if !faulty.expires {
			clock = love.SystemClock{}
		}
		if faulty.endless {
			users = endless{users}
		}
		faulty.Tokens = jwt.New(nil, users, jwt.WithClock(clock))
		return faulty
	})
}

// directory is an identity system with one user, ada.
type directory struct {
	password       string
	disabled, down *bool
}

func (d directory) check(name, password string) error {
	switch {
	case *d.down:
		return errors.New("the directory is down")
	case name != "ada" || password != d.password || *d.disabled:
		return auth.ErrCredentials
	}
	return nil
}

// logIn is an auth.Authenticator.
type logIn func(name, password string) error

func (l logIn) Authenticate(_ context.Context, name, password string) (auth.User, error) {
	return auth.User{Username: "ada"}, l(name, password)
}

// endless is a directory that does not record which tokens have ended.
type endless struct{ auth.Directory }

func (d endless) Lookup(ctx context.Context, username string) (auth.User, error) {
	u, err := d.Directory.Lookup(ctx, username)
	u.TokensFrom = 0
	return u, err
}

// faultyTokens are tokens with faults.
type faultyTokens struct {
	*jwt.Tokens
	reuse     map[string]string // tokens to issue again, by user name
	trim      bool              // an "x" at the end of a token is ignored
	revokes   bool
	watch     bool
	cancel    bool
	expires   bool
	known     map[string]auth.Principal // by token
	refuses   bool                      // even if the token cannot be checked
	revokeAll bool                      // by RevokeID

	anyVersion bool // at a log-in
	endless    bool // TokensFrom is ignored

	mu sync.Mutex
}

func (f *faultyTokens) Issue(ctx context.Context, u auth.User) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.anyVersion {
		u.Version = 0
	}
	if token, ok := f.reuse[u.Username]; ok {
		return token, nil
	}
	token, err := f.Tokens.Issue(ctx, u)
	if f.reuse != nil {
		f.reuse[u.Username] = token
	}
	return token, err
}

func (f *faultyTokens) Verify(ctx context.Context, token string) (auth.Principal, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.trim {
		token = strings.TrimSuffix(token, "x")
	}
	if p, ok := f.known[token]; ok {
		return p, nil
	}
	p, err := f.Tokens.Verify(ctx, token)
	if err == nil && f.known != nil {
		f.known[token] = p
	}
	if err != nil && f.refuses && !errors.Is(err, auth.ErrExpired) && !errors.Is(err, auth.ErrInactive) {
		err = auth.ErrToken
	}
	return p, err
}

func (f *faultyTokens) Revoke(ctx context.Context, token string) error {
	if f.revokes {
		return f.Tokens.Revoke(ctx, token)
	}
	_, err := f.Tokens.Verify(ctx, token)
	return err
}

func (f *faultyTokens) Watch(call func(string)) (cancel func()) {
	if !f.watch {
		return func() {}
	}
	cancel = f.Tokens.Watch(call)
	if !f.cancel {
		return func() {}
	}
	return cancel
}

func (f *faultyTokens) RevokeID(ctx context.Context, id string) error {
	if err := f.Tokens.RevokeID(ctx, id); err != nil || !f.revokeAll {
		return err
	}
	_, err := f.RevokeAll(ctx, "")
	return err
}
