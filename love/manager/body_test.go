package manager_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pipenet"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/manager"
)

// bodyTime is how long a body may take to arrive, by default.
const bodyTime = 10 * time.Second

// rawConn is a connection to which a test writes any bytes.
type rawConn struct {
	net.Conn
	h       *harness
	answers *bufio.Reader
}

// newRawConn connects to a manager, in a synctest bubble.
func newRawConn(t *testing.T, change ...func(*manager.Config)) *rawConn {
	h, m := newUnservedHarness(t, change...)
	transport, stop := pipenet.Serve(m)
	conn, err := transport.DialContext(t.Context(), "tcp", "manager")
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		stop()
	})
	return &rawConn{conn, h, bufio.NewReader(conn)}
}

// send sends a request, or only the beginning of one if the header announces a
// longer body.
func (l *rawConn) send(method, path, body string, header ...string) {
	l.h.t.Helper()
	header = append([]string{"Host: x", "Content-Type: application/json"}, header...)
	_, err := fmt.Fprintf(l, "%s %s HTTP/1.1\r\n%s\r\n\r\n%s", method, path, strings.Join(header, "\r\n"), body)
	require.NoError(l.h.t, err)
}

func (l *rawConn) answer() response {
	l.h.t.Helper()
	resp, err := http.ReadResponse(l.answers, nil)
	require.NoError(l.h.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(l.h.t, err)
	return response{resp, string(body)}
}

func (l *rawConn) requireClosed() {
	l.h.t.Helper()
	_, err := l.answers.ReadByte()
	require.ErrorIs(l.h.t, err, io.EOF)
}

func authorization(token string) string { return "Authorization: Token " + token }

func TestBody_ThatDoesNotArriveIs408AsDocumented(t *testing.T) {
	example := strings.NewReplacer("{flags}", "no_config", "{name}", "user", "{id}", "1")
	for _, o := range operations(t) {
		if o.RequestBody == nil {
			require.Nil(t, o.Responses.Value("408"), "%s %s reads no body", o.Method, o.Path)
			continue
		}
		t.Run(o.Method+" "+o.Path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.NotNil(t, o.Responses.Value("408"), "the document")
				l := newRawConn(t, func(c *manager.Config) { c.Authority = authority.New(c.Commander) })
				began := time.Now()
				l.send(o.Method, example.Replace(o.Path), "{", "Content-Length: 100", authorization(l.h.token("admin")))
				got := l.answer()
				require.Equal(t, bodyTime, time.Since(began))
				require.Equal(t, 408, got.StatusCode)
				require.Contains(t, got.body, `"detail":"The body did not come to its end in time."`)
				require.True(t, got.Close, "the client learns that the connection ends")
				req, err := http.NewRequest(o.Method, example.Replace(o.Path), nil)
				require.NoError(t, err)
				l.h.requireDocumented(req, "", got)
				l.requireClosed()
			})
		})
	}
}

func TestBody_ThatIsNotReadIsWaitedForAsLong(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, user string
		header             []string
		status             int
	}{
		"no token":         {method: "POST", path: cmd, status: 401},
		"a bad token":      {method: "POST", path: swapUser, header: []string{authorization("unknown")}, status: 401},
		"no permission":    {method: "POST", path: adminUsers, user: "user", status: 403},
		"wrong method":     {method: "PUT", path: cmd, user: "cmd_user", status: 405},
		"nothing to read":  {method: "GET", path: validateToken, user: "user", status: 200},
		"unknown path":     {method: "POST", path: "/manager/api/nothing/", status: 404},
		"no slash":         {method: "POST", path: "/manager/api/cmd", status: 301},
		"not of the API":   {method: "POST", path: "/healthz", status: 405},
		"options":          {method: "OPTIONS", path: getToken, status: 200},
		"another origin":   {method: "OPTIONS", path: cmd, header: []string{"Origin: http://x", "Access-Control-Request-Method: POST"}, status: 200},
		"websocket, POST":  {method: "POST", path: "/manager/ws/subscription", status: 405},
		"websocket, no ws": {method: "GET", path: "/manager/ws/subscription", status: 426},
	} {
		for _, length := range []string{"Content-Length: 100", "Transfer-Encoding: chunked"} {
			t.Run(name+", "+length, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := newRawConn(t)
					header := append([]string{length}, c.header...)
					if c.user != "" {
						header = append(header, authorization(l.h.token(c.user)))
					}
					began := time.Now()
					l.send(c.method, c.path, "{", header...)
					require.Equal(t, c.status, l.answer().StatusCode)
					require.Equal(t, bodyTime, time.Since(began))
					l.requireClosed()
				})
			})
		}
	}
}

func TestBody_OfAHandshakeIsRefusedAtOnce(t *testing.T) {
	for _, length := range []string{"Content-Length: 100", "Transfer-Encoding: chunked"} {
		t.Run(length, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newRawConn(t)
				began := time.Now()
				l.send("GET", "/manager/ws/subscription", "", length, "Upgrade: websocket", "Connection: Upgrade")
				got := l.answer()
				require.Zero(t, time.Since(began))
				require.Equal(t, 400, got.StatusCode)
				require.JSONEq(t, `{"detail": "A websocket handshake has no body: leave out Content-Length and Transfer-Encoding."}`, got.body)
				require.True(t, got.Close)
				l.requireClosed()
			})
		})
	}
}

func TestBody_ThatHasArrivedDoesNotLimitTheNextRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newRawConn(t)
		for range 2 {
			l.send("POST", cmd, someCommand, fmt.Sprintf("Content-Length: %d", len(someCommand)))
			require.Equal(t, 401, l.answer().StatusCode, "refused, but not cut off")
			<-time.After(2 * bodyTime)
			l.send("POST", cmd, someCommand, fmt.Sprintf("Content-Length: %d", len(someCommand)), authorization(l.h.token("cmd_user")))
			require.Equal(t, 200, l.answer().StatusCode)
			<-time.After(2 * bodyTime)
		}
	})
}

// slowCommander is a commander that reports progress and then takes some time,
// unless its caller stops waiting.
type slowCommander time.Duration

func (p slowCommander) Execute(ctx context.Context, _ commander.Call) (love.Ack, error) {
	commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS"})
	select {
	case <-time.After(time.Duration(p)):
		return love.Ack{Text: love.Done}, nil
	case <-ctx.Done():
		return love.Ack{}, context.Cause(ctx)
	}
}

func TestBody_ThatHasArrivedDoesNotLimitTheCommand(t *testing.T) {
	for _, accepted := range []string{"application/json", commanderhttp.ProgressType} {
		t.Run(accepted, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newRawConn(t, func(c *manager.Config) { c.Commander, c.CommandTimeout = slowCommander(3*bodyTime), time.Hour })
				l.send("POST", cmd, someCommand, fmt.Sprintf("Content-Length: %d", len(someCommand)),
					authorization(l.h.token("cmd_user")), "Accept: "+accepted)
				got := l.answer()
				require.Equal(t, accepted, got.Header.Get("Content-Type"))
				require.Contains(t, got.body, `"ack":"Done"`)
			})
		})
	}
}
