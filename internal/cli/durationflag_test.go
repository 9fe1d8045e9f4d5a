package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestATimeSpanCanBeInDays(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"730d": 730 * day, "0d": 0, "0": 0, "12h": 12 * time.Hour, "1d12h": 36 * time.Hour, "1m30s": 90 * time.Second, "500ms": 500 * time.Millisecond,
		"720h": 30 * day, "-1h": -time.Hour,
	} {
		got, err := parseDuration(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "d", "x", "3", "1.5d", "-1d", "1dd", "99999999999d", "1d-"} {
		_, err := parseDuration(text)
		require.EqualError(t, err, `"`+text+`" is not a time such as 30d, 12h, 1m30s or 500ms`)
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 730 * day: "730d", 36 * time.Hour: "36h", 90 * time.Second: "1m30s", 15 * time.Second: "15s", time.Minute: "1m", 10 * time.Second: "10s",
	} {
		require.Equal(t, want, formatDuration(d))
	}
}
