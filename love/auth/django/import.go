package django

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rubin-love/love-go/love/auth"
)

// Imported is what [Dump.ImportInto] did.
type Imported struct {
	Added []string // users
	Kept  []string // users that existed, and stay as they were
	Notes []string // what could not be imported, for people
}

// ImportInto adds the contents of a dump to a store: groups get the
// permissions that they lack, users that exist already stay as they are, and
// groups of users that neither the dump nor the store has are left out with a
// note. Everything is checked before anything is added.
func (d Dump) ImportInto(ctx context.Context, to auth.UserStore) (done Imported, err error) {
	groups, err := to.Groups(ctx)
	if err != nil {
		return done, err
	}
	accounts, notes := d.members(groups)
	done.Notes = notes
	if err := d.check(); err != nil {
		return done, err
	}
	for _, g := range d.Groups {
		if i := slices.IndexFunc(groups, func(has auth.Group) bool { return has.Name == g.Name }); i >= 0 {
			g.Permissions = append(g.Permissions, groups[i].Permissions...)
		}
		if err := to.PutGroup(ctx, g); err != nil {
			return done, fmt.Errorf("adding the group %q: %w", g.Name, err)
		}
	}
	existing, err := to.Accounts(ctx)
	if err != nil {
		return done, fmt.Errorf("looking for existing users: %w", err)
	}
	var taken []string
	for _, a := range existing {
		taken = append(taken, a.Username)
	}
	for _, a := range accounts {
		switch err := to.CreateAccount(ctx, a); {
		case err == nil:
			done.Added = append(done.Added, a.Username)
			if odd := auth.CheckNewName("user", a.Username, taken); odd != nil {
				done.Notes = append(done.Notes, fmt.Sprintf("user %s: imported, but beware: %v", a.Username, odd))
			}
			taken = append(taken, a.Username)
		case errors.Is(err, auth.ErrUserExists):
			done.Kept = append(done.Kept, a.Username)
		default:
			return done, fmt.Errorf("adding the user %q: %w", a.Username, err)
		}
	}
	return done, nil
}

// members returns the accounts, each with only those of its groups that will
// exist, and notes on the others.
func (d Dump) members(has []auth.Group) (accounts []auth.Account, notes []string) {
	known := func(name string) bool {
		named := func(g auth.Group) bool { return g.Name == name }
		return slices.ContainsFunc(d.Groups, named) || slices.ContainsFunc(has, named)
	}
	for _, a := range d.Accounts {
		a.User = a.Clone()
		a.Groups = slices.DeleteFunc(a.Groups, func(name string) bool {
			if known(name) {
				return false
			}
			notes = append(notes, fmt.Sprintf("user %s: there is no group %s", a.Username, name))
			return true
		})
		accounts = append(accounts, a)
	}
	return accounts, notes
}

func (d Dump) check() error {
	for _, g := range d.Groups {
		if err := g.Check(); err != nil {
			return err
		}
	}
	for _, a := range d.Accounts {
		if err := a.Check(); err != nil {
			return err
		}
	}
	return nil
}
