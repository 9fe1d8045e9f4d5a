package example_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/example"
)

func input() example.Input {
	text := func(name, variable, value string) example.Setting {
		return example.Setting{Group: "Start", Name: name, Variables: []string{variable}, Help: "what it is", Default: value, Value: value}
	}
	return example.Input{
		Version: "v1.2.3", Listen: "127.0.0.1:8000", Prefix: "/love",
		Limits:   example.Limits{Drain: 5 * time.Second, Ping: time.Minute, Command: 2 * time.Minute},
		Programs: example.Programs{"manager": {text("listen", "LOVED_LISTEN", "127.0.0.1:8000"), text("ping", "LOVED_PING", "1m"), text("command-timeout", "LOVED_COMMAND_TIMEOUT", "2m"), text("trusted-proxies", "PROXIES", "")}},
	}
}

func TestAFileFollowsTheSettings(t *testing.T) {
	got, err := example.Make("nginx", input())
	require.NoError(t, err)
	for _, want := range []string{"location /love/ {", "server 127.0.0.1:8000;", "proxy_read_timeout 180s;", "location /love/manager/api/ {\n        proxy_pass http://love;\n        proxy_read_timeout 3720s;", "--trusted-proxies 127.0.0.1        (or PROXIES)"} {
		require.Contains(t, got, want)
	}
	got, err = example.Make("config", input())
	require.NoError(t, err)
	require.Contains(t, got, "\n## Start\n\n# what it is\n# [$LOVED_LISTEN]\n#listen: 127.0.0.1:8000\n")
}

func TestASettingThatDoesNotExistIsAnError(t *testing.T) {
	in := input()
	in.Programs["manager"] = in.Programs["manager"][:1]
	_, err := example.Make("nginx", in)
	require.ErrorContains(t, err, `loved manager has no setting "trusted-proxies"`)
	_, err = example.Make("systemd", input())
	require.ErrorContains(t, err, `loved manager has no setting "database"`)
	_, err = example.Make("helm", in)
	require.EqualError(t, err, `there is no example "helm": there are `+strings.Join(example.Names(), ", "))
}

func TestEveryExampleHasADescription(t *testing.T) {
	for _, name := range example.Names() {
		require.NotEmpty(t, example.What(name))
	}
	require.Empty(t, example.What("helm"))
}
