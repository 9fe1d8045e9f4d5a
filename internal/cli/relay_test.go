package cli

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// See docs/protocol/commander.md#commands: a command waits COMMAND_TIMEOUTS seconds.
func TestCommandTimeoutsBoundTheWaitForAComponent(t *testing.T) {
	c, h, ctx := startsCommander(t, "0.2")
	_, err := h.Execute(ctx, commander.Call{Command: love.Command{CSC: "Script", SalIndex: 77, Name: "cmd_stop", Identity: "ana@host"}}) // nobody's index
	require.ErrorContains(t, err, "Command time out. No ack received from component.")
	require.Equal(t, 504, commanderhttp.Status(err))
	require.Equal(t, 0, c.stops())
}

// See docs/protocol/manager.md#heartbeats.
func TestCommanderIsAskedForItsHeartbeatUnlessTheEnvironmentSaysNot(t *testing.T) {
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
			m, _ := u.startsManager("--commander", stub.URL)
			sub := u.subscribes("heartbeat-manager-0-stream")
			sub.says(`"data":\[\{"csc":"Manager","salindex":0,"data":\{"timestamp":[0-9.]+\}\}` + commanders + `\]`)
			require.Equal(t, commanders != "", asked.Load())
			require.Equal(t, 0, sub.stops())
			require.Equal(t, 0, m.stops())
		})
	}
}

// See docs/protocol/manager.md#commands.
func TestAnyOtherKindOfPermissionToCommandIsRefusedAtTheStart(t *testing.T) {
	u := newUser(t)
	u.env["COMMANDING_PERMISSION_TYPE"] = "everybody"
	r := u.types("manager", "--process-password", "a good one")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errors, "COMMANDING_PERMISSION_TYPE")
}
