package server

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/manager"
)

// access holds the parts that decide who may do what.
type access struct {
	users         *auth.Users // in Storage
	administrable *auth.Users // the users that can be administered over the API; nil: none
	tokens        auth.Tokens
	directory     auth.Directory
	authenticator auth.Authenticator
	authorizer    auth.Authorizer
}

func newAccess(ctx context.Context, c *Config) (access, error) {
	a := access{users: c.Users, authenticator: c.Authenticator, authorizer: c.Authorizer}
	if a.users == nil {
		a.users = auth.NewUsers(c.Storage.Users(), password.New())
	}
	directory, err := c.directory(a.users)
	if err != nil {
		return access{}, err
	}
	a.directory = directory
	roles := auth.RoleAuthorizer{Users: directory}
	switch {
	case directory == auth.Directory(a.users):
		a.administrable = a.users
	case includes(directory, a.users):
		a.administrable = a.users
		roles.Users = withGroups{directory, a.users.Store()}
	default:
		roles.Roles = auth.DefaultRoles() // only Users knows the permissions of its groups
	}
	if a.authenticator == nil {
		a.authenticator = a.users
	}
	if a.authorizer == nil {
		a.authorizer = roles
	}
	a.tokens, err = c.tokens(ctx, directory)
	if err == nil && len(c.Issuers) > 0 {
		a.tokens = auth.WithIssuers(a.tokens, c.Clock, c.Issuers...)
	}
	return a, err
}

// tokens returns the token service.
func (c *Config) tokens(ctx context.Context, directory auth.Directory) (auth.Tokens, error) {
	if c.Tokens != nil {
		return c.Tokens, nil
	}
	options := []jwt.Option{
		jwt.WithLifetime(cmp.Or(c.TokenLifetime, jwt.DefaultLifetime)), jwt.WithTokenStore(c.Storage.TokenStore()), jwt.WithClock(c.Clock),
	}
	if keys := c.Storage.Keyring(); keys != nil && len(c.SecretKey) == 0 {
		if _, err := keys.SigningKey(ctx); err != nil { // created now if it is missing, so that all processes have it
			return nil, err
		}
		options = append(options, jwt.WithKeyring(keys))
	}
	return jwt.New(c.SecretKey, directory, options...), nil
}

// signInKey returns the secret that protects what browsers keep during a sign-in: all
// managers with the same Storage, or SecretKey, have the same. Nil: there is none.
func (c *Config) signInKey() func(context.Context) ([]byte, error) {
	if len(c.SecretKey) >= 16 {
		return func(context.Context) ([]byte, error) { return c.SecretKey, nil }
	}
	keys := c.Storage.Keyring()
	if keys == nil {
		return nil
	}
	return func(ctx context.Context) ([]byte, error) {
		key, err := keys.SigningKey(ctx)
		return key.Secret, err
	}
}

// identityChecks returns the checks of the identity provider and of the issuers. Without
// them users with a password still log in, and sessions go on: none is required.
func (c *Config) identityChecks() (list []manager.Dependency) {
	type checker interface{ Check(context.Context) error }
	if check, ok := c.SignIn.(checker); ok {
		list = append(list, manager.Dependency{Name: "sign-in by " + c.SignIn.Info().Name, Check: check.Check})
	}
	for _, i := range c.Issuers {
		check, ok := i.(checker)
		if !ok {
			continue
		}
		name := "trusted issuer"
		if named, ok := i.(interface{ Name() string }); ok {
			name += " " + named.Name()
		}
		list = append(list, manager.Dependency{Name: name, Check: check.Check})
	}
	return list
}

// includes reports whether a directory, or authenticator, is users or asks them, too.
func includes(directory any, users *auth.Users) bool {
	all, ok := directory.(auth.FirstOf)
	if !ok {
		return directory == any(users)
	}
	return slices.ContainsFunc(all, func(a auth.Authenticator) bool { return includes(a, users) })
}

// withGroups is a directory whose users are in the groups of a store.
type withGroups struct {
	auth.Directory
	store auth.UserStore
}

func (d withGroups) Lookup(ctx context.Context, username string) (auth.User, error) {
	u, err := d.Directory.Lookup(ctx, username)
	if err != nil || len(u.Groups) == 0 {
		return u, err
	}
	groups, err := d.store.Groups(ctx)
	if err != nil {
		return auth.User{}, fmt.Errorf("looking up the groups of %q: %w", username, err)
	}
	byName := make(map[string]auth.Group, len(groups))
	for _, g := range groups {
		byName[g.Name] = g
	}
	u.GroupPermissions = slices.Concat(u.GroupPermissions, auth.PermissionsOf(u.Groups, byName))
	return u, nil
}

// directory returns what looks up users. Without one that knows the users whom
// the Authenticator admits, their tokens would never be valid.
func (c *Config) directory(users *auth.Users) (auth.Directory, error) {
	switch {
	case c.Directory != nil:
		return c.Directory, nil
	case c.Authenticator == nil:
		return users, nil
	}
	authenticators, ok := c.Authenticator.(auth.FirstOf)
	if !ok {
		authenticators = auth.FirstOf{c.Authenticator}
	}
	for _, a := range authenticators {
		if _, ok := a.(auth.Directory); !ok {
			return nil, fmt.Errorf("server.Config.Authenticator: %T is not an auth.Directory, so its users would be unknown after they have logged in: give it the method Lookup, or set Directory", a)
		}
	}
	return c.Authenticator.(auth.Directory), nil
}
