package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Provisioned is what [Users.Provision] returns.
type Provisioned struct {
	User    User     // as it is stored now
	Added   bool     // it did not exist before
	Granted []string // groups that it was added to
}

// Provision is for an [Authenticator] that has checked one of its own users,
// such as LDAP. It creates the user here, without a password, if it does not
// exist, and adds it to those of user.Groups that exist. A user that is disabled
// here, or has a password here, is refused with ErrCredentials: no other system
// vouches for a user with a password. The user's Version is that of the look-up
// before the check, zero if the user was unknown here; if the account has another
// one by now, the error wraps ErrSuperseded.
func (u *Users) Provision(ctx context.Context, user User) (Provisioned, error) {
	if err := user.Check(); err != nil {
		return Provisioned{}, fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	groups, err := u.store.Groups(ctx)
	if err != nil {
		return Provisioned{}, fmt.Errorf("adding the user %q: %w", user.Username, err)
	}
	user.Groups = slices.DeleteFunc(slices.Clone(user.Groups), func(name string) bool {
		return !slices.ContainsFunc(groups, func(g Group) bool { return g.Name == name })
	})
	added := false
	if user.Version == 0 {
		if added, err = u.provisionNew(ctx, user); err != nil {
			return Provisioned{}, err
		}
	}
	a, err := u.store.Account(ctx, user.Username)
	switch {
	case errors.Is(err, ErrUnknownUser):
		return Provisioned{}, fmt.Errorf("%q: %w", user.Username, ErrSuperseded)
	case err != nil:
		return Provisioned{}, fmt.Errorf("looking up %q: %w", user.Username, err)
	}
	if err := a.mayProvision(user); err != nil {
		return Provisioned{}, err
	}
	if added {
		return Provisioned{User: a.User, Added: true, Granted: a.Groups}, nil
	}
	return u.update(ctx, a, user)
}

// provisionNew creates a user who is unknown here, unless somebody else has just done
// so.
func (u *Users) provisionNew(ctx context.Context, user User) (added bool, err error) {
	if _, err := u.store.Account(ctx, user.Username); errors.Is(err, ErrUnknownUser) {
		if err := u.CheckNew(ctx, user); err != nil {
			return false, fmt.Errorf("%w: %w", ErrCredentials, err)
		}
	}
	err = u.store.CreateAccount(ctx, Account{User: user})
	if err != nil && !errors.Is(err, ErrUserExists) {
		return false, fmt.Errorf("adding the user %q: %w", user.Username, err)
	}
	return err == nil, nil
}

// mayProvision returns nil if another system may vouch for the account; user is
// what that system has checked.
func (a Account) mayProvision(user User) error {
	switch {
	case a.Disabled || a.PasswordHash != "":
		return ErrCredentials
	case user.Version != 0 && user.Version != a.Version:
		return fmt.Errorf("%q: %w", user.Username, ErrSuperseded)
	}
	return nil
}

// update brings an account up to date with what another system knows.
func (u *Users) update(ctx context.Context, a Account, user User) (p Provisioned, err error) {
	for _, g := range user.Groups {
		if !slices.Contains(a.Groups, g) {
			p.Granted = append(p.Granted, g)
		}
	}
	if len(p.Granted) == 0 && a.Email == user.Email && a.FirstName == user.FirstName && a.LastName == user.LastName {
		p.User = a.User
		return p, nil
	}
	var checked int64 // version
	err = u.store.UpdateAccount(ctx, user.Username, func(a *Account) error {
		if err := a.mayProvision(user); err != nil { // it may have changed since it was read
			return err
		}
		checked = a.Version
		a.Email, a.FirstName, a.LastName = user.Email, user.FirstName, user.LastName
		a.Groups = append(a.Groups, p.Granted...) // the store drops duplicates
		return nil
	})
	if err != nil {
		return Provisioned{}, fmt.Errorf("updating the user %q: %w", user.Username, err)
	}
	p.User, err = u.Lookup(ctx, user.Username)
	p.User.Version = checked // if the account has changed again, no token is issued
	return p, err
}
