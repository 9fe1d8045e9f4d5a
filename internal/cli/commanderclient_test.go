package cli

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheCommandersAddressCanComeFromThePythonVariables(t *testing.T) {
	asked := make(chan string, 1)
	stub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cmd/":
			asked <- r.Method
		case "/salinfo/topic-data":
			_, _ = w.Write([]byte(`{"X":{"command_data":{"start":{}}}}`))
			return
		}
		_, _ = w.Write([]byte(`{"ack":"Done","timestamp":1}`))
	}))
	defer stub.Close()
	u := newUser(t)
	host, port, _ := strings.Cut(strings.TrimPrefix(stub.URL, "http://"), ":")
	u.env["COMMANDER_HOSTNAME"], u.env["COMMANDER_PORT"] = host, port
	m, _ := u.startManager()
	u.env["LOVED_PASSWORD"] = "admin's"
	require.Equal(t, result{out: "Done\n"}, u.run("cmd", "--user", "admin", "X:1", "start"))
	require.Equal(t, "POST", <-asked)
	require.Equal(t, 0, m.stop())
}

// See docs/protocol/manager.md#heartbeats.
func TestTheCommandersHeartbeatIsQueriedUnlessSwitchedOff(t *testing.T) {
	for query, commanders := range map[string]string{
		"true":  `,\{"csc":"Commander","salindex":0,"data":\{"timestamp":1690852639\.85\}\}`,
		"false": ``,
	} {
		t.Run(query, func(t *testing.T) {
			var asked atomic.Bool
			stub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Store(true)
				_, _ = w.Write([]byte(`{"timestamp": 1690852639.85}`))
			}))
			defer stub.Close()
			u := newUser(t)
			u.env["HEARTBEAT_QUERY_COMMANDER"] = query
			m, _ := u.startManager("--commander", stub.URL)
			sub := u.subscribe("heartbeat-manager-0-stream")
			sub.waitFor(`"data":\[\{"csc":"Manager","salindex":0,"data":\{"timestamp":[0-9.]+\}\}` + commanders + `\]`)
			require.Equal(t, commanders != "", asked.Load())
			require.Equal(t, 0, sub.stop())
			require.Equal(t, 0, m.stop())
		})
	}
}
