package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Users are the users of a [UserStore], with their passwords. It is an
// [Authenticator] and a [Directory], safe for concurrent use.
type Users struct {
	store     UserStore
	passwords Passwords
	legacy    *legacyCosts
}

// NewUsers returns the users of a store. They live as long as the store: once
// somebody has logged in, they watch it.
func NewUsers(store UserStore, passwords Passwords) *Users {
	return &Users{store: store, passwords: passwords, legacy: newLegacyCosts(store, passwords)}
}

// Store returns the store of the accounts.
func (u *Users) Store() UserStore { return u.store }

// Add creates an active user. If the name is taken, the error wraps
// ErrUserExists and the user that has it stays as it was.
func (u *Users) Add(ctx context.Context, user User, password string) error {
	if err := u.CheckNew(ctx, user); err != nil {
		return err
	}
	return u.add(ctx, user, password)
}

// CheckNew returns an error if a user may not be added, by [User.Check] or
// [CheckNewName], or because the user exists already ([ErrUserExists]).
func (u *Users) CheckNew(ctx context.Context, user User) error {
	if err := user.Check(); err != nil {
		return err
	}
	all, err := u.store.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("looking for users like %q: %w", user.Username, err)
	}
	taken := make([]string, len(all))
	for i, a := range all {
		if taken[i] = a.Username; a.Username == user.Username {
			return fmt.Errorf("user %q: %w", user.Username, ErrUserExists)
		}
	}
	return CheckNewName("user", user.Username, taken)
}

func (u *Users) add(ctx context.Context, user User, password string) error {
	hash, err := u.hash(ctx, password)
	if err == nil {
		err = u.store.CreateAccount(ctx, Account{User: user, PasswordHash: hash})
	}
	if err != nil {
		return fmt.Errorf("adding the user %q: %w", user.Username, err)
	}
	return nil
}

// AddMissing adds those of [DefaultUsers] and [RemoteUsers] that do not exist
// and have a password in passwords, by user name. It returns the names of
// those added; users that exist stay as they are.
func (u *Users) AddMissing(ctx context.Context, passwords map[string]string) (added []string, err error) {
	for _, d := range slices.Concat(DefaultUsers(), RemoteUsers()) {
		password := passwords[d.Username]
		if password == "" {
			continue
		}
		if _, err := u.store.Account(ctx, d.Username); err == nil {
			continue // save the cost of a hash
		}
		switch err := u.add(ctx, d, password); {
		case err == nil:
			added = append(added, d.Username)
		case !errors.Is(err, ErrUserExists):
			return added, err
		}
	}
	return added, nil
}

// SetPassword gives a user another password, and ends all tokens of the user,
// because whoever knew the old password may have one.
func (u *Users) SetPassword(ctx context.Context, username, password string) error {
	return u.ChangeWithPassword(ctx, username, password, func(*Account) error { return nil })
}

// ChangeWithPassword is [Users.SetPassword] together with another change of the
// account, in one step.
func (u *Users) ChangeWithPassword(ctx context.Context, username, password string, change func(*Account) error) error {
	return u.setPassword(ctx, username, password, func(a *Account) error {
		a.EndTokens()
		return change(a)
	})
}

// SetPasswordKeepTokens is [Users.SetPassword] without ending the tokens that were
// issued before. A log-in with the old password that is under way gets none.
func (u *Users) SetPasswordKeepTokens(ctx context.Context, username, password string) error {
	return u.setPassword(ctx, username, password, func(*Account) error { return nil })
}

func (u *Users) setPassword(ctx context.Context, username, password string, change func(*Account) error) error {
	hash, err := u.hash(ctx, password)
	if err == nil {
		err = u.store.UpdateAccount(ctx, username, func(a *Account) error {
			a.PasswordHash = hash
			return change(a)
		})
	}
	if err != nil {
		return fmt.Errorf("setting the password of %q: %w", username, err)
	}
	return nil
}

func (u *Users) hash(ctx context.Context, password string) (string, error) {
	if password == "" {
		return "", errors.New("the password is empty")
	}
	if !utf8.ValidString(password) {
		return "", errors.New("the password is not UTF-8: nobody could log in with it")
	}
	return u.passwords.Hash(ctx, password)
}

// SetActive enables or disables a user. A disabled user cannot log in, and its
// tokens are refused with ErrInactive.
func (u *Users) SetActive(ctx context.Context, username string, active bool) error {
	return u.store.UpdateAccount(ctx, username, func(a *Account) error {
		a.Disabled = !active
		return nil
	})
}

// EndTokens ends all tokens of a user, even those of log-ins under way. It
// implements [TokenEnder].
func (u *Users) EndTokens(ctx context.Context, username string) error {
	return u.store.UpdateAccount(ctx, username, func(a *Account) error {
		a.EndTokens()
		return nil
	})
}

// Lookup implements [Directory].
func (u *Users) Lookup(ctx context.Context, username string) (User, error) {
	a, err := u.store.Account(ctx, username)
	switch {
	case err != nil:
		return User{}, err
	case a.Disabled:
		return User{}, fmt.Errorf("user %q: %w", username, ErrInactive)
	}
	return a.User, nil
}

// WatchUsers calls f with the name of each user that was added, changed, disabled or
// removed; f must not block. cancel ends that. It implements [UserWatcher].
func (u *Users) WatchUsers(f func(username string)) (cancel func()) {
	return u.store.WatchAccounts(f)
}

// Authenticate implements [Authenticator]. A user that does not exist, one
// that is disabled and a wrong password look the same and take the same time.
// An outdated hash is replaced.
func (u *Users) Authenticate(ctx context.Context, username, password string) (User, error) {
	a, err := u.store.Account(ctx, username)
	known := err == nil
	if err != nil && !errors.Is(err, ErrUnknownUser) {
		return User{}, fmt.Errorf("looking up %q: %w", username, err)
	}
	legacyCost, err := u.legacy.max(ctx)
	if err != nil {
		return User{}, fmt.Errorf("looking up %q: %w", username, err)
	}
	right, err := u.passwords.Check(ctx, a.PasswordHash, password, legacyCost)
	if err != nil {
		return User{}, fmt.Errorf("checking the password of %q: %w", username, err)
	}
	if !known || !right || a.Disabled {
		return User{}, ErrCredentials
	}
	if u.passwords.Outdated(a.PasswordHash) {
		if a, err = u.rehash(ctx, a, password); err != nil {
			return User{}, fmt.Errorf("renewing the password hash of %q: %w", username, err)
		}
	}
	return a.User, nil
}

// rehash renews the hash of a password and returns the account with it. If the
// password was changed meanwhile, it returns the account as it was checked.
func (u *Users) rehash(ctx context.Context, old Account, password string) (Account, error) {
	hash, err := u.passwords.Hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	err = u.store.UpdateAccount(ctx, old.Username, func(a *Account) error {
		if a.PasswordHash == old.PasswordHash {
			a.PasswordHash = hash
		}
		return nil
	})
	if err != nil {
		return Account{}, err
	}
	renewed, err := u.store.Account(ctx, old.Username)
	if err != nil || renewed.PasswordHash != hash {
		return old, nil // its version is superseded, so that no token is issued
	}
	return renewed, nil
}
