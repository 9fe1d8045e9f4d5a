package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// forSQLite lists the migrations that only SQLite runs.
var forSQLite = []string{"00005_commands_in_order.sql"}

// migrateTries is the number of attempts to migrate: if two processes start with an
// empty SQLite file at the same time, the second must try again.
const migrateTries = 3

// migrate brings the tables up to date. With PostgreSQL, a lock lets only one
// process do so at a time.
func migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if dialect == goose.DialectPostgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker), goose.WithExcludeNames(forSQLite))
	}
	p, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return fmt.Errorf("reading its migrations: %w", err)
	}
	for range migrateTries {
		if _, err = p.Up(ctx); err == nil {
			return nil
		}
	}
	return fmt.Errorf("bringing its tables up to date: %w", err)
}
