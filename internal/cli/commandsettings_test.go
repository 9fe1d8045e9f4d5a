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

// silentCommander is a commander whose component never answers.
type silentCommander struct{ asked chan struct{} }

func (s silentCommander) Execute(ctx context.Context, _ commander.Call) (love.Ack, error) {
	s.asked <- struct{}{}
	<-ctx.Done()
	return love.Ack{}, ctx.Err()
}

func TestACommandWithoutAnswerIsInTheRecordAfterARestart(t *testing.T) {
	s := silentCommander{make(chan struct{}, 1)}
	api := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Commander: s}))
	t.Cleanup(api.Close) // after the managers have ended: it waits for their requests
	u := newUser(t)
	m, url := u.startManager("--commander", api.URL, "--command-timeout", "0.2")
	u.env["LOVED_PASSWORD"] = "cmd_user's"
	token := strings.TrimSpace(u.run("token", "cmd_user").out)
	got := u.run("cmd", "--token", token, "MTMount", "stop")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.out, "No answer within ")
	<-s.asked
	require.Contains(t, request(t, "GET", url+"/manager/api/commands/", token, ""), `"state":"timed_out"`)
	require.Equal(t, 0, m.stop())

	_, url = u.startManager("--commander", api.URL)
	require.Contains(t, request(t, "GET", url+"/manager/api/commands/?user=cmd_user", token, ""), `"state":"timed_out"`)
}

func TestAFlagSwitchesAuthorityOn(t *testing.T) {
	u := newUser(t)
	_, api := u.startCommander()
	m, url := u.startManager("--commander", api, "--authority", "--approval", "ATDome:*:open*,MTMount")
	u.env["LOVED_PASSWORD"] = "cmd_user's"
	token := strings.TrimSpace(u.run("token", "cmd_user").out)
	u.env["LOVED_PASSWORD"] = "admin's"
	admin := strings.TrimSpace(u.run("token", "admin").out)
	u.env["LOVED_TOKEN"] = admin
	events := u.subscribe("event-Hub-0-authority")
	require.Contains(t, request(t, "POST", url+"/manager/api/authority/", token, `{"pattern":"ATDome","seconds":60}`), `"user":"cmd_user"`)
	events.waitFor(`cmd_user`)
	got := u.run("cmd", "ATDome", "moveAzimuth", "azimuth=1")
	require.Contains(t, got.out, "cmd_user holds the authority over ATDome")
	got = u.run("cmd", "--token", token, "MTMount", "stop")
	require.Contains(t, got.out, "waits for a second person's approval")

	require.Equal(t, 0, m.stop())
	_, url = u.startManager("--commander", api, "--authority")
	require.Contains(t, request(t, "GET", url+"/manager/api/authority/", token, ""), `"pattern":"ATDome"`, "authority survives a restart")
	got = u.run("cmd", "ATDome", "moveAzimuth", "azimuth=1")
	require.Contains(t, got.out, "cmd_user holds the authority over ATDome")

	wrong := u.run("manager", "--process-password", "long and random", "--approval", "a b")
	require.Equal(t, exitUsage, wrong.code)
	require.Contains(t, wrong.errors, `"a b" is not a command pattern`)
}
