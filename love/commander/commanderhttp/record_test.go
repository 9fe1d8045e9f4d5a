package commanderhttp_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/record"
)

// A recorder over a client, both with their defaults, as the package example of
// commander shows them.
func TestFault_AnAnswerAfterTheTimeoutIsRecordedAsLate(t *testing.T) {
	sent := 0
	withAPI(t, pythonCommander(afterBody(func(w http.ResponseWriter, r *http.Request) {
		sent++
		time.Sleep(time.Minute)
		respondWith(200, `{"ack": "Done", "code": 303}`)(w, r)
	})), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		recorder := record.New(c, record.NewMemory(0), record.WithStatus(commanderhttp.Status))
		outcome := func() love.CommandOutcome {
			entries, err := recorder.List(t.Context(), love.CommandFilter{})
			require.NoError(t, err)
			require.Len(t, entries, 1)
			return entries[0].CommandOutcome
		}
		_, err := execute(t, recorder)
		r := commanderhttp.ResponseOf(love.Ack{}, err)
		require.Equal(t, 504, r.Status)
		require.Contains(t, string(r.Body), "No answer within 15s.")
		require.Equal(t, love.CommandTimedOut, outcome().State)

		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, love.CommandOutcome{State: love.CommandLate, Status: 200, Code: 303, Result: "Done", Duration: time.Minute}, outcome())
		require.Equal(t, 1, sent)
		recorder.Close(t.Context())
	})
}

func TestClient_TheStatusOfTheCommanderIsRecorded(t *testing.T) {
	for status, want := range map[int]love.CommandState{
		200: love.CommandFailed, 400: love.CommandRefused, 403: love.CommandRefused, 501: love.CommandRefused, 503: love.CommandRefused,
		500: love.CommandUnknown, 504: love.CommandTimedOut,
	} {
		withAPI(t, pythonCommander(respondWith(status, `{"ack":"why","code":-302}`)), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
			recorder := record.New(c, record.NewMemory(0), record.WithStatus(commanderhttp.Status))
			_, _ = execute(t, recorder)
			entries, err := recorder.List(t.Context(), love.CommandFilter{})
			require.NoError(t, err)
			require.Equal(t, love.CommandOutcome{State: want, Status: status, Code: -302, Result: "why"}, entries[0].CommandOutcome)
			recorder.Close(context.Background())
		})
	}
}
