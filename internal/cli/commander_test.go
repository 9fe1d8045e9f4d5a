package cli

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/sal"
)

func TestAManagerCommandsThroughACommanderInAnotherProcess(t *testing.T) {
	u := newUser(t)
	c, url := u.startCommander()
	m, _ := u.startManager("--commander", url)
	u.env["LOVED_PASSWORD"] = "cmd_user's"

	require.Equal(t, result{out: "Done\n"}, u.run("cmd", "--user", "cmd_user", "ATDome", "moveAzimuth", "azimuth=90"))
	refused := u.run("cmd", "--user", "cmd_user", "--defaults", "ATDome", "moveAzimuth", "azimut=90")
	require.Equal(t, 1, refused.code)
	require.Equal(t, "ATDome cmd_moveAzimuth has no field azimut; its fields are azimuth\n", refused.out)

	require.Equal(t, 0, c.stop())
	gone := u.run("cmd", "--user", "cmd_user", "ATDome", "moveAzimuth", "azimuth=90")
	require.Equal(t, 1, gone.code)
	require.Equal(t, 0, m.stop())
}

func TestObservingLogsComeFromTheManagersWebsocketToo(t *testing.T) {
	u := newUser(t)
	m, url := u.startManager()
	c, _ := u.startCommander("--manager", url, "--log-level", "debug")
	c.waitForError(`msg="?connected`)
	require.Equal(t, 0, c.stop())
	require.Equal(t, 0, m.stop())
}

func TestACommanderAnswersTheFrontendsPlotsFromAnArchive(t *testing.T) {
	dir := t.TempDir()
	a, err := archive.Open(archive.Config{Dir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	h := hub.New()
	defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
	recorded := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	run := a.Record(ctx, h)
	go func() { recorded <- run() }()
	require.NoError(t, h.Publish(ctx, love.Message{Category: love.CategoryTelemetry, Data: []love.Item{
		{CSC: "ATDome", Streams: []love.Stream{{Name: "position", Value: love.RawValue(`{"azimuthPosition":{"value":284.5}}`)}}},
	}}))
	require.NoError(t, a.Wait(ctx, love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position"), 1))
	require.NoError(t, a.Flush(ctx))
	cancel()
	require.ErrorIs(t, <-recorded, context.Canceled)

	u := newUser(t)
	c, url := u.startCommander("--archive", dir, "--efd", "summit_efd=http://127.0.0.1:1/x")
	post := func(instance string) (int, string) {
		body := `{"efd_instance":"` + instance + `","cscs":{"ATDome":{"0":{"position":["azimuthPosition"]}}}}`
		resp, err := http.Post(url+"/efd/top_timeseries", "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer func() { _ = resp.Body.Close() }()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(text)
	}
	status, body := post("archive")
	require.Equal(t, 200, status)
	require.Regexp(t, `^{"ATDome-0-position":{"azimuthPosition":\[{"ts":"[^"]*\+00:00","value":284.5}\]}}$`, body)
	status, body = post("summit_efd")
	require.Equal(t, 400, status)
	require.Contains(t, body, "The history is not available: the EFD: ")
	status, body = post("another")
	require.Equal(t, 400, status)
	require.JSONEq(t, `{"ack":"There is no EFD \"another\" here: known are archive, summit_efd."}`, body)
	http.DefaultClient.CloseIdleConnections()
	require.Equal(t, 0, c.stop())
}

func TestWrongUseOfTheCommander(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		env   environment
		error string
	}{
		"kafka":             {[]string{"commander"}, nil, "with --sal kafka give --sal-interfaces (TS_XML_DIR)"},
		"timeout":           {[]string{"commander", "--sal", "sim", "--command-timeout", "0"}, nil, `"0" is not a time above 0: give seconds, or a time such as 1m30s`},
		"Python's timeout":  {[]string{"commander", "--sal", "sim"}, environment{"COMMAND_TIMEOUTS": "soon"}, `COMMAND_TIMEOUTS: `},
		"an EFD":            {[]string{"commander", "--sal", "sim", "--efd", "summit"}, nil, "has no address: write summit=URL"},
		"address of a page": {[]string{"manager", "--commander", "http://x/?y", "--process-password", "long and random"}, nil, "give its base URL, such as http://commander:5000"},
		"host without port": {[]string{"manager", "--process-password", "long and random"}, environment{"COMMANDER_HOSTNAME": "x"}, "COMMANDER_HOSTNAME is set without COMMANDER_PORT"},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t)
			for k, v := range c.env {
				u.env[k] = v
			}
			r := u.run(c.args...)
			require.Equal(t, exitUsage, r.code)
			require.Contains(t, r.errors, c.error)
		})
	}
}

// commanderClient starts `loved commander` with a timeout, and returns it, a client
// and a context for requests.
func commanderClient(t *testing.T, timeout string) (*process, *commanderhttp.Client, context.Context) {
	u := newUser(t)
	u.env["COMMAND_TIMEOUTS"] = timeout
	c, url := u.startCommander()
	h, err := commanderhttp.New(url)
	require.NoError(t, err)
	t.Cleanup(h.Close)
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	t.Cleanup(cancel)
	return c, h, ctx
}

// The tests of package commanderhttp check what the API answers; this one, that
// `loved commander` serves it.
func TestCommanderServesItsAPI(t *testing.T) {
	c, h, ctx := commanderClient(t, "20")
	ack, err := h.WriteObservingLog(ctx, love.ObservingLog{User: "ana", Message: "x"})
	require.NoError(t, err)
	require.Equal(t, "Added new observing log to SAL", ack.Text)
	names, err := h.TopicNames(ctx, "command")
	require.NoError(t, err)
	require.Contains(t, string(names), `"moveAzimuth"`)
	_, err = h.Heartbeat(ctx)
	require.NoError(t, err)
	require.Equal(t, 0, c.stop())
}

func TestASimulatedObservatoryHasOnlyTheCommandersLOVECSC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, csc, err := new(app).openAsLOVE(t.Context(), &salFlags{bus: oneOf("sim")}, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		defer bus.close()
		screen, err := bus.domain.Remote(t.Context(), lovecsc.Component, 0)
		require.NoError(t, err)
		var logs []string
		_, err = screen.Subscribe("evt_observingLog", func(s *sal.Sample) { logs = append(logs, s.Text("message")) })
		require.NoError(t, err)
		require.NoError(t, bus.run(t.Context(), csc.Run, func(ctx context.Context) error {
			time.Sleep(time.Minute)
			_, err := csc.WriteObservingLog(ctx, love.ObservingLog{User: "ana", Message: "clouds"})
			synctest.Wait()
			return err
		}))
		require.Equal(t, []string{"clouds"}, logs)
	})
}

// See docs/protocol/commander.md#commands: a command waits COMMAND_TIMEOUTS seconds.
func TestCommandTimeoutsBoundTheWaitForAComponent(t *testing.T) {
	c, h, ctx := commanderClient(t, "0.2")
	_, err := h.Execute(ctx, commander.Call{Command: love.Command{CSC: "Script", SalIndex: 77, Name: "cmd_stop", Identity: "ana@host"}}) // no component has the index
	require.ErrorContains(t, err, "Command time out. No ack received from component.")
	require.Equal(t, 504, commanderhttp.Status(err))
	require.Equal(t, 0, c.stop())
}
