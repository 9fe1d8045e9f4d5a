package cli

import (
	"io"
	"log/slog"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

func TestAFlagCountsBeforeItsVariablesAndTheseBeforeTheDefault(t *testing.T) {
	env := environment{"NEW_NAME": "", "OLD_NAME": "from the environment"}
	cases := map[string]struct {
		args []string
		env  environment
		want string
	}{
		"nothing given":                {nil, environment{}, "default"},
		"the first variable not empty": {nil, env, "from the environment"},
		"the flag":                     {[]string{"--name", "from the flag"}, env, "from the flag"},
		"the flag, empty":              {[]string{"--name="}, env, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			fs := pflag.NewFlagSet("loved", pflag.ContinueOnError)
			value := fs.String("name", "default", "a name")
			bindEnv(fs, "name", "NEW_NAME", "OLD_NAME")
			require.NoError(t, fs.Parse(c.args))
			require.NoError(t, applyEnv(fs, c.env.lookup))
			require.Equal(t, c.want, *value)
			require.Contains(t, fs.FlagUsages(), "a name [$NEW_NAME, $OLD_NAME]")
		})
	}
}

func TestLogLevelsAreWordsOrThoseOfPython(t *testing.T) {
	for text, want := range map[string]slog.Level{
		"debug": slog.LevelDebug, "INFO": slog.LevelInfo,
		"10": slog.LevelDebug, "20": slog.LevelInfo, "30": slog.LevelWarn, "40": slog.LevelError,
	} {
		fs := pflag.NewFlagSet("loved", pflag.ContinueOnError)
		var log logFlags
		log.register(fs, slog.LevelInfo)
		require.NoError(t, fs.Parse([]string{"--log-level", text, "--log-format", "json"}))
		logger := log.logger(io.Discard)
		require.True(t, logger.Enabled(t.Context(), want), text)
		require.False(t, logger.Enabled(t.Context(), want-1), text)
	}
}

func TestAWordThatIsNoneOfTheChoicesIsRefusedWithThem(t *testing.T) {
	require.ErrorContains(t, oneOf("raw", "null").Set("zero"), `"zero" is none of raw, null`)
}

func TestValuesOfACommandAreJSONOrText(t *testing.T) {
	params, err := paramsOf([]string{"a=90", "b=north", "c=[1,2]", "d=", `e="7"`, "f=NaN", `g=say "hi"`, "h=x=y"})
	require.NoError(t, err)
	require.Equal(t, `{"a":90,"b":"north","c":[1,2],"d":"","e":"7","f":"NaN","g":"say \"hi\"","h":"x=y"}`, string(params))
}
