package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/store"
)

// identityConfig says who may do what in a manager process.
type identityConfig struct {
	database      string            // address; empty: in memory
	passwords     map[string]string // of the default users; who has none is not made
	secretKey     []byte            // empty: the database's own
	tokenLifetime time.Duration
	ldap          ldapFlags
	commandFrom   *string // networks, if it is the place that decides who commands
}

// identity is who may do what, as the parts of a manager need it.
type identity struct {
	store         *store.Store
	users         *auth.Users
	tokens        *auth.JWT
	authenticator auth.Authenticator
	authorizer    auth.Authorizer
}

// openIdentity opens the database and adds the default users that are missing.
// Who got it closes the store.
func openIdentity(ctx context.Context, c identityConfig, log *slog.Logger) (*identity, error) {
	address := c.database
	if address == "" {
		address = store.Memory
	}
	s, err := store.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	id := &identity{store: s, users: auth.NewUsers(s.Users())}
	if err := id.prepare(ctx, c, log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return id, nil
}

func (id *identity) prepare(ctx context.Context, c identityConfig, log *slog.Logger) error {
	added, err := id.users.AddMissing(ctx, c.passwords)
	if err != nil {
		return err
	}
	audit := auth.NewAuditor(id.store.AuditLog(), log, love.SystemClock{})
	for _, name := range added {
		r := auth.AuditRecord{Actor: "loved", Action: auth.AuditUserAdded, Subject: name, Outcome: auth.OutcomeDone, Detail: "default user"}
		if err := audit.Note(ctx, r); err != nil {
			return err
		}
	}
	if len(c.secretKey) == 0 { // made now if missing, so that all processes have it
		if _, err := id.store.Keyring().SigningKey(ctx); err != nil {
			return err
		}
	}
	id.tokens = newTokens(c.secretKey, id.store, id.users, c.tokenLifetime)
	id.authenticator, id.authorizer = id.users, auth.RoleAuthorizer{Users: id.users}
	directory, err := c.ldap.authenticator(auth.Provisioned{Users: id.users, Audit: audit, Source: "LDAP"})
	if err != nil {
		return err
	}
	if directory != nil {
		id.authenticator = auth.Either{directory, id.users}
	}
	if c.commandFrom != nil {
		id.authorizer = auth.LocationAuthorizer{Locations: auth.Whitelist(*c.commandFrom), Others: id.authorizer}
	}
	return nil
}

// newTokens is the token service over a database.
func newTokens(secretKey []byte, s *store.Store, users *auth.Users, lifetime time.Duration) *auth.JWT {
	options := []auth.JWTOption{auth.WithTokenLifetime(lifetime), auth.WithLedger(s.Ledger())}
	if len(secretKey) == 0 {
		options = append(options, auth.WithKeyring(s.Keyring()))
	}
	return auth.NewJWT(secretKey, users, options...)
}

// parseNetworks reads the networks of a flag.
func parseNetworks(flag string, words []string) (auth.Networks, error) {
	n, err := auth.ParseNetworks(strings.Join(words, " "))
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return n, nil
}
