package auth

import "context"

// Account is a user as it is stored.
type Account struct {
	User
	// PasswordHash is a hash that [Passwords] can check. If it is empty, no
	// password fits: another system (LDAP) vouches for the user.
	PasswordHash string
	// Disabled locks the user out without deleting the account.
	Disabled bool
}

// UserStore keeps accounts and groups. A new one has [DefaultGroups] and no
// account. Every implementation must be safe for concurrent use and pass
// lovetest.RunUserStore.
//
// Errors wrap ErrUnknownUser, ErrUserExists or ErrUnknownGroup; any other
// means that the store failed.
type UserStore interface {
	// Account returns one account with all permissions that its groups give.
	Account(ctx context.Context, username string) (Account, error)
	// Accounts returns all accounts, sorted by name.
	Accounts(ctx context.Context) ([]Account, error)
	// CreateAccount adds an account; its groups must exist.
	CreateAccount(ctx context.Context, a Account) error
	// UpdateAccount calls change with an account and stores the result in one
	// step; the name stays. If change fails, its error is returned and
	// nothing is stored.
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
