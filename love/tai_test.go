package love_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestTAIIsSmearedOverTheDayBeforeALeapSecond(t *testing.T) {
	for _, c := range []struct {
		name     string
		utc, tai float64
	}{
		{"the first moment", 63072000, 63072010},
		{"long after the last leap second", 1600000000.25, 1600000037.25},
		{"a day before, to the second", 1483142400, 1483142436},
		{"half a day before", 1483185600, 1483185636.5},
		{"the leap second is over", 1483228800, 1483228837},
		{"far in the future", 1e12, 1e12 + 37},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := love.TAIFromUTC(c.utc)
			require.NoError(t, err)
			require.InDelta(t, c.tai, got, 1e-6)
		})
	}
}

func TestUTCIsTAIWithoutTheWholeOffset(t *testing.T) {
	for tai, utc := range map[float64]float64{63072010: 63072000, 1483228836.9: 1483228800.9, 1483228837: 1483228800, 1700000037.5: 1700000000.5} {
		got, err := love.UTCFromTAI(tai)
		require.NoError(t, err)
		require.InDelta(t, utc, got, 1e-6)
	}
}

func TestThereIsNoTAIBefore1972(t *testing.T) {
	for _, early := range []float64{63071999.9, 0, -1e9, math.Inf(-1), math.NaN()} {
		_, err := love.TAIFromUTC(early)
		require.ErrorIs(t, err, love.ErrBeforeLeapSeconds)
		_, err = love.UTCFromTAI(early)
		require.ErrorIs(t, err, love.ErrBeforeLeapSeconds)
	}
}

func TestLeapSecondsGrowFrom1972(t *testing.T) {
	for unix, want := range map[int64]time.Duration{
		-1e9: 10, 63071999: 10, 63072000: 10, 78796799: 10, 78796800: 11, 1483228799: 36, 1483228800: 37, 1700000000: 37, 1e11: 37,
	} {
		require.Equal(t, want*time.Second, love.LeapSeconds(time.Unix(unix, 0)), unix)
	}
}

// list is the beginning of a file of the IERS, and its end.
const list = `#	In the following text, the symbol '#' introduces a comment.
#$	3945196800
#@	3959712000
2272060800	10	# 1 Jan 1972
2287785600	11	# 1 Jul 1972

2303683200	12	# 1 Jan 1973
2335219200	11	# never happened: a negative one
#h	16edd0f0 3666784f 37db6bdd e74ced87 59af48f1
`

func TestAnOperatorCanGiveANewerTable(t *testing.T) {
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

func TestATableThatIsNotOneIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "has to begin with 1972",
		"2287785600 11\n":          "has to begin with 1972",
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
