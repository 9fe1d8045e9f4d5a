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

func TestNamesOfComponentsCommandsAndFieldsAreCompleted(t *testing.T) {
	u := newUser(t)
	require.Empty(t, u.cmdCompletions("AT"), "without a manager there is nothing to offer")
	u.startDemo()
	require.Contains(t, u.cmdCompletions("AT"), "ATDome")
	require.NotContains(t, u.cmdCompletions("AT"), "MTMount")
	require.Equal(t, []string{"moveAzimuth"}, u.cmdCompletions("ATDome", "moveA"))
	require.Equal(t, []string{"cmd_moveAzimuth"}, u.cmdCompletions("ATDome:0", "cmd_moveA"))
	require.Equal(t, []string{"azimuth="}, u.cmdCompletions("ATDome", "moveAzimuth", ""))
	require.Empty(t, u.cmdCompletions("ATDome", "moveAzimuth", "azimuth=1", ""))
	require.Empty(t, u.cmdCompletions("Nothing", ""))
	require.Contains(t, u.cmdCompletions("--user", "admin", "AT"), "ATDome", "the demo's users need no password")
	require.Empty(t, u.cmdCompletions("--user", "nobody", "AT"), "no password is asked for")
	require.Equal(t, []string{"MTHexapod:"}, u.cmdCompletions("MTHex"), "an index must follow")
	require.Contains(t, u.run("__complete", "cmd", "MTHex").errors, "NoSpace")
	require.NotContains(t, u.run("__complete", "cmd", "ATDo").errors, "NoSpace")
}

func TestADryRunChecksACommand(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	require.Equal(t, result{out: "The command is in order; it was not sent.\n"}, u.run("cmd", "--dry-run", "ATDome", "moveAzimuth", "azimuth=90"))
	wrong := u.run("cmd", "--dry-run", "ATDome", "moveAzimuth", "azimut=90")
	require.Equal(t, exitFailure, wrong.code)
	require.Contains(t, wrong.out, "ATDome cmd_moveAzimuth has no field azimut")
	token := strings.TrimSpace(u.run("token", "user").out)
	forbidden := u.run("cmd", "--dry-run", "--token", token, "ATDome", "moveAzimuth", "azimuth=90")
	require.Equal(t, exitFailure, forbidden.code)
	require.Contains(t, forbidden.out, "not allowed to command")
}

// progressCommander is a commander whose component reports progress.
type progressCommander struct{}

func (progressCommander) Execute(ctx context.Context, _ commander.Call) (love.Ack, error) {
	commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 12.5})
	commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Result: "half way"})
	return love.Ack{Text: love.Done}, nil
}

func TestProgressIsShownBesideTheAnswer(t *testing.T) {
	api := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Commander: progressCommander{}}))
	defer api.Close()
	u := newUser(t)
	m, _ := u.startManager("--commander", api.URL)
	u.env["LOVED_PASSWORD"] = "cmd_user's"
	require.Equal(t, result{
		out: "Done\n", errors: "CMD_INPROGRESS (about 12.5s longer)\nCMD_INPROGRESS: half way\n" +
			"whether MTMount moveToTarget leaves out a field could not be checked: the manager does not know its fields\n",
	}, u.run("cmd", "--user", "cmd_user", "MTMount", "moveToTarget"))
	require.Equal(t, 0, m.stop())
}
