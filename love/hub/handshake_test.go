package hub_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

func TestHandshakesAreRefusedInJSON(t *testing.T) {
	h, url := start(t, hub.WithLimits(hub.Limits{Sessions: 1}), hub.WithOrigins(func(o string) bool { return o != "http://evil.example" }))
	http1 := "http" + strings.TrimPrefix(url, "ws")
	get := func(query string, header ...string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, http1+"/?"+query, nil)
		require.NoError(t, err)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		var b bytes.Buffer
		_, _ = b.ReadFrom(resp.Body)
		return resp.StatusCode, b.String()
	}
	handshake := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-Websocket-Version", "13", "Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}

	status, body := get("password=process")
	require.Equal(t, 426, status)
	require.JSONEq(t, `{"detail":"this is the websocket of the manager: connect with a websocket client"}`, body)
	for header, value := range map[string]string{"Sec-Websocket-Version": "8", "Sec-Websocket-Key": "abc", "Upgrade": "h2c", "Connection": "close"} {
		status, body = get("password=process", append(handshake, header, value)...)
		require.Equal(t, 426, status, header)
		require.Contains(t, body, `{"detail":"`)
	}
	status, body = get("password=wrong", handshake...)
	require.Equal(t, 403, status)
	require.JSONEq(t, `{"detail":"give a token or the process password"}`, body)
	status, _ = get("password=process", append(handshake, "Origin", "http://evil.example")...)
	require.Equal(t, 403, status)

	dialProcess(t, url).sync()
	status, body = get("password=process", handshake...)
	require.Equal(t, 503, status)
	require.Contains(t, body, "no place")
	require.EqualValues(t, 1, h.Stats().Denied["gate"])
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestAMessageMayArriveWithTheHandshake(t *testing.T) {
	_, url := start(t)
	nc, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(timeout)))
	request := "GET /?password=process HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	question := maskedText(`{"action":"get_time_data","request_time":2}`)
	_, err = nc.Write(append([]byte(request), question...))
	require.NoError(t, err)

	br := bufio.NewReader(nc)
	for {
		line, err := br.ReadString('\n')
		require.NoError(t, err)
		if line == "\r\n" {
			break
		}
	}
	c := &conn{t: t, nc: nc, br: br}
	require.Contains(t, c.next(), `"request_time":2}`)
	c.sync()
}

func TestACredentialRevokedDuringTheHandshakeEndsTheSession(t *testing.T) {
	for name, c := range map[string]struct {
		second error
		ended  bool
	}{
		"revoked":               {fmt.Errorf("%w", auth.ErrToken), true},
		"cannot be checked now": {errors.New("the database is unavailable"), false},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			_, url := start(t, hub.WithGate(hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
				if asked++; asked == 2 {
					return auth.Principal{}, c.second
				}
				return gate(r)
			})))
			conn := dial(t, url, "token=ada")
			if !c.ended {
				conn.sync()
				return
			}
			code, _ := conn.waitClosed()
			require.Equal(t, ws.StatusNormalClosure, code)
		})
	}
}
