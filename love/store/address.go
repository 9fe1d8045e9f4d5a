package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // driver "sqlite"

	"github.com/rubin-love/love-go/internal/mask"
)

// Memory is the address of a database that lives as long as its [Store].
const Memory = "sqlite::memory:"

// address is a parsed database address.
type address struct {
	dialect  goose.Dialect
	postgres *pgx.ConnConfig // nil for SQLite
	source   string          // data source name of SQLite
	file     string          // of SQLite; empty if in memory
}

func (a address) open() (*sql.DB, error) {
	if a.postgres != nil {
		db := stdlib.OpenDB(*a.postgres)
		db.SetMaxOpenConns(maxConnections)
		return db, nil
	}
	db, err := sql.Open("sqlite", a.source)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(maxConnections)
	if a.file == "" {
		db.SetMaxOpenConns(1) // else each connection would have its own database
	}
	return db, nil
}

// maxConnections is the most connections of one manager to the database.
const maxConnections = 8

// parseAddress reads "sqlite:PATH", "sqlite::memory:" or "postgres://…".
func parseAddress(text string, wait time.Duration) (address, error) {
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme {
	case "sqlite":
		return sqliteAddress(rest, wait)
	case "postgres", "postgresql":
		return postgresAddress(text)
	}
	return address{}, errors.New("the database address must begin with sqlite: or postgres://, for example sqlite:loved.db")
}

func postgresAddress(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") == "" {
		return address{}, errors.New("the database address is not of the form postgres://USER:PASSWORD@HOST:PORT/NAME (in the password, / @ # ? % and a space are written %2F %40 %23 %3F %25 %20)")
	}
	c, err := pgx.ParseConfig(text)
	if err != nil {
		// The error itself shows the address; the wrapped one does not.
		return address{}, fmt.Errorf("a setting in the database address postgres://… is wrong: %w", mask.Error(errors.Unwrap(err), text))
	}
	return address{dialect: goose.DialectPostgres, postgres: c}, nil
}

func sqliteAddress(path string, wait time.Duration) (address, error) {
	a := address{dialect: goose.DialectSQLite3, file: path}
	switch {
	case path == "":
		return address{}, errors.New("the database address sqlite: lacks its file, for example sqlite:loved.db")
	case path == ":memory:":
		a.file = ""
	case strings.ContainsAny(path, "?#%"):
		return address{}, fmt.Errorf("the database file %q has one of ? # %% in its name: choose another name", path)
	}
	// Only prepare creates the file (hence rw): if it is removed later, that is an
	// error, and no empty file takes its place. A transaction takes its lock when it
	// begins, so that it cannot fail halfway. [Store.checkpoint] moves the log into
	// the file.
	q := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds()), "foreign_keys(1)", "journal_mode(WAL)", "synchronous(NORMAL)", "wal_autocheckpoint(20000)",
	}}
	if a.file == "" {
		q.Set("mode", "memory")
	}
	a.source = "file:" + path + "?" + q.Encode()
	return a, nil
}

// prepare creates the file of a SQLite database if it does not exist, readable by
// its owner only, because it holds keys and password hashes.
func (a address) prepare() error {
	if a.file == "" {
		return nil
	}
	f, err := os.OpenFile(a.file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fileError(a.file, err)
	}
	return f.Close()
}
