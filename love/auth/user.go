package auth

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// User is a person who logs in.
type User struct {
	Username  string
	Email     string
	FirstName string
	LastName  string
	Superuser bool // holds every permission
	Groups    []string
	// Permissions are those given to the user directly; groups give more.
	Permissions []Permission
	// GroupPermissions are those that the groups give, if the source of the
	// User knows them.
	GroupPermissions []Permission

	// Version is that of the credentials as they were read, before the password
	// was checked; see [Account.Versioned]. A token is issued only while it is
	// still the version of the account, and carries it. Zero: the source of the
	// User has no versions.
	Version int64
	// TokensFrom is the lowest Version whose tokens are valid.
	TokensFrom int64
}

// DefaultUsers returns the users of every new manager
// (docs/protocol/manager.md#users-and-groups): admin, who may do everything; user,
// who may edit views; cmd_user, who may also command. Whoever adds them chooses the
// passwords.
func DefaultUsers() []User {
	return []User{
		{Username: "admin", Email: "admin@fake.com", Superuser: true},
		{Username: "user", Email: "user@fake.com", Groups: []string{GroupUIFramework}},
		{Username: "cmd_user", Email: "cmd_user@fake.com", Groups: []string{GroupCommand, GroupUIFramework}},
	}
}

// RemoteUsers returns the users of the control rooms away from the summit, who may
// watch but not command (docs/protocol/manager.md#users-and-groups).
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

// Normal returns the user as a store keeps it: a copy with groups and
// permissions sorted and without duplicates, and without GroupPermissions.
func (u User) Normal() User {
	u = u.Clone()
	u.GroupPermissions = nil
	slices.Sort(u.Groups)
	u.Groups = slices.Compact(u.Groups)
	slices.Sort(u.Permissions)
	u.Permissions = slices.Compact(u.Permissions)
	return u
}
