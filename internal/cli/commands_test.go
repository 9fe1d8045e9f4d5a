package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

// recordEntries is a record in which everything occurs.
func recordEntries() (entries []love.CommandEntry, now time.Time) {
	now = time.Date(2026, 3, 14, 2, 0, 0, 0, time.UTC)
	outcome := func(state love.CommandState, result string, took time.Duration) love.CommandOutcome {
		return love.CommandOutcome{State: state, Result: result, Duration: took}
	}
	approved := outcome(love.CommandDone, "Done", 10*time.Minute)
	approved.ApprovedBy = "eve"
	return []love.CommandEntry{
		{Time: now.Add(-3 * time.Hour), User: "ana", CSC: "ATDome", Command: "cmd_moveAzimuth", Params: json.RawMessage(`{"azimuth":57.5}`),
			CommandOutcome: outcome(love.CommandDone, "Done", 300*time.Microsecond)},
		{Time: now.Add(-time.Hour), User: "bernardo", CSC: "MTHexapod", SalIndex: 1, Command: "cmd_move", Params: json.RawMessage(`{"x":9000,"why":"it's late","n":"7"}`),
			CommandOutcome: outcome(love.CommandFailed, "Failed: x is out of range", 75*time.Second)},
		{Time: now.Add(-time.Minute), User: "ana", CSC: "ATDome", Command: "cmd_openShutter", Params: json.RawMessage(`{}`), ID: "17",
			CommandOutcome: outcome(love.CommandAwaiting, "It waits.", 0)},
		{Time: now.Add(-time.Second), User: "ana", CSC: "ATDome", Command: "cmd_closeShutter", Params: json.RawMessage(`{}`), CommandOutcome: approved},
		{Time: now, User: "ana", Params: json.RawMessage(`"what\u001b[2J is this"`),
			CommandOutcome: outcome(love.CommandRefused, "No\ncommand\x1b[2J", 500*time.Millisecond)},
	}, now
}

func TestTheRecordIsATableWithTheNewestLast(t *testing.T) {
	entries, now := recordEntries()
	var out bytes.Buffer
	require.NoError(t, printRecord(&out, entries, now, 0))
	require.Equal(t, strings.Join([]string{
		`TIME                 USER      STATE         TOOK  COMMAND`,
		`2026-03-13 23:00:00  ana       done        0.3 ms  ATDome moveAzimuth azimuth=57.5`,
		`01:00:00             bernardo  failed      75.0 s  MTHexapod:1 move x=9000 'why=it'\''s late' 'n="7"' → Failed: x is out of range`,
		`01:59:00             ana       awaiting            ATDome openShutter → It waits. (loved approve 17)`,
		`01:59:59             ana       done      10.0 min  ATDome closeShutter (approved by eve)`,
		`02:00:00             ana       refused     500 ms  "what\u001b[2J is this" → No command` + "\uFFFD" + `[2J`,
	}, "\n")+"\n", out.String())
}

func TestLongCommandsAreWrappedOnATerminal(t *testing.T) {
	entries, now := recordEntries()
	var out bytes.Buffer
	require.NoError(t, printRecord(&out, entries[1:2], now, 64))
	require.Equal(t, strings.Join([]string{
		`TIME      USER      STATE     TOOK  COMMAND`,
		`01:00:00  bernardo  failed  75.0 s  MTHexapod:1 move x=9000`,
		`                                    'why=it'\''s late' 'n="7"' →`,
		`                                    Failed: x is out of range`,
	}, "\n")+"\n", out.String())
}

// The record shows commands as they are typed: typed again they are the same.
func TestParametersAreShownAsTheyAreTyped(t *testing.T) {
	for params, want := range map[string]string{
		`{}`: "", `{"a":1.5,"b":true}`: "a=1.5 b=true", `{"a":"x"}`: "a=x", `{"a":"7"}`: `'a="7"'`,
		`{"a":[1,2]}`: "'a=[1,2]'", `{"a":"x y"}`: "'a=x y'", `{"a":""}`: "a=", `null`: "null",
	} {
		require.Equal(t, want, paramsText([]byte(params)))
	}
}

func TestTheRecordOfTheDemoCanBeSearched(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	require.Equal(t, result{errors: "The record has no such commands.\n"}, u.run("commands"))
	u.run("cmd", "ATDome", "moveAzimuth", "azimuth=90")
	u.run("cmd", "--defaults", "ATDome", "moveAzimuth", "azimut=90")
	u.run("cmd", "MTHexapod:1", "setCompensationMode", "enable=true")
	// The outcome is recorded some milliseconds after the answer; the commands
	// themselves before.
	shows := func(want string, args ...string) {
		t.Helper()
		got := u.run(append([]string{"commands"}, args...)...)
		require.Zero(t, got.code, got.errors)
		var commands []string
		for _, line := range strings.Split(strings.TrimSpace(got.out), "\n")[1:] {
			for name := range strings.FieldsSeq("azimuth=90 azimut=90 enable=true") {
				if strings.Contains(line, " "+name) {
					commands = append(commands, name)
				}
			}
		}
		require.Equal(t, want, strings.Join(commands, " "), got.out)
	}
	shows("azimuth=90 azimut=90 enable=true")
	shows("enable=true", "--limit", "1")
	shows("azimuth=90 azimut=90", "--csc", "ATDome:0", "--cmd", "moveAzimuth", "--by", "admin")
	shows("azimuth=90 azimut=90 enable=true", "--since", "1h")
	lines := strings.Split(strings.TrimSpace(u.run("commands", "--json").out), "\n")
	require.Len(t, lines, 3)
	require.Contains(t, lines[2], `"params":{"enable":true}`)
	require.Equal(t, []string{"MTHexapod:1"}, u.cmdCompletions("MTHex"), "instances in the record are offered")

	for want, args := range map[string][]string{
		`"x" is not one of awaiting, pending`: {"--state", "x"},
		"give a number above 0":               {"--limit", "0"},
		"--csc: ":                             {"--csc", "AT:*"},
		"give a time such as":                 {"--since", "x"},
	} {
		got := u.run(append([]string{"commands"}, args...)...)
		require.Equal(t, exitUsage, got.code)
		require.Contains(t, got.errors, want)
	}
}
