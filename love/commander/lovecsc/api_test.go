package lovecsc_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/sal"
)

// post makes the request of the Python manager to a commander's API with this
// LOVE CSC, and returns the status and the ack.
func post(t *testing.T, c *lovecsc.CSC, path, body string) (status int, ack string) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	commanderhttp.NewHandler(commanderhttp.Backend{Logbook: c}).ServeHTTP(w, r)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var answer struct{ Ack *string }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.NotNil(t, answer.Ack)
	return w.Code, *answer.Ack
}

// See docs/protocol/commander.md#observing-log.
func TestAPI_AnObservingLogIsAnEventOfItsWriter(t *testing.T) {
	withCSC(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, events <-chan *sal.Sample) {
		for body, message := range map[string]string{
			`{"user": "ana", "message": "a\u00f1, añ \"NaN\"\n"}`:       "añ, añ \"NaN\"\n",
			`{"message":"","user":"ana"}`:                               "",
			` {"user":"ana","message":"x","User":"admin","extra":[1]} `: "x", // other keys are ignored
		} {
			for range 2 { // a repeated text is two events
				status, ack := post(t, c, "/lovecsc/observinglog", body)
				require.Equal(t, 200, status, body)
				require.Equal(t, "Added new observing log to SAL", ack)
				s := <-events
				require.Equal(t, "ana", s.Text("user"), "the body names the user")
				require.Equal(t, "ana", s.Identity())
				require.Equal(t, message, s.Text("message"))
			}
		}
		synctest.Wait()
		require.Empty(t, events)
	})
}

func TestAPI_AnswersAnInvalidObservingLogWith400(t *testing.T) {
	const keys = "Request must have JSON data with the following keys: user, message. Received "
	withCSC(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, events <-chan *sal.Sample) {
		for _, body := range []string{
			`{"user":"ana"}`, `{"message":"x"}`, `{"USER":"ana","message":"x"}`, `{}`, `[]`, `null`, `"x"`, `{"user":"ana"`,
			`{"user":"ana","message":1}`, `{"user":null,"message":"x"}`, `{"user":"ana","message":NaN}`, `{"user":"ana","message":["x"]}`,
		} {
			status, ack := post(t, c, "/lovecsc/observinglog", body)
			require.Equal(t, 400, status, body)
			require.Equal(t, keys+body, ack)
		}
		status, ack := post(t, c, "/lovecsc/observinglog", "")
		require.Equal(t, 400, status)
		require.Equal(t, keys+"an empty body", ack)
		status, ack = post(t, c, "/lovecsc/observinglog", `{"user":1,"message":"`+strings.Repeat("x", 1<<20)+`"}`)
		require.Equal(t, 400, status)
		require.Less(t, len(ack), 300, "only the beginning is sent back")
		status, _ = post(t, c, "/lovecsc/observinglog/", `{"user":"ana","message":"x"}`)
		require.Equal(t, 404, status, "the path has no slash at its end")
		synctest.Wait()
		require.Empty(t, events)
	})
}

func TestAPI_Answers400WithoutSAL(t *testing.T) {
	withCSC(t, "evt_observingLog", func(t *testing.T, c *lovecsc.CSC, _ <-chan *sal.Sample) {
		require.NoError(t, c.Close())
		status, ack := post(t, c, "/lovecsc/observinglog", `{"user":"ana","message":"x"}`)
		require.Equal(t, 400, status)
		require.Equal(t, "LOVE CSC could not stablish connection", ack)
	})
}
