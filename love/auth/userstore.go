package auth

import (
	"context"
	"math"
)

// Account is a user as it is stored.
type Account struct {
	User
	// PasswordHash is a hash that [Passwords] can check. If it is empty, no
	// password fits: another system (LDAP) vouches for the user.
	PasswordHash string
	// Disabled locks the user out without deleting the account.
	Disabled bool
	// Identity is who the user is at the system that vouches for them, such as the
	// issuer and the subject of an OpenID provider: names can change hands there. Empty:
	// it is bound to none.
	Identity string
}

// NextVersion means a version that is higher than any so far.
const NextVersion = math.MaxInt64

// EndTokens is for the change of [UserStore.UpdateAccount]: all tokens that were
// issued before the change are invalid after it, even those of log-ins under way.
func (a *Account) EndTokens() { a.TokensFrom = NextVersion }

// Versioned returns the account with the versions that a store writes with it;
// before is the account as it was, the zero Account if there was none, and next
// a number above 1 and above that of every earlier change, also to accounts that were
// deleted. A new password, being enabled or disabled, and EndTokens give a new
// version: a log-in that was checked before gets no token. Tokens issued before
// stay valid, except after EndTokens, and those of an earlier account of the
// same name.
func (a Account) Versioned(before Account, next int64) Account {
	changed := a.PasswordHash != before.PasswordHash || a.Disabled != before.Disabled
	end := a.TokensFrom == NextVersion
	a.Version, a.TokensFrom = before.Version, before.TokensFrom
	switch {
	case end, before.Username == "":
		a.Version, a.TokensFrom = next, next
	case changed:
		a.Version = next
	}
	return a
}

// UserStore keeps accounts and groups, with the versions of [Account.Versioned]. A
// new one has [DefaultGroups] and no account. Every implementation must be safe for
// concurrent use and pass lovetest.RunUserStore.
//
// Errors wrap ErrUnknownUser, ErrUserExists or ErrUnknownGroup; any other
// means that the store failed. If a change that takes something away from a user
// cannot be stored, it should be in effect in this process all the same, and be
// stored later; the error then wraps ErrUnrecorded.
type UserStore interface {
	// Account returns one account with all permissions that its groups give.
	Account(ctx context.Context, username string) (Account, error)
	// Accounts returns all accounts, sorted by name.
	Accounts(ctx context.Context) ([]Account, error)
	// CreateAccount adds an account; its groups must exist.
	CreateAccount(ctx context.Context, a Account) error
	// UpdateAccount calls change with an account and stores the result in one
	// step; the name stays. If change fails, its error is returned and
	// nothing is stored. change may be called again if the store fails.
	UpdateAccount(ctx context.Context, username string, change func(*Account) error) error
	DeleteAccount(ctx context.Context, username string) error

	// Groups returns all groups, sorted by name.
	Groups(ctx context.Context) ([]Group, error)
	// PutGroup adds a group, or replaces the permissions of the one of that name.
	PutGroup(ctx context.Context, g Group) error
	// DeleteGroup deletes a group, and removes its members from it.
	DeleteGroup(ctx context.Context, name string) error

	// WatchAccounts calls f with the name of each account that was added, changed
	// or deleted: by this process before the call returns that did so, by another
	// one within a second. f must not block. cancel ends that.
	WatchAccounts(f func(username string)) (cancel func())
}
