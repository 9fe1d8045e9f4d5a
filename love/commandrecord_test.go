package love_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestCommandEntryAsJSON(t *testing.T) {
	e := love.CommandEntry{
		ID: "1", Time: time.Unix(0, 0).UTC(), CSC: "X", Command: "cmd_x", Params: json.RawMessage(`{}`),
		CommandOutcome: love.CommandOutcome{State: love.CommandPending},
	}
	text, err := json.Marshal(e)
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"1","time":"1970-01-01T00:00:00Z","user":"","identity":"","address":"","manager":"","approved_by":"","csc":"X","salindex":0,
		"cmd":"cmd_x","params":{},"state":"pending","status":0,"code":0,"result":"","duration":null}`, string(text))

	e.CommandOutcome = love.CommandOutcome{State: love.CommandDone, Duration: 1633091 * time.Microsecond, ApprovedBy: "ben"}
	text, err = json.Marshal(e)
	require.NoError(t, err)
	require.Contains(t, string(text), `"duration":1.633091}`)
	var read love.CommandEntry
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, e, read)

	e.Params = json.RawMessage(`[NaN`)
	text, err = json.Marshal(e)
	require.NoError(t, err)
	require.Contains(t, string(text), `"params":"[NaN"`)
}

func TestOnlyAwaitingAndPendingAreNotFinal(t *testing.T) {
	for _, s := range love.CommandStates() {
		require.Equal(t, s != love.CommandAwaiting && s != love.CommandPending, s.Final(), s)
	}
}

func TestAPageHasABoundedNumberOfCommands(t *testing.T) {
	for limit, want := range map[int]int{-1: 100, 0: 100, 1: 1, 1000: 1000, 1001: 1000} {
		require.Equal(t, want, love.CommandFilter{Limit: limit}.PageSize(), limit)
	}
}
