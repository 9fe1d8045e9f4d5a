package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Account is a user as it is stored.
type Account struct {
	User
	// PasswordHash is a hash that [Passwords] can check. If it is empty, no
	// password fits: another system (LDAP) vouches for the user.
	PasswordHash string
	// Disabled locks the user out without deleting the account.
	Disabled bool
}

// Group gives its members permissions.
type Group struct {
	Name        string
	Permissions []Permission
}

// UserStore keeps accounts and groups. A new one has [DefaultGroups] and no
// account. Every implementation has to pass lovetest.RunUserStore.
//
// Errors wrap ErrUnknownUser, ErrUserExists or ErrUnknownGroup; any other
// means that the store failed.
type UserStore interface {
	// Account returns one account with all permissions that its groups give.
	Account(ctx context.Context, username string) (Account, error)
	// Accounts returns all accounts, sorted by name.
	Accounts(ctx context.Context) ([]Account, error)
	// CreateAccount adds an account; its groups have to exist.
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

// DefaultGroups returns the groups of section 7 of the manager protocol.
func DefaultGroups() []Group {
	ui := Group{Name: GroupUIFramework}
	for _, m := range Models() {
		if m.App == "ui_framework" {
			for _, action := range modelActions {
				ui.Permissions = append(ui.Permissions, m.Permission(action))
			}
		}
	}
	return []Group{{Name: GroupCommand, Permissions: []Permission{ExecuteCommand}}, ui}
}

// DefaultUsers returns the users of every new manager (manager protocol,
// section 7): admin, who may do everything; user, who may edit views;
// cmd_user, who may also command. Whoever adds them chooses the passwords.
func DefaultUsers() []User {
	return []User{
		{Username: "admin", Email: "admin@fake.com", Superuser: true},
		{Username: "user", Email: "user@fake.com", Groups: []string{GroupUIFramework}},
		{Username: "cmd_user", Email: "cmd_user@fake.com", Groups: []string{GroupCommand, GroupUIFramework}},
	}
}

// RemoteUsers returns the users of the control rooms away from the summit, who
// may watch but not command (manager protocol, section 7).
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

// Check returns an error if a field would not survive in a command's identity
// ("user@host"), a log line, a token or the store.
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

// Check returns an error if the name or a permission is not valid.
func (g Group) Check() error {
	for _, p := range g.Permissions {
		if _, err := ParsePermission(string(p)); err != nil {
			return fmt.Errorf("the group %q: %w", g.Name, err)
		}
	}
	return checkName("group", g.Name)
}

// UsableName reports whether a user of that name can log in. It is laxer than
// [User.Check], because LDAP has other names, but limits the length too.
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
