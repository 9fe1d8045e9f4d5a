package cli

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/sal"
)

func TestManagerCommandsThroughACommanderOfItsOwnProcess(t *testing.T) {
	u := newUser(t)
	c := u.starts("commander", "--sal", "sim", "--listen", "127.0.0.1:0")
	url := c.says(`LOVE commander at (\S+),`)[1]
	m, _ := u.startsManager("--commander", url)
	u.env["LOVED_PASSWORD"] = "cmd_user's"

	require.Equal(t, result{out: "Done\n"}, u.types("cmd", "--user", "cmd_user", "ATDome", "moveAzimuth", "azimuth=90"))
	refused := u.types("cmd", "--user", "cmd_user", "ATDome", "moveAzimuth", "azimut=90")
	require.Equal(t, 1, refused.code)
	require.Equal(t, "ATDome cmd_moveAzimuth has no field azimut; its fields are azimuth\n", refused.out)

	require.Equal(t, 0, c.stops())
	gone := u.types("cmd", "--user", "cmd_user", "ATDome", "moveAzimuth", "azimuth=90")
	require.Equal(t, 1, gone.code)
	require.Equal(t, 0, m.stops())
}

func TestObservingLogsComeFromTheManagersWebsocketToo(t *testing.T) {
	u := newUser(t)
	m, url := u.startsManager()
	c := u.starts("commander", "--sal", "sim", "--listen", "127.0.0.1:0", "--manager", url, "--log-level", "debug")
	c.says(`LOVE commander at`)
	c.reports(`msg="?connected`)
	require.Equal(t, 0, c.stops())
	require.Equal(t, 0, m.stops())
}

func TestCommanderIsFoundWhereThePythonSystemSays(t *testing.T) {
	asked := make(chan string, 1)
	stub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cmd/" {
			asked <- r.Method
		}
		_, _ = w.Write([]byte(`{"ack":"Done","timestamp":1}`))
	}))
	defer stub.Close()
	u := newUser(t)
	host, port, _ := strings.Cut(strings.TrimPrefix(stub.URL, "http://"), ":")
	u.env["COMMANDER_HOSTNAME"], u.env["COMMANDER_PORT"] = host, port
	m, _ := u.startsManager()
	u.env["LOVED_PASSWORD"] = "admin's"
	require.Equal(t, result{out: "Done\n"}, u.types("cmd", "--user", "admin", "X:1", "start"))
	require.Equal(t, "POST", <-asked)
	require.Equal(t, 0, m.stops())
}

func TestCommandersWrongUse(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		env   environment
		error string
	}{
		"kafka":             {[]string{"commander"}, nil, "with --sal kafka give --sal-interfaces (TS_XML_DIR)"},
		"time-out":          {[]string{"commander", "--sal", "sim", "--command-timeout", "0"}, nil, `"0" is no time above 0: give seconds, or a time such as 1m30s`},
		"time-out of old":   {[]string{"commander", "--sal", "sim"}, environment{"COMMAND_TIMEOUTS": "soon"}, `environment variable COMMAND_TIMEOUTS`},
		"address of a page": {[]string{"manager", "--commander", "http://x/?y", "--process-password", "secret"}, nil, "give its base URL, such as http://commander:5000"},
		"host without port": {[]string{"manager", "--process-password", "secret"}, environment{"COMMANDER_HOSTNAME": "x"}, "COMMANDER_HOSTNAME is set without COMMANDER_PORT"},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t)
			for k, v := range c.env {
				u.env[k] = v
			}
			r := u.types(c.args...)
			require.Equal(t, exitUsage, r.code)
			require.Contains(t, r.errors, c.error)
		})
	}
}

func TestSpanIsSecondsOrATime(t *testing.T) {
	for text, want := range map[string]string{"10": "10s", "0.5": "500ms", "1m30s": "1m30s", "1e3": "16m40s"} {
		var s span
		require.NoError(t, s.Set(text))
		require.Equal(t, want, s.String())
	}
	for _, bad := range []string{"", "x", "-1", "0", "-5s", "NaN", "1e300"} {
		var s span
		require.Error(t, s.Set(bad), bad)
	}
}

// startsCommander starts `loved commander` over a simulated bus, with a client
// and a context for what is asked of it.
func startsCommander(t *testing.T, timeouts string) (*process, *commanderhttp.Client, context.Context) {
	u := newUser(t)
	u.env["COMMAND_TIMEOUTS"] = timeouts
	c := u.starts("commander", "--sal", "sim", "--listen", "127.0.0.1:0")
	h, err := commanderhttp.New(c.says(`LOVE commander at (\S+),`)[1])
	require.NoError(t, err)
	t.Cleanup(h.Close)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return c, h, ctx
}

// The tests of package commander say what the API answers; this one says that
// `loved commander` serves it.
func TestCommanderServesItsAPI(t *testing.T) {
	c, h, ctx := startsCommander(t, "20")
	ack, err := h.WriteObservingLog(ctx, love.ObservingLog{User: "ana", Message: "x"})
	require.NoError(t, err)
	require.Equal(t, "Added new observing log to SAL", ack.Text)
	names, err := h.TopicNames(ctx, "command")
	require.NoError(t, err)
	require.Contains(t, string(names), `"moveAzimuth"`)
	_, err = h.Heartbeat(ctx)
	require.NoError(t, err)
	require.Equal(t, 0, c.stops())
}

func TestTheCommandersIsTheOnlyLOVECSCOfASimulatedObservatory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, csc, err := new(app).openAsLOVE(t.Context(), &salFlags{bus: oneOf("sim")}, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		defer bus.close()
		screen, err := bus.domain.Remote(t.Context(), lovecsc.Component, 0)
		require.NoError(t, err)
		var logs []string
		_, err = screen.Subscribe("evt_observingLog", func(s *sal.Sample) { logs = append(logs, s.Text("message")) })
		require.NoError(t, err)
		require.NoError(t, bus.with(t.Context(), csc.Run, func(ctx context.Context) error {
			time.Sleep(time.Minute)
			_, err := csc.WriteObservingLog(ctx, love.ObservingLog{User: "ana", Message: "clouds"})
			synctest.Wait()
			return err
		}))
		require.Equal(t, []string{"clouds"}, logs)
	})
}
