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
// vouches for a user with a password.
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
	err = u.store.CreateAccount(ctx, Account{User: user})
	if err != nil && !errors.Is(err, ErrUserExists) {
		return Provisioned{}, fmt.Errorf("adding the user %q: %w", user.Username, err)
	}
	added := err == nil
	a, err := u.store.Account(ctx, user.Username)
	switch {
	case err != nil:
		return Provisioned{}, fmt.Errorf("looking up %q: %w", user.Username, err)
	case added:
		return Provisioned{User: a.User, Added: true, Granted: a.Groups}, nil
	case a.Disabled || a.PasswordHash != "":
		return Provisioned{}, ErrCredentials
	}
	return u.update(ctx, a, user)
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
	err = u.store.UpdateAccount(ctx, user.Username, func(a *Account) error {
		a.Email, a.FirstName, a.LastName = user.Email, user.FirstName, user.LastName
		a.Groups = append(a.Groups, p.Granted...) // the store drops duplicates
		return nil
	})
	if err != nil {
		return Provisioned{}, fmt.Errorf("updating the user %q: %w", user.Username, err)
	}
	p.User, err = u.Lookup(ctx, user.Username)
	return p, err
}
