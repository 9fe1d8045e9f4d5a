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

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/store"
)

// defaultDatabase is a file in the folder where the manager is started.
const defaultDatabase = "sqlite:loved.db"

// databaseFlag is the address of the manager's database. The variables of a Python
// deployment set it, too.
type databaseFlag struct {
	address string
	source  string // the flag or the variables that it comes from
}

// databaseVariables are the variables that name a database together.
const databaseVariables = "DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASS"

func (f *databaseFlag) register(fs *pflag.FlagSet) {
	f.address = defaultDatabase
	fs.Var(f, "database", "`ADDRESS` of the database with users and all else: sqlite:PATH, "+store.Memory+" or postgres://USER:PASSWORD@HOST/NAME; also as DB_ENGINE, DB_NAME, DB_USER, DB_PASS, DB_HOST, DB_PORT")
	bindEnv(fs, "database", "LOVED_DATABASE")
	markSecret(fs, inAddress, "database")
	f.source = "--database (LOVED_DATABASE)"
}

func (f *databaseFlag) String() string { return f.address }
func (f *databaseFlag) Type() string   { return "string" }

func (f *databaseFlag) Set(address string) error {
	f.address = address
	return nil
}

// fromVariables returns the address that a Python deployment's environment names.
func (f *databaseFlag) fromVariables(env func(string) (string, bool)) (address, variables string, err error) {
	value := func(name, fallback string) string {
		text, _ := env(name)
		return cmp.Or(text, fallback)
	}
	switch engine := value("DB_ENGINE", ""); engine {
	case "":
		return "", "", nil
	case "postgresql":
	default:
		return "", "", fmt.Errorf("DB_ENGINE is %q: it can be postgresql; or give the address with --database", engine)
	}
	password := value("DB_PASS", "postgres")
	if path, _ := env("DB_PASS" + secretFileVariableSuffix); path != "" {
		if password, err = readSecret(path); err != nil {
			return "", "", fmt.Errorf("DB_PASS%s: %w", secretFileVariableSuffix, err)
		}
	}
	u := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(value("DB_USER", "postgres"), password),
		Host:   net.JoinHostPort(value("DB_HOST", "postgres"), value("DB_PORT", "5432")),
		Path:   "/" + value("DB_NAME", "postgres"),
	}
	f.source = databaseVariables
	return u.String(), databaseVariables, nil
}

// open opens the database, and makes it if it does not exist. The error names the flag.
func (f *databaseFlag) open(ctx context.Context, opts ...store.Option) (*store.Store, error) {
	s, err := store.Open(ctx, f.address, opts...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.source, err)
	}
	return s, nil
}

// openExisting opens a database that must exist already.
func (f *databaseFlag) openExisting(ctx context.Context) (*store.Store, error) {
	if path, missing := f.missingFile(); missing {
		return nil, fmt.Errorf("there is no database %s: give its address with --database, or add the first user with `loved user add`", path)
	}
	return f.open(ctx, store.WithoutRetries())
}

// missingFile returns the file of a SQLite database that does not exist yet.
func (f *databaseFlag) missingFile() (path string, missing bool) {
	path, ok := strings.CutPrefix(f.address, "sqlite:")
	if !ok || path == "" || path == ":memory:" {
		return "", false
	}
	_, err := os.Stat(path)
	return path, errors.Is(err, fs.ErrNotExist)
}

// userDatabase is an open database whose users are administered, and the actor
// of the audit records about that.
type userDatabase struct {
	*store.Store
	users *auth.Users
	audit *audit.Auditor
	actor string
}

// openUserDatabase opens the database for a subcommand; actor is its name.
func openUserDatabase(ctx context.Context, open func(context.Context) (*store.Store, error), actor string) (*userDatabase, error) {
	s, err := open(ctx)
	if err != nil {
		return nil, err
	}
	return &userDatabase{
		Store: s, users: auth.NewUsers(s.Users(), password.New()), actor: actor,
		audit: audit.NewAuditor(s.AuditLog()),
	}, nil
}

// record adds an audit record of what has been done.
func (d *userDatabase) record(ctx context.Context, action, subject, detail string) error {
	return d.audit.Record(ctx, audit.Record{Actor: d.actor, Action: action, Subject: subject, Detail: detail, Outcome: audit.Done})
}

// databaseCommand makes cmd a subcommand that does work on the database.
func (a *app) databaseCommand(cmd *cobra.Command, existing bool, work func(context.Context, *userDatabase, []string) error) *cobra.Command {
	var flag databaseFlag
	flag.register(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		open := flag.openExisting
		if !existing {
			open = func(ctx context.Context) (*store.Store, error) {
				return flag.open(ctx, store.WithoutRetries())
			}
		}
		db, err := openUserDatabase(cmd.Context(), open, cmd.CommandPath())
		if err != nil {
			return err
		}
		return errors.Join(work(cmd.Context(), db, args), db.Close())
	}
	return withConfig(cmd, "manager")
}
