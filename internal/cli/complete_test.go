package cli

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// completes is what the shell offers for the last of the arguments.
func (u *user) completes(args ...string) []string {
	return u.completesAs(append([]string{"cmd"}, args...)...)
}

// completesAs is what it offers for those of any command.
func (u *user) completesAs(args ...string) []string {
	r := u.types(append([]string{"__completeNoDesc"}, args...)...)
	require.Equal(u.t, 0, r.code, r.errors)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	require.True(u.t, strings.HasPrefix(lines[len(lines)-1], ":"), r.out)
	return lines[:len(lines)-1]
}

func TestNamesOfComponentsCommandsAndFieldsAreCompleted(t *testing.T) {
	u := newUser(t)
	require.Empty(t, u.completes("AT"), "without a manager there is nothing to offer")
	u.startsDemo()
	require.Contains(t, u.completes("AT"), "ATDome")
	require.NotContains(t, u.completes("AT"), "MTMount")
	require.Equal(t, []string{"moveAzimuth"}, u.completes("ATDome", "moveA"))
	require.Equal(t, []string{"cmd_moveAzimuth"}, u.completes("ATDome:0", "cmd_moveA"))
	require.Equal(t, []string{"azimuth="}, u.completes("ATDome", "moveAzimuth", ""))
	require.Empty(t, u.completes("ATDome", "moveAzimuth", "azimuth=1", ""))
	require.Empty(t, u.completes("Nothing", ""))
	require.Empty(t, u.completes("--user", "admin", "AT"), "nobody is asked for a password")
	require.Equal(t, []string{"MTHexapod:"}, u.completes("MTHex"), "an index has to follow")
	require.Contains(t, u.types("__complete", "cmd", "MTHex").errors, "NoSpace")
	require.NotContains(t, u.types("__complete", "cmd", "ATDo").errors, "NoSpace")
}

func TestACommandCanBeTriedDry(t *testing.T) {
	u := newUser(t)
	u.startsDemo()
	require.Equal(t, result{out: "The command is in order; it was not sent.\n"}, u.types("cmd", "--dry-run", "ATDome", "moveAzimuth", "azimuth=90"))
	wrong := u.types("cmd", "--dry-run", "ATDome", "moveAzimuth", "azimut=90")
	require.Equal(t, exitFailure, wrong.code)
	require.Contains(t, wrong.out, "ATDome cmd_moveAzimuth has no field azimut")
	token := strings.TrimSpace(u.types("token", "user").out)
	forbidden := u.types("cmd", "--dry-run", "--token", token, "ATDome", "moveAzimuth", "azimuth=90")
	require.Equal(t, exitFailure, forbidden.code)
	require.Contains(t, forbidden.out, "not allowed to command")
}

// patient is a commander whose component reports progress.
type patient struct{}

func (patient) Execute(ctx context.Context, _ commander.Call) (love.Ack, error) {
	commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 12.5})
	commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Result: "half way"})
	return love.Ack{Text: love.Done}, nil
}

func TestProgressIsShownBesideTheAnswer(t *testing.T) {
	api := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Commander: patient{}}))
	defer api.Close()
	u := newUser(t)
	m, _ := u.startsManager("--commander", api.URL)
	u.env["LOVED_PASSWORD"] = "cmd_user's"
	require.Equal(t, result{
		out: "Done\n", errors: "CMD_INPROGRESS (about 12.5s longer)\nCMD_INPROGRESS: half way\n",
	}, u.types("cmd", "--user", "cmd_user", "MTMount", "moveToTarget"))
	require.Equal(t, 0, m.stops())
}
