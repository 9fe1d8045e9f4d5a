package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSubEndsAfterAGivenNumberOfMessages(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	got := u.run("sub", "--count", "2", "telemetry-ATDome-0-position")
	require.Equal(t, exitDone, got.code, got.errors)
	require.Equal(t, 2, strings.Count(got.out, "\n"))
	require.Equal(t, "loved sub: --count is -1: give a number above 0, or leave it out (see loved sub --help)",
		u.mustFail(exitUsage, "", "sub", "--count", "-1", "event-all-all-all"))
}

func TestSubBeginsWithTheLastValuesIfAskedTo(t *testing.T) {
	u := newUser(t)
	u.startManager()
	u.env["LOVED_PASSWORD"] = "user's"
	require.Equal(t, result{}, u.run("pub", "event", "ATDome", "summaryState", `[{"summaryState":{"value":2,"dataType":"Int","units":"unitless"}}]`))
	process := u.env["PROCESS_CONNECTION_PASS"]
	u.env["PROCESS_CONNECTION_PASS"] = ""

	sub := []string{"sub", "--user", "user", "--count", "1", "event-ATDome-0-summaryState"}
	require.Contains(t, u.mustRun("", append(sub, "--snapshot")...), `"snapshot":true`)
	require.Equal(t, noClock+"  event  ATDome:0  summaryState  (last value, its publisher has gone)\n    summaryState  ENABLED\n",
		u.mustRun("", append(sub, "--pretty")...), "by default for people")

	p := u.start(append(sub, "--pretty", "--snapshot=false", "--log-level", "info")...)
	p.waitForError(`msg=subscribed`)
	u.env["PROCESS_CONNECTION_PASS"] = process
	u.mustRun("", "pub", "event", "ATDome", "summaryState", `[{"summaryState":{"value":3}}]`)
	p.waitFor(`summaryState  FAULT`)
	require.NotContains(t, p.out.String(), "ENABLED")
}

func TestSubAsksForARate(t *testing.T) {
	u := newUser(t)
	u.startManager()
	sub := u.subscribe("--max-rate=0.01", "telemetry-A-0-s", "event-A-0-end")
	for _, value := range []string{"1", "2", "3"} {
		u.mustRun("", "pub", "telemetry", "A", "s", value)
	}
	u.mustRun("", "pub", "event", "A", "end", "true")
	sub.waitFor(`"end":true`)
	require.Contains(t, sub.out.String(), `"s":1`)
	require.NotContains(t, sub.out.String(), `"s":2`, "100 s have not passed")
	for _, rate := range []string{"0.001", "-1", "1e7", "NaN"} {
		require.Contains(t, u.mustFail(exitUsage, "", "sub", "--max-rate="+rate, "event-all-all-all"), "give 0.01 to 1000000 messages per second")
	}
}

func TestThePastIsMarkedForPeople(t *testing.T) {
	u := newUser(t)
	u.startManager("--archive", t.TempDir())
	u.mustRun("", "pub", "event", "ATDome", "state", `[{"n":{"value":7}}]`)
	u.env["LOVED_USER"], u.env["LOVED_PASSWORD"], u.env["PROCESS_CONNECTION_PASS"] = "user", "user's", ""
	require.Regexp(t, `^\d\d:\d\d:\d\d\.\d{3}  event  ATDome:0  state  \(from the archive\)\n    n  7\n`,
		u.mustRun("", "sub", "--pretty", "--snapshot=false", "--history", "1h", "--count", "1", "event-ATDome-0-state"))
}

func TestSubKnowsPatterns(t *testing.T) {
	u := newUser(t)
	u.startManager()
	sub := u.start("sub", "--log-level", "info", "event-*-*-s")
	sub.waitForError(`msg=subscribed group=event-\*-\*-s`)
	u.mustRun("", "pub", "event", "A", "other", "1")
	u.mustRun("", "pub", "event", "B:2", "s", "2")
	sub.waitFor(`"csc":"B","salindex":2,"data":\{"s":2\}`)
	require.NotContains(t, sub.out.String(), "other")
	require.Equal(t, `loved sub: "event-A*-0-s": * stands for a whole component, index or stream, not for a part of its name (see loved sub --help)`,
		u.mustFail(exitUsage, "", "sub", "event-A*-0-s"))
}

func TestSubWarnsAtOnceOfAGroupThatTheManagerDoesNotKnow(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	p := u.start("sub", "event-ATDom-0-summaryState", "telemetry-ATDome-0-position")
	p.waitForError(`^loved sub: event-ATDom-0-summaryState: this manager neither knows nor has seen a component "ATDom"; did you mean ATDome or MTDome\? ` +
		`\(loved topics shows what there is\)\n$`)
	p.waitFor(`azimuthPosition`)
	require.Equal(t, exitDone, p.stop())
	require.Equal(t, 1, strings.Count(p.errors.String(), "\n"))
}

func TestSubPrintsNumbersByTheNamesOfTheirDefinition(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	got := u.mustRun("", "sub", "--pretty", "--count", "1", "event-ATDome-0-azimuthState")
	require.Regexp(t, `\n    state +(NotInMotion|MovingCW|MovingCCW)\n`, got)
}

func TestASubscriptionBeginsWithAHistory(t *testing.T) {
	u := newUser(t)
	u.startManager("--archive", t.TempDir())
	for _, n := range []string{"1", "2", "3"} {
		require.Equal(t, result{}, u.run("pub", "event", "A", "s", n))
	}
	lines := strings.SplitAfter(u.mustRun("", "sub", "--history", "10m", "--count", "3", "event-A-0-s"), "\n")
	require.Len(t, lines, 4)
	for i, line := range lines[:3] {
		require.Contains(t, line, fmt.Sprintf(`"data":{"s":%d}}],"subscription":"event-A-0-s","history":true`, i+1))
	}
	require.Regexp(t, `^\d\d:\d\d:\d\d\.\d{3}  event  A:0  s`, u.mustRun("", "sub", "--pretty", "--snapshot=false", "--history", "10m", "--count", "1", "event-A-0-s"))
	require.Contains(t, u.mustFail(exitUsage, "", "sub", "--history=25h", "event-A-0-s"), "give a time up to 1d")
	for _, group := range []string{"event-A-0-all", "event-*-0-s", "event-all-all-all"} {
		require.Contains(t, u.mustFail(exitUsage, "", "sub", "--history=1h", group), "single streams")
	}
}
