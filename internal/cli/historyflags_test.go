package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/history"
)

// parseEFDs parses flags and checks them.
func parseEFDs(t *testing.T, env environment, args ...string) (*efdFlags, error) {
	t.Helper()
	cmd := &cobra.Command{Use: "loved"}
	var f efdFlags
	f.register(cmd.Flags())
	require.NoError(t, cmd.Flags().Parse(args))
	require.NoError(t, (&app{environ: env.list()}).applySettings(cmd))
	return &f, f.check()
}

func TestEFDsHaveNamesAndLogIns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passwords")
	require.NoError(t, os.WriteFile(file, []byte("# of the EFDs\n\n  usdf   ana  a secret # with spaces \n"), 0o600))
	f, err := parseEFDs(t, environment{"LOVED_EFD": "summit=https://efd.example:8086/path,usdf=http://127.0.0.1:8086", "LOVED_EFD_USER": "bob", "LOVED_EFD_PASSWORD": "b"},
		"--efd-passwords", file)
	require.NoError(t, err)
	require.Equal(t, []string{"summit", "usdf"}, f.names())
	require.Equal(t, map[string]string{"summit": "https://efd.example:8086/…", "usdf": "http://127.0.0.1:8086"}, f.shown)
	logins, err := f.logins()
	require.NoError(t, err)
	require.Equal(t, map[string]login{"usdf": {"ana", "a secret # with spaces"}}, logins)

	f, err = parseEFDs(t, nil, "--efd", "summit_efd", "--efd", "own=http://x", "--efd-service", "https://roundtable.example/segwarides/")
	require.NoError(t, err)
	require.Equal(t, []string{"own", "summit_efd"}, f.names())
	require.Implements(t, (*history.Source)(nil), f.sources["summit_efd"])
	require.Equal(t, "looked up at https://roundtable.example/…", f.shown["summit_efd"])

	f, err = parseEFDs(t, nil)
	require.NoError(t, err)
	require.Empty(t, f.sources)
}

func TestEFDsThatCannotBeMeantAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"--efd http://u:secret@x":              "NAME=URL",
		"--efd =http://x":                      "NAME=URL",
		"--efd archive=http://x":               "own archive",
		"--efd a=http://x,a=http://y":          "two with the name",
		"--efd a":                              "--efd-service",
		"--efd a=ftp://x":                      "http://HOST:PORT",
		"--efd a=http://u:secret@x":            "user and password apart",
		"--efd-user x":                         "--efd-user is given without an EFD",
		"--efd-service http://x":               "--efd-service is given without an EFD",
		"--efd a=http://x --efd-password y":    "--efd-user",
		"--efd a --efd-service roundtable":     "--efd-service must be",
		"--efd a=http://x --efd-passwords /no": "no such file",
	} {
		_, err := parseEFDs(t, nil, strings.Fields(args)...)
		require.ErrorContains(t, err, want, args)
		require.NotContains(t, err.Error(), "secret", args)
	}
	for text, want := range map[string]string{
		"a b":               "line 1 is not NAME USER PASSWORD",
		"a b c\na d e":      "line 2 names an EFD that another",
		"\nb user password": "which no --efd does",
	} {
		file := filepath.Join(t.TempDir(), "passwords")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := parseEFDs(t, nil, "--efd", "a=http://x", "--efd-passwords", file)
		require.ErrorContains(t, err, want, text)
	}
	file := filepath.Join(t.TempDir(), "passwords")
	require.NoError(t, os.WriteFile(file, []byte("a b c"), 0o600))
	_, err := parseEFDs(t, nil, "--efd", "a", "--efd-service", "http://x", "--efd-passwords", file)
	require.ErrorContains(t, err, "remove the line")
}
