package auth

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/internal/watch"
)

// MemoryUserStore is the [UserStore] for the life of the process.
type MemoryUserStore struct {
	watchers watch.List[string]

	mu       sync.RWMutex
	accounts map[string]Account
	groups   map[string]Group
	version  int64 // of the last change
}

var _ UserStore = (*MemoryUserStore)(nil)

// NewMemoryUserStore makes a store with the default groups and without users.
func NewMemoryUserStore() *MemoryUserStore {
	m := &MemoryUserStore{accounts: make(map[string]Account), groups: make(map[string]Group), version: 1}
	for _, g := range DefaultGroups() {
		m.groups[g.Name] = g
	}
	return m
}

// Account implements [UserStore].
func (m *MemoryUserStore) Account(_ context.Context, username string) (Account, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.account(username)
}

func (m *MemoryUserStore) account(username string) (Account, error) {
	a, ok := m.accounts[username]
	if !ok {
		return Account{}, fmt.Errorf("user %q: %w", username, ErrUnknownUser)
	}
	a.User = a.Clone()
	a.GroupPermissions = PermissionsOf(a.Groups, m.groups)
	return a, nil
}

// Accounts implements [UserStore].
func (m *MemoryUserStore) Accounts(context.Context) ([]Account, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := make([]Account, 0, len(m.accounts))
	for _, name := range slices.Sorted(maps.Keys(m.accounts)) {
		a, err := m.account(name)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// CreateAccount implements [UserStore].
func (m *MemoryUserStore) CreateAccount(_ context.Context, a Account) error {
	if err := m.create(a); err != nil {
		return err
	}
	m.watchers.Notify(a.Username)
	return nil
}

func (m *MemoryUserStore) create(a Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.accounts[a.Username]; taken {
		return fmt.Errorf("user %q: %w", a.Username, ErrUserExists)
	}
	return m.put(a, Account{})
}

func (m *MemoryUserStore) put(a, before Account) error {
	a.User = a.Normal()
	for _, g := range a.Groups {
		if _, ok := m.groups[g]; !ok {
			return fmt.Errorf("group %q: %w", g, ErrUnknownGroup)
		}
	}
	m.version++
	m.accounts[a.Username] = a.Versioned(before, m.version)
	return nil
}

// UpdateAccount implements [UserStore].
func (m *MemoryUserStore) UpdateAccount(_ context.Context, username string, change func(*Account) error) error {
	if err := m.update(username, change); err != nil {
		return err
	}
	m.watchers.Notify(username)
	return nil
}

func (m *MemoryUserStore) update(username string, change func(*Account) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, err := m.account(username)
	if err != nil {
		return err
	}
	a := before
	a.User = before.Clone()
	if err := change(&a); err != nil {
		return err
	}
	a.Username = username
	return m.put(a, before)
}

// DeleteAccount implements [UserStore].
func (m *MemoryUserStore) DeleteAccount(_ context.Context, username string) error {
	m.mu.Lock()
	_, known := m.accounts[username]
	delete(m.accounts, username)
	m.mu.Unlock()
	if !known {
		return fmt.Errorf("user %q: %w", username, ErrUnknownUser)
	}
	m.watchers.Notify(username)
	return nil
}

// Groups implements [UserStore].
func (m *MemoryUserStore) Groups(context.Context) ([]Group, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := make([]Group, 0, len(m.groups))
	for _, name := range slices.Sorted(maps.Keys(m.groups)) {
		all = append(all, m.groups[name].Normal())
	}
	return all, nil
}

// PutGroup implements [UserStore].
func (m *MemoryUserStore) PutGroup(_ context.Context, g Group) error {
	m.mu.Lock()
	m.groups[g.Name] = g.Normal()
	members := m.members(g.Name)
	m.mu.Unlock()
	m.notify(members)
	return nil
}

// DeleteGroup implements [UserStore].
func (m *MemoryUserStore) DeleteGroup(_ context.Context, name string) error {
	m.mu.Lock()
	_, known := m.groups[name]
	delete(m.groups, name)
	members := m.members(name)
	for _, member := range members {
		a := m.accounts[member]
		a.Groups = slices.DeleteFunc(slices.Clone(a.Groups), func(g string) bool { return g == name })
		m.accounts[member] = a
	}
	m.mu.Unlock()
	if !known {
		return fmt.Errorf("group %q: %w", name, ErrUnknownGroup)
	}
	m.notify(members)
	return nil
}

func (m *MemoryUserStore) members(group string) (names []string) {
	for name, a := range m.accounts {
		if slices.Contains(a.Groups, group) {
			names = append(names, name)
		}
	}
	return names
}

func (m *MemoryUserStore) notify(usernames []string) {
	for _, name := range usernames {
		m.watchers.Notify(name)
	}
}

// WatchAccounts implements [UserStore].
func (m *MemoryUserStore) WatchAccounts(f func(username string)) (cancel func()) {
	return m.watchers.Add(f)
}
