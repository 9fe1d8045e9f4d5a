package cli

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever address is given where, with whatever mistake, no error and no log line
// repeats its user part, its query or a token in its path.
func TestNoErrorShowsTheSecretsOfAnAddress(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	at := closed.Addr().String()
	addresses := func(scheme string) []string {
		return []string{
			scheme + "://ana:SECRET@" + at, scheme + "://:SECRET@" + at, scheme + "://SECRET@" + at + "/x", scheme + "://" + at + "?token=SECRET",
			scheme + "://" + at + "/SECRET-TOKEN/x", scheme + "://ana:SECRET@" + at + ":1", scheme + "://ana:SEC%ZZRET@" + at, scheme + "://ana:SE/SECRET@" + at,
			"nothing://ana:SECRET@" + at, "ana:SECRET@" + at,
		}
	}
	manager := []string{"manager", "--listen", "127.0.0.1:0", "--database", "sqlite::memory:", "--insecure-dev", "--process-password", "x"}
	for name, c := range map[string]struct {
		scheme string
		with   func(u *user, address string) []string
	}{
		"--commander": {"http", func(_ *user, a string) []string { return append(manager, "--commander", a, "--ldap-insecure") }},
		"LOVED_COMMANDER": {"http", func(u *user, a string) []string {
			u.env["LOVED_COMMANDER"] = a
			return append(manager, "--ldap-insecure")
		}},
		"check --broker": {"redis", func(_ *user, a string) []string { return []string{"check", "--broker", a, "--insecure-dev"} }},
		"check LOVED_BROKER": {"redis", func(u *user, a string) []string {
			u.env["LOVED_BROKER"] = a
			return []string{"check", "--insecure-dev"}
		}},
		"REDIS_HOST":       {"redis", func(u *user, a string) []string { u.env["REDIS_HOST"] = a; return manager }},
		"--database":       {"postgres", func(_ *user, a string) []string { return []string{"user", "list", "--database", a} }},
		"check --database": {"postgres", func(_ *user, a string) []string { return []string{"check", "--database", a, "--insecure-dev"} }},
		"check --ldap-1": {"ldap", func(u *user, a string) []string {
			u.useDatabase()
			return []string{"check", "--ldap-1", a, "--ldap-insecure", "--insecure-dev"}
		}},
		"check registry": {"http", func(u *user, a string) []string {
			u.env["LSST_TOPIC_SUBNAME"], u.env["LSST_SCHEMA_REGISTRY_URL"], u.env["LSST_KAFKA_BROKER_ADDR"] = "sal", a, at
			return []string{"check", "--insecure-dev"}
		}},
		"check brokers": {"kafka", func(u *user, a string) []string {
			u.env["LSST_TOPIC_SUBNAME"], u.env["LSST_SCHEMA_REGISTRY_URL"], u.env["LSST_KAFKA_BROKER_ADDR"] = "sal", "http://"+at, a
			return []string{"check", "--insecure-dev"}
		}},
		"--listen": {"http", func(_ *user, a string) []string { return append(manager, "--listen", a) }},
		"--ldap-1": {"http", func(_ *user, a string) []string {
			return append(manager, "--ldap-1", a, "--trusted-proxies", "nonsense")
		}},
		"--origins": {"http", func(_ *user, a string) []string {
			return append(manager, "--origins", a, "--trusted-proxies", "nonsense")
		}},
		"--proxies":     {"http", func(_ *user, a string) []string { return append(manager, "--trusted-proxies", a) }},
		"sub --manager": {"http", func(_ *user, a string) []string { return []string{"commands", "--manager", a, "--token", "x"} }},
		"user": {"http", func(u *user, a string) []string {
			u.env["LOVED_PASSWORD"] = "p"
			return []string{"commands", "--manager", a, "--user", "x"}
		}},
		"an argument":    {"http", func(_ *user, a string) []string { return []string{"check", a} }},
		"a subcommand":   {"http", func(_ *user, a string) []string { return []string{"user", a} }},
		"a wrong number": {"http", func(_ *user, a string) []string { return append(manager, "--limit-sessions", a) }},
		"a wrong time":   {"http", func(_ *user, a string) []string { return append(manager, "--command-timeout", a) }},
	} {
		t.Run(name, func(t *testing.T) {
			for _, address := range addresses(c.scheme) {
				if c.scheme == "postgres" && strings.Contains(address, "SECRET-TOKEN") {
					continue // the name of the database is no secret
				}
				u := newUser(t)
				got := u.run(c.with(u, address)...)
				require.NotZero(t, got.code, address)
				require.NotContains(t, got.out+got.errors, "SECRET", address)
			}
		})
	}
}
