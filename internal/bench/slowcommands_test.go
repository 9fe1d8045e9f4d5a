package bench_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
)

func TestCommandsAreUnderWayWhileALoadRuns(t *testing.T) {
	commander, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var given, ended atomic.Int32
	manager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Token secret" && r.URL.Path == "/manager/api/cmd/" {
			given.Add(1)
		}
		answer, err := http.Post("http://"+commander.Addr().String()+"/cmd/", "application/json", r.Body)
		if err == nil {
			answer.Body.Close()
			w.WriteHeader(answer.StatusCode)
		}
		ended.Add(1)
	}))
	defer manager.Close()
	defer http.DefaultClient.CloseIdleConnections()
	s := bench.NewSlowCommands(commander, manager.URL+"/manager/api/cmd/", "secret", 3)
	defer s.Close()

	r, err := bench.InterleavedRuns{Load: small(start(t)), Runs: 1, Disturbance: s.Disturbance()}.Run(t.Context(), func(_ bench.Report, disturbed bool) {
		if disturbed {
			require.EqualValues(t, 3, ended.Load(), "all are answered after the run")
		}
	})
	require.NoError(t, err)
	require.EqualValues(t, 3, given.Load())
	require.Contains(t, r.String(), "with    3 commands under way: p99")

}

func TestCommandsThatAreAnsweredTooEarlyAreAnError(t *testing.T) {
	for name, c := range map[string]struct {
		manager http.HandlerFunc
		want    string
	}{
		"a manager that refuses them":      {http.NotFound, "a command was answered with 404"},
		"a manager with another commander": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"ack":"Done"}`)) }, "does the manager use it?"},
	} {
		t.Run(name, func(t *testing.T) {
			manager := httptest.NewServer(c.manager)
			defer manager.Close()
			commander, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			s := bench.NewSlowCommands(commander, manager.URL, "secret", 3)
			defer s.Close()
			_, err = bench.InterleavedRuns{Load: small(start(t)), Runs: 1, Disturbance: s.Disturbance()}.Run(t.Context(), nil)
			require.ErrorContains(t, err, "3 commands under way: a command was answered ")
			require.ErrorContains(t, err, c.want)
		})
	}
}
