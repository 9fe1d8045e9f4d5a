package websocket_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/internal/websocket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answering returns a dialer whose other end answers the handshake with a text in
// which ACCEPT stands for the right Sec-WebSocket-Accept.
func answering(text string) websocket.Dialer {
	return websocket.Dialer{Timeout: time.Minute, NetDial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer ours.Close()
			r, err := http.ReadRequest(bufio.NewReader(ours))
			if err != nil {
				return
			}
			_, _ = io.WriteString(ours, strings.ReplaceAll(text, "ACCEPT", websocket.Accept(r.Header.Get("Sec-WebSocket-Key"))))
		}()
		return theirs, nil
	}}
}

const (
	switching = "HTTP/1.1 101 Switching Protocols\r\n"
	accept    = "Sec-WebSocket-Accept: ACCEPT\r\n"
)

func TestTheListsOfAnAnswerMayBeSpreadOverSeveralLines(t *testing.T) {
	for name, lines := range map[string]string{
		"one each":             "Connection: Upgrade\r\nUpgrade: websocket\r\n",
		"keep-alive first":     "Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n",
		"keep-alive last":      "Upgrade: websocket\r\nConnection: upgrade\r\nConnection: keep-alive\r\n",
		"in one line":          "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n",
		"empty lists":          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol:\r\nSec-WebSocket-Extensions:\r\n",
		"several upgrades":     "Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
		"with unknown headers": "Server: daphne\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, in, err := answering(switching+lines+accept+"\r\nfirst").Dial(t.Context(), "ws://manager/")
			require.NoError(t, err)
			defer conn.Close()
			rest, err := io.ReadAll(in)
			require.NoError(t, err)
			require.Equal(t, "first", string(rest))
		})
	}
}

func TestAWrongAnswerIsRefused(t *testing.T) {
	right := "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	for name, c := range map[string]struct{ answer, err string }{
		"not upgraded":             {switching + "Connection: keep-alive\r\nUpgrade: websocket\r\n" + accept, "lacks"},
		"upgraded to something":    {switching + "Connection: Upgrade\r\nUpgrade: h2c\r\n" + accept, "lacks"},
		"not to our key":           {switching + right + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", "Sec-WebSocket-Accept"},
		"to no key":                {switching + right, "Sec-WebSocket-Accept"},
		"an extension of its own":  {switching + right + accept + "Sec-WebSocket-Extensions: permessage-deflate\r\n", `"permessage-deflate", for which nobody asked`},
		"a subprotocol of its own": {switching + right + accept + "Sec-WebSocket-Protocol: chat\r\n", `"chat", for which nobody asked`},
		"refused":                  {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n", "HTTP 503"},
		"not HTTP":                 {"SSH-2.0-OpenSSH_9.6\r\n", "malformed"},
		"a header that never ends": {switching + strings.Repeat("X-Padding: "+strings.Repeat("x", 1000)+"\r\n", 100), "EOF"},
		"an empty line":            {"", "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := answering(c.answer+"\r\n").Dial(t.Context(), "ws://manager/?password=secret")
			require.ErrorContains(t, err, c.err)
			require.NotContains(t, err.Error(), "secret")
		})
	}
	_, _, err := answering("").Dial(t.Context(), "http://manager/?password=secret")
	require.EqualError(t, err, "the URL is not one of a websocket, ws:// or wss://")
}

func TestAServerThatDoesNotAnswerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		go func() { _, _ = io.Copy(io.Discard, ours) }()
		d := websocket.Dialer{Timeout: 10 * time.Second, NetDial: func(_ context.Context, _, address string) (net.Conn, error) {
			require.Equal(t, "[::1]:80", address)
			return theirs, nil
		}}
		began := time.Now()
		_, _, err := d.Dial(t.Context(), "ws://[::1]/")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(began))
		_, err = fmt.Fprint(ours, "x")
		require.Error(t, err, "the connection is closed")
	})
}

func TestFurtherLinesGoWithTheHandshakeExceptItsOwn(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	got := make(chan *http.Request, 1)
	go func() {
		r, err := http.ReadRequest(bufio.NewReader(ours))
		if err == nil {
			got <- r
		}
		ours.Close()
	}()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	site, err := url.Parse("http://manager/")
	require.NoError(t, err)
	jar.SetCookies(site, []*http.Cookie{{Name: "badge", Value: "1815"}})
	d := websocket.Dialer{
		Timeout: time.Minute, Jar: jar, NetDial: func(context.Context, string, string) (net.Conn, error) { return theirs, nil },
		Header: http.Header{
			"X-Badge": {"ada\r\nX-Injected: yes"}, "Sec-Websocket-Key": {"mine"}, "Connection": {"close"}, "Content-Length": {"5"}, "Cookie": {"other=1"},
		},
	}
	_, _, err = d.Dial(t.Context(), "ws://manager/")
	require.Error(t, err)
	r := <-got
	require.Equal(t, "ada  X-Injected: yes", r.Header.Get("X-Badge"))
	require.Equal(t, []string{"Upgrade"}, r.Header.Values("Connection"))
	require.Len(t, r.Header.Values("Sec-Websocket-Key"), 1)
	require.NotEqual(t, "mine", r.Header.Get("Sec-Websocket-Key"))
	require.Zero(t, r.ContentLength)
	require.Equal(t, "other=1; badge=1815", r.Header.Get("Cookie"))
}

func TestCompressionIsAgreedOnOrAnError(t *testing.T) {
	right := switching + "Connection: Upgrade\r\nUpgrade: websocket\r\n" + accept
	for name, c := range map[string]struct{ extensions, err string }{
		"as asked":              {"permessage-deflate; server_no_context_takeover; client_no_context_takeover", ""},
		"with a smaller window": {`permessage-deflate;server_no_context_takeover;server_max_window_bits="12"`, ""},
		"not agreed":            {"", "does not compress"},
		"with context":          {"permessage-deflate", "without server_no_context_takeover"},
		"twice":                 {"permessage-deflate; server_no_context_takeover, permessage-deflate; server_no_context_takeover", "for which nobody asked"},
		"something else":        {"x-webkit-deflate-frame", "for which nobody asked"},
		"nonsense":              {"permessage-deflate; =", "for which nobody asked"},
	} {
		t.Run(name, func(t *testing.T) {
			d := answering(right + "Sec-WebSocket-Extensions: " + c.extensions + "\r\n\r\n")
			d.Deflate = true
			conn, _, err := d.Dial(t.Context(), "ws://manager/")
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.NoError(t, conn.Close())
		})
	}
}
