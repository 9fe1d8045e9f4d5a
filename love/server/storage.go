package server

import (
	"context"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/frontend"
)

// Storage keeps what outlives a server. All methods except Check and Close return
// the same value each time.
type Storage interface {
	Users() auth.UserStore
	TokenStore() jwt.TokenStore
	Keyring() jwt.Keyring // nil: tokens end with the server
	AuditLog() audit.Log
	Commands() record.Store
	Holds() authority.Store
	// Check returns nil, or an error with what is wrong, for an operator. It should
	// try to write, too, but is called every few seconds.
	Check(ctx context.Context) error
	Close() error
}

// FrontendStorage is what a [Storage] may also implement, to keep the data of the
// LOVE-frontend; *store.Store does. Without it they end with the server.
type FrontendStorage interface {
	Frontend() frontend.Store
}

// frontend returns what keeps the data of the LOVE-frontend.
func (c *Config) frontend() frontend.Store {
	if s, ok := c.Storage.(FrontendStorage); ok {
		return s.Frontend()
	}
	return frontend.NewMemory(c.Clock)
}

// Refresher is what a [Storage] may also implement, if other processes change it;
// *store.Store does.
type Refresher interface {
	// Refresh reads what other processes have changed before the call. It is called
	// before the token of a request is checked, so that one that another process has
	// revoked is refused. If it fails, what was read before counts.
	Refresh(ctx context.Context)
}

// refresh returns what reads the changes of other processes, or nil.
func (c *Config) refresh() func(context.Context) {
	if r, ok := c.Storage.(Refresher); ok {
		return r.Refresh
	}
	return nil
}

// memory is a Storage that ends with the server.
type memory struct {
	users    auth.UserStore
	tokens   jwt.TokenStore
	audit    audit.Log
	commands record.Store
	holds    authority.Store
	frontend frontend.Store
}

// NewMemory returns a [Storage] that is lost when the process ends. clock must be
// the server's.
func NewMemory(clock love.Clock) Storage {
	return &memory{
		users: auth.NewMemoryUserStore(), tokens: jwt.NewMemoryTokenStore(clock), audit: &audit.MemoryLog{},
		commands: record.NewMemory(0), holds: authority.NewMemory(), frontend: frontend.NewMemory(clock),
	}
}

func (m *memory) Users() auth.UserStore      { return m.users }
func (m *memory) TokenStore() jwt.TokenStore { return m.tokens }
func (m *memory) Keyring() jwt.Keyring       { return nil }
func (m *memory) AuditLog() audit.Log        { return m.audit }
func (m *memory) Commands() record.Store     { return m.commands }
func (m *memory) Holds() authority.Store     { return m.holds }
func (m *memory) Frontend() frontend.Store   { return m.frontend }

func (m *memory) Check(context.Context) error { return nil }
func (m *memory) Close() error                { return nil }
