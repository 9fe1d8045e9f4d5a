package store

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The codes of PostgreSQL's errors that say that somebody may not connect
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
const (
	invalidAuthorization = "28000"
	invalidPassword      = "28P01"
	noSuchDatabase       = "3D000"
)

// openError returns why a database cannot be opened, in words for who gave the address.
func (a address) openError(err error) error {
	var refused *pgconn.PgError
	var unreachable *pgconn.ConnectError
	var notSQLite *sqlite.Error
	switch {
	case errors.As(err, &notSQLite) && notSQLite.Code() == sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%s is not a SQLite database: give another file", a.file)
	case errors.As(err, &refused) && (refused.Code == invalidPassword || refused.Code == invalidAuthorization):
		return fmt.Errorf("the database at %s refuses the user %q: %s", a.server(), a.postgres.User, refused.Message)
	case errors.As(err, &refused) && refused.Code == noSuchDatabase:
		return fmt.Errorf("at %s there is no database %q: create it, or give another name", a.server(), a.postgres.Database)
	case errors.As(err, &unreachable):
		cause := err
		if dial := (*net.OpError)(nil); errors.As(err, &dial) {
			cause = dial
		}
		return fmt.Errorf("the database at %s cannot be reached, see whether PostgreSQL runs there: %w", a.server(), cause)
	}
	return fmt.Errorf("opening the database: %w", err)
}

// server returns host and port of a PostgreSQL server.
func (a address) server() string {
	return net.JoinHostPort(a.postgres.Host, strconv.Itoa(int(a.postgres.Port)))
}

// fileError returns why a database file cannot be opened or made.
func fileError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder %s of the database file does not exist: make it, or give another file", filepath.Dir(path))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the database file %s may not be written by this user: change its owner or mode, or give another file", path)
	}
	return fmt.Errorf("the database file cannot be opened: %w", err)
}
