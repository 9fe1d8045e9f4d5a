package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/store"
)

// defaultDatabase is a file in the folder where the manager is started.
const defaultDatabase = "sqlite:loved.db"

// databaseFlag says where the manager's data are.
type databaseFlag struct{ address string }

func (f *databaseFlag) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.address, "database", defaultDatabase, "`WHERE` users and all else are kept: sqlite:PATH, "+store.Memory+" or postgres://USER:PASSWORD@HOST/NAME; also as DB_ENGINE, DB_NAME, DB_USER, DB_PASS, DB_HOST, DB_PORT")
	bindEnv(fs, "database", "LOVED_DATABASE")
}

// resolve takes the database of a Python deployment's environment, if there is
// one and none was given.
func (f *databaseFlag) resolve(fs *pflag.FlagSet, env func(string) (string, bool)) error {
	value := func(name, fallback string) string {
		text, _ := env(name)
		return cmp.Or(text, fallback)
	}
	if fs.Changed("database") {
		return nil
	}
	switch engine := value("DB_ENGINE", ""); engine {
	case "":
	case "postgresql":
		u := url.URL{
			Scheme: "postgres",
			User:   url.UserPassword(value("DB_USER", "postgres"), value("DB_PASS", "postgres")),
			Host:   net.JoinHostPort(value("DB_HOST", "postgres"), value("DB_PORT", "5432")),
			Path:   "/" + value("DB_NAME", "postgres"),
		}
		f.address = u.String()
	default:
		return &usageError{fmt.Errorf("DB_ENGINE is %q: it can be postgresql; or say with --database where the data are", engine)}
	}
	return nil
}

// openExisting opens a database that a manager has made.
func (f *databaseFlag) openExisting(ctx context.Context) (*store.Store, error) {
	if path, ok := strings.CutPrefix(f.address, "sqlite:"); ok && path != ":memory:" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no database %s: say with --database where it is, or add the first user with `loved user add`", path)
		}
	}
	return store.Open(ctx, f.address)
}

// administration is a database that is open for work on its users, and in whose
// name that is done.
type administration struct {
	*store.Store
	users *auth.Users
	audit *audit.Auditor
	actor string
}

// administer opens the database for a subcommand; actor is its name.
func administer(ctx context.Context, open func(context.Context) (*store.Store, error), actor string) (*administration, error) {
	s, err := open(ctx)
	if err != nil {
		return nil, err
	}
	return &administration{
		Store: s, users: auth.NewUsers(s.Users(), password.New()), actor: actor,
		audit: audit.NewAuditor(s.AuditLog()),
	}, nil
}

// note leaves an audit record of what has been done.
func (a *administration) note(ctx context.Context, action, subject, detail string) error {
	return a.audit.Record(ctx, audit.Record{Actor: a.actor, Action: action, Subject: subject, Detail: detail, Outcome: audit.Done})
}
