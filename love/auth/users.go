package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// What a store of users answers beside the sentinels of auth.go.
var (
	// ErrUnknownUser: nobody has that name.
	ErrUnknownUser = errors.New("no such user")
	// ErrUserExists: the name is taken.
	ErrUserExists = errors.New("the user exists already")
)

// Directory knows the users as they are now: what a token's owner may do is
// looked up at each request, so that a change acts at once.
type Directory interface {
	// Lookup returns the user of that name. The error wraps ErrUnknownUser, or
	// ErrInactive if the user has been disabled; any other error means that it
	// could not be found out.
	Lookup(ctx context.Context, username string) (User, error)
}

// maxUsername is the longest user name in characters, as in the Python manager.
const maxUsername = 150

// MemoryUsers keeps users for the life of the process. It is an
// [Authenticator] and a [Directory], safe for concurrent use.
type MemoryUsers struct {
	passwords *Passwords

	mu    sync.RWMutex
	users map[string]account
}

type account struct {
	user     User
	hash     string
	inactive bool
}

// UsersOption changes [MemoryUsers] from their default.
type UsersOption func(*MemoryUsers)

// WithPasswords sets who hashes the passwords. Default: [NewPasswords] without
// options.
func WithPasswords(p *Passwords) UsersOption {
	return func(m *MemoryUsers) { m.passwords = p }
}

// NewMemoryUsers makes a store without users.
func NewMemoryUsers(opts ...UsersOption) *MemoryUsers {
	m := &MemoryUsers{users: make(map[string]account)}
	for _, o := range opts {
		o(m)
	}
	if m.passwords == nil {
		m.passwords = NewPasswords()
	}
	return m
}

// Add makes an active user. A name that is taken is ErrUserExists, and the
// user that has it stays as it was.
func (m *MemoryUsers) Add(ctx context.Context, u User, password string) error {
	if err := checkUsername(u.Username); err != nil {
		return err
	}
	if password == "" {
		return fmt.Errorf("adding the user %q: the password is empty", u.Username)
	}
	hash, err := m.passwords.Hash(ctx, password)
	if err != nil {
		return fmt.Errorf("adding the user %q: %w", u.Username, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.users[u.Username]; taken {
		return fmt.Errorf("adding the user %q: %w", u.Username, ErrUserExists)
	}
	m.users[u.Username] = account{user: clone(u), hash: hash}
	return nil
}

// checkUsername keeps out names that would not survive a command's identity
// ("user@host"), a log line or a token.
func checkUsername(name string) error {
	switch {
	case name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxUsername:
		return fmt.Errorf("the user name %q is not usable: it needs 1 to %d characters", name, maxUsername)
	case strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fmt.Errorf("the user name %q is not usable: it holds a space or a control character", name)
	}
	return nil
}

// SetActive enables or disables a user. A disabled one cannot log in, and the
// tokens it has are refused with ErrInactive.
func (m *MemoryUsers) SetActive(_ context.Context, username string, active bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.users[username]
	if !ok {
		return fmt.Errorf("user %q: %w", username, ErrUnknownUser)
	}
	a.inactive = !active
	m.users[username] = a
	return nil
}

// Lookup implements [Directory].
func (m *MemoryUsers) Lookup(_ context.Context, username string) (User, error) {
	a, ok := m.account(username)
	switch {
	case !ok:
		return User{}, fmt.Errorf("user %q: %w", username, ErrUnknownUser)
	case a.inactive:
		return User{}, fmt.Errorf("user %q: %w", username, ErrInactive)
	}
	return clone(a.user), nil
}

// Authenticate implements [Authenticator]. A user that does not exist, one
// that is disabled and a wrong password look the same and take the same time.
func (m *MemoryUsers) Authenticate(ctx context.Context, username, password string) (User, error) {
	a, ok := m.account(username)
	right, err := m.passwords.Check(ctx, a.hash, password)
	if err != nil {
		return User{}, fmt.Errorf("checking the password of %q: %w", username, err)
	}
	if !ok || !right || a.inactive {
		return User{}, ErrCredentials
	}
	return clone(a.user), nil
}

func (m *MemoryUsers) account(username string) (account, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	a, ok := m.users[username]
	return a, ok
}

func clone(u User) User {
	u.Groups = slices.Clone(u.Groups)
	u.Permissions = slices.Clone(u.Permissions)
	return u
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
