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
	Taken   []string // groups that it was removed from
}

// Voucher is what a system that vouches for users says beside the user, for
// [Users.ProvisionBy].
type Voucher struct {
	// Identity is who the user is there, for ever, whereas names can change hands: the
	// account is bound to it, and nobody else gets it. Empty: the account is bound to none.
	Identity string
	// Adopt also binds accounts that exist without a password and without an identity,
	// such as those of LDAP. Default: they are refused.
	Adopt bool
	// Groups are those that the system both gives and takes: the user is removed from
	// those of them that are not among the user's Groups. Default: it only gives.
	Groups []string
}

// Provision is for an [Authenticator] that has checked one of its own users,
// such as LDAP. It creates the user here, without a password, if it does not
// exist, and adds it to those of user.Groups that exist. A user that is disabled
// here, has a password here, or is bound to an identity, is refused with
// ErrCredentials: no other system vouches for them. The user's Version is that of the look-up
// before the check, zero if the user was unknown here; if the account has another
// one by now, the error wraps ErrSuperseded.
func (u *Users) Provision(ctx context.Context, user User) (Provisioned, error) {
	return u.ProvisionBy(ctx, user, Voucher{})
}

// ProvisionBy is [Users.Provision] for a system that knows its users by an identity, or
// takes groups away, too. A user whose name belongs to another identity is refused with
// ErrCredentials.
func (u *Users) ProvisionBy(ctx context.Context, user User, v Voucher) (Provisioned, error) {
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
		if added, err = u.provisionNew(ctx, user, v); err != nil {
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
	if err := a.mayProvision(user, v); err != nil {
		return Provisioned{}, err
	}
	if added {
		return Provisioned{User: a.User, Added: true, Granted: a.Groups}, nil
	}
	return u.update(ctx, a, user, v)
}

// provisionNew creates a user who is unknown here, unless somebody else has just done
// so.
func (u *Users) provisionNew(ctx context.Context, user User, v Voucher) (added bool, err error) {
	if _, err := u.store.Account(ctx, user.Username); errors.Is(err, ErrUnknownUser) {
		if err := u.CheckNew(ctx, user); err != nil {
			return false, fmt.Errorf("%w: %w", ErrCredentials, err)
		}
	}
	err = u.store.CreateAccount(ctx, Account{User: user, Identity: v.Identity})
	if err != nil && !errors.Is(err, ErrUserExists) {
		return false, fmt.Errorf("adding the user %q: %w", user.Username, err)
	}
	return err == nil, nil
}

// mayProvision returns nil if another system may vouch for the account; user is
// what that system has checked.
func (a Account) mayProvision(user User, v Voucher) error {
	adopts := v.Adopt && a.Identity == ""
	switch {
	case a.Disabled:
		return fmt.Errorf("%w: %q is disabled here", ErrCredentials, user.Username)
	case a.PasswordHash != "":
		return fmt.Errorf("%w: %q has a password here", ErrCredentials, user.Username)
	case a.Identity != v.Identity && !adopts:
		return fmt.Errorf("%w: %q belongs to somebody else here", ErrCredentials, user.Username)
	case user.Version != 0 && user.Version != a.Version:
		return fmt.Errorf("%q: %w", user.Username, ErrSuperseded)
	}
	return nil
}

// changesGroups returns the groups that an account gets and loses.
func (v Voucher) changesGroups(a Account, user User) (granted, taken []string) {
	for _, g := range user.Groups {
		if !slices.Contains(a.Groups, g) {
			granted = append(granted, g)
		}
	}
	for _, g := range a.Groups {
		if slices.Contains(v.Groups, g) && !slices.Contains(user.Groups, g) {
			taken = append(taken, g)
		}
	}
	return granted, taken
}

// update brings an account up to date with what another system knows.
func (u *Users) update(ctx context.Context, a Account, user User, v Voucher) (p Provisioned, err error) {
	p.Granted, p.Taken = v.changesGroups(a, user)
	if len(p.Granted)+len(p.Taken) == 0 && a.Identity == v.Identity && a.Email == user.Email && a.FirstName == user.FirstName && a.LastName == user.LastName {
		p.User = a.User
		return p, nil
	}
	var checked int64 // version
	err = u.store.UpdateAccount(ctx, user.Username, func(a *Account) error {
		if err := a.mayProvision(user, v); err != nil { // it may have changed since it was read
			return err
		}
		checked = a.Version
		a.Identity, a.Email, a.FirstName, a.LastName = v.Identity, user.Email, user.FirstName, user.LastName
		a.Groups = append(a.Groups, p.Granted...) // the store drops duplicates
		a.Groups = slices.DeleteFunc(a.Groups, func(g string) bool { return slices.Contains(p.Taken, g) })
		return nil
	})
	if err != nil {
		return Provisioned{}, fmt.Errorf("updating the user %q: %w", user.Username, err)
	}
	p.User, err = u.Lookup(ctx, user.Username)
	p.User.Version = checked // if the account has changed again, no token is issued
	return p, err
}
