package cli

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/spf13/cobra"
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
			cmd := &cobra.Command{Use: "loved"}
			fs := cmd.Flags()
			value := fs.String("name", "default", "a name")
			bindEnv(fs, "name", "NEW_NAME", "OLD_NAME")
			require.NoError(t, fs.Parse(c.args))
			require.NoError(t, (&app{environ: c.env.list()}).applySettings(cmd))
			require.Equal(t, c.want, *value)
			require.Contains(t, fs.FlagUsages(), "a name [$NEW_NAME, $OLD_NAME]")
		})
	}
}

func TestLogLevelsAreNamesOrPythonsNumbers(t *testing.T) {
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

func TestAChoiceRefusesOtherValues(t *testing.T) {
	require.ErrorContains(t, oneOf("raw", "null").Set("zero"), `"zero" is not one of raw, null`)
}

func TestATimeFlagIsAnInstantADateOrAnAge(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-03-14T01:59:26.5Z": time.Date(2026, 3, 14, 1, 59, 26, 500e6, time.UTC),
		"2026-03-14":             time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC),
	} {
		var m timeFlag
		require.NoError(t, m.Set(text))
		require.Equal(t, want, m.Time)
	}
	var m timeFlag
	require.NoError(t, m.Set("2h"))
	require.WithinDuration(t, time.Now().Add(-2*time.Hour), m.Time, time.Minute)
	for _, bad := range []string{"", "yesterday", "-2h", "2026-03"} {
		require.ErrorContains(t, m.Set(bad), "give a time such as", bad)
	}
}

func TestASecondsFlagIsSecondsOrADuration(t *testing.T) {
	for text, want := range map[string]string{"10": "10s", "0.5": "500ms", "1m30s": "1m30s", "1e3": "16m40s"} {
		var s secondsFlag
		require.NoError(t, s.Set(text))
		require.Equal(t, want, s.String())
	}
	for _, bad := range []string{"", "x", "-1", "0", "-5s", "NaN", "1e300"} {
		var s secondsFlag
		require.Error(t, s.Set(bad), bad)
	}
}
