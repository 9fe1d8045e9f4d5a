package hub_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

// masked is a text message as a client sends it.
func masked(text string) []byte {
	return ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame([]byte(text))))
}

func TestTLSCarriesWhatPlainTCPCarries(t *testing.T) {
	h := hub.New(hub.WithGate(gate), hub.WithTracing(false))
	server := httptest.NewTLSServer(h)
	defer server.Close()
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, h.Shutdown(ctx))
	}()
	d := ws.Dialer{TLSConfig: &tls.Config{InsecureSkipVerify: true}}
	nc, br, _, err := d.Dial(t.Context(), "wss"+strings.TrimPrefix(server.URL, "https")+"/?password=process")
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	require.Nil(t, br)
	c := &conn{t: t, nc: nc, br: bufio.NewReader(nc)}

	c.subscribe("telemetry-ATDome-0-position")
	padding := strings.Repeat("x", 200_000)
	c.send(`{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"position":"` + padding + `"}}]}`)
	require.Contains(t, c.next(), padding)
	c.alive()
}

func TestMessagesMayArriveInAnyPieces(t *testing.T) {
	_, url := start(t)
	c := process(t, url)
	message := masked(`{"action":"get_time_data","request_time":1}`)
	for cut := 1; cut < len(message); cut++ {
		_, err := c.nc.Write(message[:cut])
		require.NoError(t, err)
		c.pause()
		_, err = c.nc.Write(message[cut:])
		require.NoError(t, err)
		require.Contains(t, c.next(), `"request_time":1}`)
	}
}

// pause lets what was written leave before what follows: it asks on another
// connection, which the hub answers when it has had its turn.
func (c *conn) pause() {
	process(c.t, "ws://"+c.nc.RemoteAddr().String()).alive()
}

func TestAMessageMayComeWithTheHandshake(t *testing.T) {
	_, url := start(t)
	nc, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	request := "GET /?password=process HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	question := masked(`{"action":"get_time_data","request_time":2}`)
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
	c.alive()
}
