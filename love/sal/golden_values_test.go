package sal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
)

func goldenNames(t *testing.T, text []byte) {
	var cases []struct {
		Input, Name, Error, Quirk string
		Index                     int
	}
	decode(t, text, &cases)
	for _, c := range cases {
		name, index, err := sal.ParseName(c.Input)
		switch {
		case c.Quirk != "", c.Error == "invalid":
			require.ErrorIs(t, err, sal.ErrName, "%q", c.Input)
		case c.Error == "wildcard":
			require.ErrorIs(t, err, sal.ErrWildcard)
			require.Equal(t, c.Name, name)
		default:
			require.NoError(t, err)
			require.Equal(t, c.Name, name)
			require.Equal(t, c.Index, index)
		}
	}
}

// enumerations lists those that are Go types, by their names in the recordings.
var enumerations = map[string]func(int) fmt.Stringer{
	"SalRetCode":                     func(n int) fmt.Stringer { return sal.AckCode(n) },
	"State":                          func(n int) fmt.Stringer { return sal.SummaryState(n) },
	"Script.ScriptState":             func(n int) fmt.Stringer { return enums.ScriptState(n) },
	"ScriptQueue.Location":           func(n int) fmt.Stringer { return enums.Location(n) },
	"ScriptQueue.SalIndex":           func(n int) fmt.Stringer { return enums.QueueIndex(n) },
	"ScriptQueue.ScriptProcessState": func(n int) fmt.Stringer { return enums.ScriptProcessState(n) },
	"Watcher.AlarmSeverity":          func(n int) fmt.Stringer { return enums.AlarmSeverity(n) },
}

// goldenEnumerations compares the Go types. Of the return codes of older middleware,
// only those of commands have one. Where a number has several names, String returns
// one of them.
func goldenEnumerations(t *testing.T, text []byte) {
	var enums map[string]map[string]int
	decode(t, text, &enums)
	for name, of := range enumerations {
		names := map[int][]string{}
		for member, number := range enums[name] {
			if name != "SalRetCode" || strings.HasPrefix(member, "CMD_") {
				names[number] = append(names[number], member)
			}
		}
		for number, known := range names {
			require.Contains(t, known, of(number).String(), name)
		}
	}
}

func goldenTAI(t *testing.T, text []byte) {
	var want struct {
		LeapSeconds [][2]float64 `json:"leap_seconds"`
		FromUTC     [][2]float64 `json:"tai_from_utc"`
		FromTAI     [][2]float64 `json:"utc_from_tai"`
		TooEarly    []float64    `json:"too_early_utc"`
	}
	decode(t, text, &want)
	for _, step := range want.LeapSeconds {
		got, err := love.UTCFromTAI(step[0] + step[1])
		require.NoError(t, err)
		require.InDelta(t, step[0], got, 1e-6)
	}
	for _, c := range want.FromUTC {
		got, err := love.TAIFromUTC(c[0])
		require.NoError(t, err)
		require.InDelta(t, c[1], got, 1e-6, "%v", c[0])
	}
	for _, c := range want.FromTAI {
		got, err := love.UTCFromTAI(c[0])
		require.NoError(t, err)
		require.InDelta(t, c[1], got, 1e-6, "%v", c[0])
	}
	for _, early := range want.TooEarly {
		_, err := love.TAIFromUTC(early)
		require.ErrorIs(t, err, love.ErrBeforeLeapSeconds)
	}
}
