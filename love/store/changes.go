package store

import (
	"slices"

	"github.com/rubin-love/love-go/love/auth"
)

// changes tells apart the states of an account in the database, which a
// restriction that is only in memory never alters.
type changes struct {
	passwordHash string
	version      int64
	addedIn      int64 // the revision with which the account was added
	enabledIn    int64 // the one with which it was last enabled or disabled
	rightsIn     int64 // the one with which its rights were last set
}

// after returns the changes of an account that was rewritten with a revision. A
// rewrite that alters nothing sets everything again: who enables a user that is
// enabled wants that to hold.
func (c changes) after(before, after auth.Account, revision int64) changes {
	was, is := before.Normal(), after.Normal()
	enabled := before.Disabled != after.Disabled
	rights := was.Superuser != is.Superuser || !slices.Equal(was.Groups, is.Groups) || !slices.Equal(was.Permissions, is.Permissions)
	other := before.PasswordHash != after.PasswordHash || was.Version != is.Version || was.TokensFrom != is.TokensFrom ||
		was.Email != is.Email || was.FirstName != is.FirstName || was.LastName != is.LastName || before.Identity != after.Identity
	nothing := !enabled && !rights && !other
	if enabled || nothing {
		c.enabledIn = revision
	}
	if rights || nothing {
		c.rightsIn = revision
	}
	c.passwordHash, c.version = after.PasswordHash, after.Version
	return c
}
