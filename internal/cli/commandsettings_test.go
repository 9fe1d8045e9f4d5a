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

// silent is a commander whose component never answers.
type silent struct{ asked chan struct{} }

func (s silent) Execute(ctx context.Context, _ commander.Call) (love.Ack, error) {
	s.asked <- struct{}{}
	<-ctx.Done()
	return love.Ack{}, ctx.Err()
}

func TestACommandWithoutAnswerIsInTheRecordAfterARestart(t *testing.T) {
	s := silent{make(chan struct{}, 1)}
	api := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Commander: s}))
	t.Cleanup(api.Close) // after the managers have ended: it waits for their requests
	u := newUser(t)
	m, url := u.startsManager("--commander", api.URL, "--command-timeout", "0.2")
	u.env["LOVED_PASSWORD"] = "cmd_user's"
	token := strings.TrimSpace(u.types("token", "cmd_user").out)
	got := u.types("cmd", "--token", token, "MTMount", "stop")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.out, "No answer within ")
	<-s.asked
	require.Contains(t, asks(t, "GET", url+"/manager/api/commands/", token, ""), `"state":"timed_out"`)
	require.Equal(t, 0, m.stops())

	_, url = u.startsManager("--commander", api.URL)
	require.Contains(t, asks(t, "GET", url+"/manager/api/commands/?user=cmd_user", token, ""), `"state":"timed_out"`)
}

func TestAuthorityIsSwitchedOnByAFlag(t *testing.T) {
	u := newUser(t)
	c := u.starts("commander", "--sal", "sim", "--listen", "127.0.0.1:0")
	api := c.says(`LOVE commander at (\S+),`)[1]
	m, url := u.startsManager("--commander", api, "--authority", "--approval", "ATDome:*:open*,MTMount")
	u.env["LOVED_PASSWORD"] = "cmd_user's"
	token := strings.TrimSpace(u.types("token", "cmd_user").out)
	u.env["LOVED_PASSWORD"] = "admin's"
	admin := strings.TrimSpace(u.types("token", "admin").out)
	u.env["LOVED_TOKEN"] = admin
	news := u.subscribes("event-Hub-0-authority")
	require.Contains(t, asks(t, "POST", url+"/manager/api/authority/", token, `{"pattern":"ATDome","seconds":60}`), `"user":"cmd_user"`)
	news.says(`cmd_user`)
	got := u.types("cmd", "ATDome", "moveAzimuth", "azimuth=1")
	require.Contains(t, got.out, "cmd_user holds the authority over ATDome")
	got = u.types("cmd", "--token", token, "MTMount", "stop")
	require.Contains(t, got.out, "waits for a second person's approval")

	require.Equal(t, 0, m.stops())
	_, url = u.startsManager("--commander", api, "--authority")
	require.Contains(t, asks(t, "GET", url+"/manager/api/authority/", token, ""), `"pattern":"ATDome"`, "it outlives the manager")
	got = u.types("cmd", "ATDome", "moveAzimuth", "azimuth=1")
	require.Contains(t, got.out, "cmd_user holds the authority over ATDome")

	wrong := u.types("manager", "--process-password", "secret", "--approval", "a b")
	require.Equal(t, exitUsage, wrong.code)
	require.Contains(t, wrong.errors, `"a b" is not a command pattern`)
}
