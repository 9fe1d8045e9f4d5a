// Package pgtest has schemas in a real PostgreSQL for tests.
package pgtest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Address returns the address of the PostgreSQL database for tests, and skips the test if
// there is none.
func Address(t testing.TB) string {
	t.Helper()
	address := os.Getenv("LOVE_TEST_POSTGRES")
	if address == "" {
		t.Skip("LOVE_TEST_POSTGRES is not set: give it postgres://USER:PASSWORD@HOST:PORT/NAME of a database for tests")
	}
	return address
}

// Schema makes an empty schema, removes it at the end of the test, and returns the address
// of a database that is all in it.
func Schema(t testing.TB) string {
	t.Helper()
	address := Address(t)
	name := "test_" + strings.ToLower(rand.Text())
	execute(t, address, "CREATE SCHEMA "+name)
	t.Cleanup(func() { execute(t, address, "DROP SCHEMA "+name+" CASCADE") })
	u, err := url.Parse(address)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

func execute(t testing.TB, address, statement string) {
	t.Helper()
	ctx := context.Background() // that of the test has ended at its cleanup
	c, err := pgx.Connect(ctx, address)
	require.NoError(t, err)
	_, err = c.Exec(ctx, statement)
	require.NoError(t, err)
	require.NoError(t, c.Close(ctx))
}
