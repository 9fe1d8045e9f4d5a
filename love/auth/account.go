package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// What a store of users answers beside the sentinels of auth.go.
var (
	// ErrUnknownUser: nobody has that name.
	ErrUnknownUser = errors.New("no such user")
	// ErrUserExists: the name is taken.
	ErrUserExists = errors.New("the user exists already")
	// ErrUnknownGroup: there is no group of that name.
	ErrUnknownGroup = errors.New("no such group")
)

// Account is a user as it is stored.
type Account struct {
	User
	// PasswordHash is what [Passwords] made, or Django. Empty: no password fits,
	// somebody else (LDAP) vouches for the user.
	PasswordHash string
	// Disabled keeps the user out, and what it did in the records.
	Disabled bool
}

// Group gives its members permissions.
type Group struct {
	Name        string
	Permissions []Permission
}

// UserStore keeps accounts and groups. A fresh one has [DefaultGroups] and no
// account. lovetest.RunUserStore is the suite that every one passes.
//
// Errors wrap ErrUnknownUser, ErrUserExists or ErrUnknownGroup; any other means
// that the store failed.
type UserStore interface {
	// Account returns one account with all permissions that its groups give.
	Account(ctx context.Context, username string) (Account, error)
	// Accounts returns all of them, by name.
	Accounts(ctx context.Context) ([]Account, error)
	// CreateAccount adds one; the groups have to exist.
	CreateAccount(ctx context.Context, a Account) error
	// UpdateAccount lets change rewrite an account, its name aside, and keeps
	// the result in one step. An error of change is returned and keeps nothing.
	UpdateAccount(ctx context.Context, username string, change func(*Account) error) error
	DeleteAccount(ctx context.Context, username string) error

	// Groups returns all groups, by name.
	Groups(ctx context.Context) ([]Group, error)
	// PutGroup adds a group, or gives the one of that name other permissions.
	PutGroup(ctx context.Context, g Group) error
	// DeleteGroup removes a group from its members too.
	DeleteGroup(ctx context.Context, name string) error

	// WatchAccounts calls f with the name of each account that was changed or
	// deleted, within a second wherever that was done; f must not block. The
	// returned function ends that.
	WatchAccounts(f func(username string)) (cancel func())
}

// DefaultGroups are the groups of section 7 of the manager protocol.
func DefaultGroups() []Group {
	ui := Group{Name: GroupUIFramework}
	for _, m := range Models() {
		if m.App == "ui_framework" {
			for _, action := range modelActions {
				ui.Permissions = append(ui.Permissions, ModelPermission(m, action))
			}
		}
	}
	return []Group{{Name: GroupCommand, Permissions: []Permission{ExecuteCommand}}, ui}
}

// DefaultUsers are the users of every fresh manager (manager protocol,
// section 7): admin, who may everything; user, who may edit views; cmd_user,
// who may also command. Who adds them gives the passwords.
func DefaultUsers() []User {
	return []User{
		{Username: "admin", Email: "admin@fake.com", Superuser: true},
		{Username: "user", Email: "user@fake.com", Groups: []string{GroupUIFramework}},
		{Username: "cmd_user", Email: "cmd_user@fake.com", Groups: []string{GroupCommand, GroupUIFramework}},
	}
}

// RemoteUsers are those of the control rooms far from the summit, who see and
// do not command (manager protocol, section 7).
func RemoteUsers() []User {
	var all []User
	for _, site := range []string{"base", "tucson", "slac"} {
		name := site + "_control_room"
		all = append(all, User{Username: name, Email: name + "@fake.com", Groups: []string{GroupUIFramework}})
	}
	return all
}

// The longest names, in characters, as in the Python manager.
const (
	maxUsername = 150
	maxText     = 254
)

// Check refuses what would not survive a command's identity ("user@host"), a
// log line, a token or the store.
func (u User) Check() error {
	if err := checkName("user", u.Username); err != nil {
		return err
	}
	for _, text := range []string{u.Email, u.FirstName, u.LastName} {
		if utf8.RuneCountInString(text) > maxText || !utf8.ValidString(text) || strings.ContainsFunc(text, isControl) {
			return fmt.Errorf("the user %q: an e-mail address or a name has at most %d characters, and no control characters", u.Username, maxText)
		}
	}
	return nil
}

// Check refuses a name or a permission that is none.
func (g Group) Check() error {
	for _, p := range g.Permissions {
		if _, err := ParsePermission(string(p)); err != nil {
			return fmt.Errorf("the group %q: %w", g.Name, err)
		}
	}
	return checkName("group", g.Name)
}

// UsableName tells whether a user of that name can log in: LDAP knows other
// names than [User.Check] allows, but none that long.
func UsableName(username string) bool {
	return username != "" && utf8.ValidString(username) && utf8.RuneCountInString(username) <= maxUsername
}

func checkName(kind, name string) error {
	switch {
	case name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxUsername:
		return fmt.Errorf("the %s name %q is not usable: it needs 1 to %d characters", kind, name, maxUsername)
	case strings.ContainsFunc(name, func(r rune) bool { return r == ' ' || r == '/' || isControl(r) }):
		return fmt.Errorf("the %s name %q is not usable: it holds a space, a slash or a control character", kind, name)
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// Clone returns a copy that shares nothing.
func (u User) Clone() User {
	u.Groups = slices.Clone(u.Groups)
	u.Permissions = slices.Clone(u.Permissions)
	u.GroupPermissions = slices.Clone(u.GroupPermissions)
	return u
}
