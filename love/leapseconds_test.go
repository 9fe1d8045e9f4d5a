package love_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestLeapSecondsAreKnownToBeCompleteForSomeTime(t *testing.T) {
	expiry := love.LeapSecondsExpiry()
	require.Equal(t, 28, expiry.Day(), "IERS bulletins hold until 28 June or 28 December")
	require.Contains(t, []time.Month{time.June, time.December}, expiry.Month())
}

// list is a shortened leap-seconds.list.
const list = `#	In the following text, the symbol '#' introduces a comment.
#$	3945196800
#@	3959712000
2272060800	10	# 1 Jan 1972
2287785600	11	# 1 Jul 1972

2303683200	12	# 1 Jan 1973
2335219200	11	# never happened: a negative one
#h	16edd0f0 3666784f 37db6bdd e74ced87 59af48f1
`

func TestATableCanReplaceTheBuiltInOne(t *testing.T) {
	builtin := love.LeapSecondsExpiry()
	table, err := love.ReadLeapSeconds(strings.NewReader(list))
	require.NoError(t, err)
	require.Equal(t, time.Date(2025, 6, 24, 0, 0, 0, 0, time.UTC), table.Expiry())
	require.Equal(t, builtin, love.LeapSecondsExpiry(), "it is not in use yet")
	require.Equal(t, builtin, love.LeapSecondTable{}.Expiry())

	love.UseLeapSeconds(table)
	defer love.UseLeapSeconds(love.LeapSecondTable{})
	require.Equal(t, table.Expiry(), love.LeapSecondsExpiry())
	require.Equal(t, 11*time.Second, love.LeapSeconds(time.Unix(1700000000, 0)))
	tai, err := love.TAIFromUTC(126230400 - 43200)
	require.NoError(t, err)
	require.InDelta(t, 126230400-43200+11.5, tai, 1e-6, "halfway from 12 s to 11 s")
	utc, err := love.UTCFromTAI(126230400 + 11)
	require.NoError(t, err)
	require.InDelta(t, 126230400, utc, 1e-6)
}

func TestAnInvalidTableIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "must begin with 1972",
		"2287785600 11\n":          "must begin with 1972",
		"2272060800 10\n":          "no line #@",
		"2272060800\n":             "line 1: a line has",
		"2272060800 10 x\n":        "line 1: a line has",
		"2272060800 ten\n":         "line 1:",
		"#@ soon\n":                "line 1: the expiry",
		list + "2287785600 12\n":   `line 10: "2287785600 12" does not follow`,
		list + "2550000000 13\n":   `line 10: "2550000000 13" does not follow`,
		strings.Repeat("1", 1<<17): "leap seconds: ",
	} {
		_, err := love.ReadLeapSeconds(strings.NewReader(text))
		require.ErrorContains(t, err, want, text)
	}
}

func FuzzReadLeapSeconds(f *testing.F) {
	f.Add([]byte(list), int64(1700000000))
	f.Add([]byte("#@ 1\n2272060800 10\n9223372036854775807 11"), int64(0))
	f.Fuzz(func(t *testing.T, text []byte, unix int64) {
		table, err := love.ReadLeapSeconds(bytes.NewReader(text))
		if err == nil {
			require.False(t, table.Expiry().IsZero())
		}
	})
}

func TestLeapSecondsFollowTheTable(t *testing.T) {
	for date, want := range map[string]time.Duration{
		"1930-01-01": 10, "1971-12-31": 10, "1972-01-01": 10, "1972-06-30": 10, "1972-07-01": 11, "1999-01-01": 32,
		"2015-07-01": 36, "2016-12-31": 36, "2017-01-01": 37, "2030-01-01": 37, "5138-01-01": 37,
	} {
		at, err := time.Parse(time.DateOnly, date)
		require.NoError(t, err)
		require.Equal(t, want*time.Second, love.LeapSeconds(at), date)
	}
}
