package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACommandToAComponentWithInstancesNamesOne(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	for _, instance := range []string{"1", "2"} {
		u.mustRun("", "sub", "--count", "1", "telemetry-MTHexapod-"+instance+"-application")
	}
	got := u.run("cmd", "--defaults", "MTHexapod", "stop")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.errors, "loved cmd: MTHexapod has instances, of which the manager has seen 1, 2; nothing was sent: write which, as in MTHexapod:1")
	got = u.run("cmd", "--timeout", "0.1", "MTHexapod:7", "stop")
	require.Contains(t, got.errors, "warning: this manager has seen no instance 7 of MTHexapod, only 1, 2\n")
	require.Zero(t, u.run("cmd", "MTHexapod:1", "stop").code)
}

func TestACommandWithAFieldLeftOutIsNotSent(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	for want, args := range map[string][]string{
		"ATDome moveAzimuth leaves out azimuth (float, deg); nothing was sent: give azimuth=VALUE, or --defaults to send azimuth=0": {"ATDome", "moveAzimuth"},
		"ATDome moveAzimuth has no field azimut, and leaves out azimuth (float, deg); nothing was sent: " +
			"give azimuth=VALUE, or --defaults to send azimuth=0": {"ATDome:0", "cmd_moveAzimuth", "azimut=90"},
		"ScriptQueue:1 move leaves out scriptSalIndex (int), locationSalIndex (int); nothing was sent: " +
			"give FIELD=VALUE for each, or --defaults to send 0, false or an empty text for them": {"ScriptQueue:1", "move", "location=1"},
	} {
		require.Equal(t, result{code: exitUsage, errors: "loved cmd: " + want + " (see loved cmd --help)\n"}, u.run(append([]string{"cmd"}, args...)...))
	}
	require.NotContains(t, u.mustRun("", "commands"), "moveAzimuth", "the manager was not even asked to")

	require.Equal(t, result{out: "Done\n"}, u.run("cmd", "--defaults", "ATDome", "moveAzimuth"))
	require.Equal(t, result{out: "Done\n"}, u.run("cmd", "--defaults", "ATDome", "stopMotion"))
	require.Equal(t, result{out: "Done\n"}, u.run("cmd", "ATDome", "stopMotion"))
}

func TestADryRunNamesWhatWouldBeFilledIn(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	const checked = "The command is in order; it was not sent. Left out, so it would be sent with: azimuth=0 deg.\n"
	require.Equal(t, result{out: checked}, u.run("cmd", "--dry-run", "--defaults", "ATDome", "moveAzimuth"))
	got := u.run("cmd", "--dry-run", "ATDome", "moveAzimuth")
	require.Equal(t, checked, got.out)
	require.Equal(t, exitUsage, got.code, "without --defaults it would not be sent")
	require.Contains(t, got.errors, "leaves out azimuth (float, deg)")
}

// definitionsAnd answers definitions with a status and a text, and everything else with
// an acknowledgement.
func definitionsAnd(t *testing.T, status int, definitions, ack string) (url string, commands *int) {
	commands = new(int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, definitions)
			return
		}
		*commands++
		_, _ = io.WriteString(w, `{"ack":"`+ack+`"}`)
	}))
	t.Cleanup(s.Close)
	return s.URL, commands
}

func TestACommandWhoseFieldsAreNotKnownIsSentWithAWarning(t *testing.T) {
	const warning = "whether Cabinet set leaves out a field could not be checked: the manager does not know its fields\n"
	for status, definitions := range map[int]string{
		503: `{"ack":"no commander"}`, 501: `{"ack":"no definitions"}`, 404: `{"detail":"Not found."}`, 200: `{"ATDome":{"command_data":{"set":{"x":{}}}}}`,
	} {
		url, commands := definitionsAnd(t, status, definitions, "Done")
		args := []string{"cmd", "--manager", url, "--token", "t", "Cabinet", "set"}
		require.Equal(t, result{out: "Done\n", errors: warning}, newUser(t).run(args...), status)
		require.Equal(t, result{out: "Done\n"}, newUser(t).run(append(args, "--defaults")...), status)
		require.Equal(t, 2, *commands)
	}
}

func TestACommandWhoseFieldsCannotBeCheckedAtTheMomentIsNotSent(t *testing.T) {
	for status, definitions := range map[int]string{502: `{"ack":"The commander broke off."}`, 200: `<html>`} {
		url, commands := definitionsAnd(t, status, definitions, "Done")
		args := []string{"cmd", "--manager", url, "--token", "t", "ATDome", "moveAzimuth"}
		got := newUser(t).run(args...)
		require.Equal(t, exitFailure, got.code)
		require.Contains(t, got.errors, "whether ATDome moveAzimuth leaves out a field could not be checked: ")
		require.Contains(t, got.errors, "nothing was sent: try again, or give --defaults")
		require.Zero(t, *commands)
		require.Equal(t, result{out: "Done\n"}, newUser(t).run(append(args, "--defaults")...))
	}
}

func TestTheTimeoutAlsoBoundsTheQuestionForTheFields(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(s.Close)
	got := newUser(t).run("cmd", "--timeout", "0.02", "--manager", s.URL, "--token", "t", "ATDome", "moveAzimuth")
	require.Equal(t, result{code: exitFailure, errors: "loved cmd: no answer in time to what fields ATDome moveAzimuth has; nothing was sent\n"}, got)
}

// A commander that cannot check does not name what would be filled in.
func TestADryRunThatIsNotCheckedNamesWhatWouldBeFilledIn(t *testing.T) {
	url, _ := definitionsAnd(t, 200, `{"ATDome":{"command_data":{"moveAzimuth":{"azimuth":{"type_name":"double","units":"deg","count":1}}}}}`,
		"You may send the command; this commander cannot check its parameters. It was not sent.")
	got := newUser(t).run("cmd", "--dry-run", "--defaults", "--manager", url, "--token", "t", "ATDome", "moveAzimuth")
	require.Equal(t, exitDone, got.code)
	require.Contains(t, got.out, "It was not sent. Left out, so it would be sent with: azimuth=0 deg.\n")
}

func TestSALPublishRefusesACommandWithAFieldLeftOut(t *testing.T) {
	u := newUser(t)
	got := u.run("sal", "publish", "--sal", "sim", "ATDome", "cmd_moveAzimuth")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.errors, "ATDome cmd_moveAzimuth leaves out azimuth (float, deg); nothing was sent: give azimuth=VALUE, or --defaults to send azimuth=0")
	require.Equal(t, result{out: "ATDome cmd_moveAzimuth: Done\n"}, u.run("sal", "publish", "--sal", "sim", "--defaults", "ATDome", "cmd_moveAzimuth"))
}
