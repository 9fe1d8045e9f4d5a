package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/ldap"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/store"
)

// accountsConfig says who may do what in a manager process.
type accountsConfig struct {
	database      string            // address; empty: in memory
	passwords     map[string]string // of the default users; one without a password is not made
	secretKey     []byte            // empty: the database's own
	tokenLifetime time.Duration
	ldap          ldapFlags
	commandFrom   *string // networks, if the place decides who commands; else nil
}

// accounts are the users and tokens in a database, and who may do what.
type accounts struct {
	store         *store.Store
	users         *auth.Users
	tokens        *jwt.Tokens
	authenticator auth.Authenticator
	authorizer    auth.Authorizer
}

// openAccounts opens the database and adds the default users that are missing.
// The caller closes the store.
func openAccounts(ctx context.Context, c accountsConfig, log *slog.Logger) (*accounts, error) {
	address := c.database
	if address == "" {
		address = store.Memory
	}
	s, err := store.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	a := &accounts{store: s, users: auth.NewUsers(s.Users(), password.New())}
	if err := a.prepare(ctx, c, log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return a, nil
}

func (a *accounts) prepare(ctx context.Context, c accountsConfig, log *slog.Logger) error {
	added, err := a.users.AddMissing(ctx, c.passwords)
	if err != nil {
		return err
	}
	auditor := audit.NewAuditor(a.store.AuditLog(), audit.WithLogger(log))
	for _, name := range added {
		r := audit.Record{Actor: "loved", Action: audit.UserAdded, Subject: name, Outcome: audit.Done, Detail: "default user"}
		if err := auditor.Record(ctx, r); err != nil {
			return err
		}
	}
	if len(c.secretKey) == 0 { // made now if missing, so that all processes have it
		if _, err := a.store.Keyring().SigningKey(ctx); err != nil {
			return err
		}
	}
	a.tokens = newTokens(c.secretKey, a.store, a.users, c.tokenLifetime)
	a.authenticator, a.authorizer = a.users, auth.RoleAuthorizer{Users: a.users}
	directory, err := c.ldap.authenticator(a.users, ldap.WithAuditor(auditor))
	if err != nil {
		return err
	}
	if directory != nil {
		a.authenticator = auth.FirstOf{directory, a.users}
	}
	if c.commandFrom != nil {
		a.authorizer = auth.LocationAuthorizer{Locations: auth.Whitelist(*c.commandFrom), Others: a.authorizer}
	}
	return nil
}

// newTokens is the token service over a database.
func newTokens(secretKey []byte, s *store.Store, users *auth.Users, lifetime time.Duration) *jwt.Tokens {
	options := []jwt.Option{jwt.WithLifetime(lifetime), jwt.WithTokenStore(s.TokenStore())}
	if len(secretKey) == 0 {
		options = append(options, jwt.WithKeyring(s.Keyring()))
	}
	return jwt.New(secretKey, users, options...)
}

// parseNetworks reads the networks of a flag.
func parseNetworks(flag string, words []string) (auth.Networks, error) {
	n, err := auth.ParseNetworks(strings.Join(words, " "))
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return n, nil
}
