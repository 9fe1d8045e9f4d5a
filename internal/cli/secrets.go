package cli

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/url"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/secret"
)

// secretAnnotation marks a flag that holds a secret with the way that it travels.
const secretAnnotation = "loved/secret"

// The ways in which a secret travels.
const (
	escaped   = "escaped"   // in a body or a header, or in a URL by our own client
	unescaped = "unescaped" // in a URL by programs that do not escape it
	inAddress = "in address"
)

// markSecret marks flags that hold a secret.
func markSecret(fs *pflag.FlagSet, way string, flags ...string) {
	for _, name := range flags {
		f := fs.Lookup(name)
		if f.Annotations == nil {
			f.Annotations = map[string][]string{}
		}
		f.Annotations[secretAnnotation] = []string{way}
	}
}

// variableSecrets returns what is probably wrong with the secrets that a command
// takes from the environment alone.
func (a *app) variableSecrets(fs *pflag.FlagSet) (all []string) {
	has := func(flag string) bool { return fs.Lookup(flag) != nil }
	value := func(variable string) string { v, _ := a.env(variable); return v }
	if has("manager") && !has("sal") { // the log-in of a user
		all = append(all, secret.Warnings("LOVED_PASSWORD", value("LOVED_PASSWORD"))...)
	}
	if has("sal") || has("commander") && value("LSST_TOPIC_SUBNAME") != "" { // loved check tests the bus if it is named
		all = append(all, secret.Warnings("LSST_KAFKA_SECURITY_PASSWORD", value("LSST_KAFKA_SECURITY_PASSWORD"))...)
		all = append(all, secret.URLWarnings("LSST_SCHEMA_REGISTRY_URL", value("LSST_SCHEMA_REGISTRY_URL"))...)
	}
	return all
}

// secretWarnings returns what is probably wrong with the secrets of a command,
// once the environment has set its flags. It names the variable or the flag, and shows no value.
func (a *app) secretWarnings(fs *pflag.FlagSet) (all []string) {
	fs.VisitAll(func(f *pflag.Flag) {
		way := f.Annotations[secretAnnotation]
		if len(way) == 0 {
			return
		}
		name, value := cmp.Or(source(f), "--"+f.Name), f.Value.String()
		switch way[0] {
		case unescaped:
			all = append(all, secret.QueryWarnings(name, value)...)
		case inAddress:
			if u, err := url.Parse(value); err == nil && name == databaseVariables {
				password, _ := u.User.Password()
				all = append(all, secret.Warnings("DB_PASS", password)...)
				return
			}
			all = append(all, secret.URLWarnings(name, value)...)
		default:
			all = append(all, secret.Warnings(name, value)...)
		}
	})
	return append(all, a.variableSecrets(fs)...)
}

// warnAtStart writes what is probably wrong with the variables and secrets to the log of
// a command, or to stderr for a command without one. `loved check` reports on secrets
// itself.
func (a *app) warnAtStart(cmd *cobra.Command, stderr io.Writer) {
	all := append(a.unknownVariables(cmd.Root()), a.overridden...)
	if text := configWarning(cmd.Flags()); text != "" {
		all = append(all, text)
	}
	if cmd.Annotations[checksSecretsAnnotation] == "" {
		all = append(all, a.secretWarnings(cmd.Flags())...)
	}
	warn := func(text string) { fmt.Fprintf(stderr, "%s: warning: %s\n", cmd.CommandPath(), text) }
	if log := loggerOf(cmd.Flags(), stderr); log != nil {
		warn = func(text string) { log.Warn(text) }
	}
	for _, text := range all {
		warn(text)
	}
}

// checksSecretsAnnotation marks a command that reports on secrets itself.
const checksSecretsAnnotation = "loved/checks-secrets"

// loggerOf returns the log that logFlags describe, or nil if there are none.
func loggerOf(fs *pflag.FlagSet, w io.Writer) *slog.Logger {
	level, format := fs.Lookup("log-level"), fs.Lookup("log-format")
	if level == nil || format == nil {
		return nil
	}
	l, ok := level.Value.(*logLevel)
	if !ok {
		return nil
	}
	return (&logFlags{level: *l, format: &choice{value: format.Value.String()}}).logger(w)
}
