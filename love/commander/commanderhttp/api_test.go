package commanderhttp_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pipenet"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// withAPI runs body in a bubble with a client of a commander whose API is the
// given handler, and a plain HTTP client for it.
func withAPI(t *testing.T, api http.Handler, body func(t *testing.T, c *commanderhttp.Client, plain *http.Client), opts ...commanderhttp.ClientOption) {
	synctest.Test(t, func(t *testing.T) {
		transport, stop := pipenet.Serve(api)
		c, err := commanderhttp.New("commander:5000", append(opts, commanderhttp.WithTransport(transport))...)
		require.NoError(t, err)
		body(t, c, &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		})
		c.Close()
		stop()
		time.Sleep(time.Second) // of the bubble: the server lingers after it has cut off a request
	})
}

// answer is a plain HTTP answer.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask makes a plain request, with headers as names and values.
func ask(t *testing.T, c *http.Client, method, path, body string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://commander:5000"+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, resp.Header, string(content)}
}

// ackOf returns the text of an answer, which must be an object {"ack"}.
func ackOf(t *testing.T, a answer) string {
	t.Helper()
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	var ack struct{ Ack *string }
	require.NoError(t, json.Unmarshal([]byte(a.body), &ack), a.body)
	require.NotNil(t, ack.Ack, a.body)
	return *ack.Ack
}

// posted is a command as a client posts it.
const posted = `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{"serial":12345678901234567890123},"identity":"ana@host"}`

// switchOn is the same command, parsed.
var switchOn = commander.Call{
	Command: love.Command{
		CSC: "Lamp", Name: "cmd_switchOn", Params: json.RawMessage(`{"serial":12345678901234567890123}`), Identity: "ana@host",
	},
	Posted: json.RawMessage(posted),
}

// commandTimeout is how long the tests wait for a commander.
const commandTimeout = 15 * time.Second

// execute gives the command of the tests and waits for commandTimeout.
func execute(t *testing.T, c commander.Commander) (love.Ack, error) {
	ctx, cancel := commander.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	return c.Execute(ctx, switchOn)
}

// done is a commander that executes every command.
func done(context.Context, commander.Call) (love.Ack, error) { return love.Ack{Text: love.Done}, nil }

// logbook is a function as a commander.Logbook.
type logbook func(l love.ObservingLog) (love.Ack, error)

func (f logbook) WriteObservingLog(_ context.Context, l love.ObservingLog) (love.Ack, error) {
	return f(l)
}

// pythonCommander returns a commander like the Python one: /cmd/ and /heartbeat/
// have a slash. cmd answers commands.
func pythonCommander(cmd http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/cmd/{$}", cmd)
	mux.HandleFunc("/heartbeat/{$}", respondWith(http.StatusOK, `{"timestamp": 1690852639.85}`))
	return mux
}

func respondWith(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// afterBody returns a handler that reads the request before it calls do, because
// net/http notices only then that the client has gone.
func afterBody(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		do(w, r)
	}
}

// neverAnswer gives no answer.
func neverAnswer(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
