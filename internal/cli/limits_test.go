package cli

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/server"
)

func TestTheHelpOfEveryLimitShowsItsDefault(t *testing.T) {
	got := newUser(t).run("manager", "--help-all")
	require.Zero(t, got.code)
	shown := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^ +--limit-(\S+) .*\(default (.*)\)$`).FindAllStringSubmatch(got.out, -1) {
		shown[m[1]] = m[2]
	}
	defaults := reflect.ValueOf(hub.DefaultLimits())
	var f limitFlags
	for _, field := range f.fields() {
		want := map[string]int{"log-in-tries": defaultLogInTries, "address-connections": server.DefaultMaxConnectionsPerAddress}[field.name]
		if want == 0 {
			want = int(defaults.FieldByName(fieldName(field.name)).Int())
		}
		require.Equal(t, humanSize(want), shown[field.name], "--limit-%s", field.name)
	}
	require.Len(t, shown, len(f.fields()))
	require.Equal(t, "16 MiB", shown["last-bytes"])
}

// fieldName returns the field of hub.Limits that a flag sets.
func fieldName(flag string) (name string) {
	for word := range strings.SplitSeq(flag, "-") {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return name
}

func TestALimitThatIsNotGivenOrZeroIsTheDefault(t *testing.T) {
	for _, args := range [][]string{nil, {"--limit-last-bytes", "0", "--limit-log-in-tries", "0"}} {
		var f limitFlags
		fs := pflag.NewFlagSet("loved", pflag.ContinueOnError)
		f.register(fs)
		require.NoError(t, fs.Parse(append(args, "--limit-sessions", "7")))
		require.NoError(t, f.check())
		want := hub.DefaultLimits()
		want.Sessions = 7
		want.BacklogAge, want.GroupName = 0, 0 // they have no flag
		require.Equal(t, want, f.limits)
		require.Equal(t, defaultLogInTries, f.logInTries)
	}
}
