package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/store"
)

// tokenFromDatabase issues a token without a log-in, for somebody who can read the
// database anyway.
func (a *app) tokenFromDatabase(ctx context.Context, f tokenDatabaseFlags, name string) (string, error) {
	db, err := openUserDatabase(ctx, f.database.openExisting, "loved token")
	if err != nil {
		return "", err
	}
	defer db.Close()
	user, err := db.users.Lookup(ctx, name)
	if err != nil {
		return "", err
	}
	token, err := newTokens([]byte(f.secretKey), db.Store, db.users, f.lifetime).Issue(ctx, user)
	if err != nil {
		return "", err
	}
	return token, db.record(ctx, audit.TokenIssued, name, f.lifetime.String())
}

// tokenDatabaseFlags are the flags of `loved token` without a manager.
type tokenDatabaseFlags struct {
	database  databaseFlag
	secretKey string
	lifetime  time.Duration
}

// register adds the flags. The database has no variable here: a token comes
// from a manager unless a database is named.
func (f *tokenDatabaseFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.database.address, "database", "", "issue the token in this database, without log-in and manager: `ADDRESS` as for loved manager")
	fs.StringVar(&f.secretKey, "secret-key", "", "`KEY` that signs tokens, if the manager has one from its configuration")
	bindEnv(fs, "secret-key", "SECRET_KEY")
	markSecret(fs, escaped, "secret-key")
	markSecret(fs, inAddress, "database")
	durationVar(fs, &f.lifetime, "lifetime", jwt.DefaultLifetime, "how long the token is valid; needs --database")
}

// check refuses flags that do not fit together.
func (f *tokenDatabaseFlags) check(cmd *cobra.Command) error {
	switch {
	case f.lifetime <= 0:
		return &usageError{fmt.Errorf("--lifetime is %v: give a time above 0, such as 10m", f.lifetime)}
	case f.database.address == "" && cmd.Flags().Changed("lifetime"):
		return usagef("--lifetime needs --database: a manager decides how long its tokens are valid")
	}
	return nil
}

// newTokens returns the token service of a database.
func newTokens(secretKey []byte, s *store.Store, users *auth.Users, lifetime time.Duration) *jwt.Tokens {
	options := []jwt.Option{jwt.WithLifetime(lifetime), jwt.WithTokenStore(s.TokenStore())}
	if len(secretKey) == 0 {
		options = append(options, jwt.WithKeyring(s.Keyring()))
	}
	return jwt.New(secretKey, users, options...)
}
