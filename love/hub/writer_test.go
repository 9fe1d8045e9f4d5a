package hub_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestTLSWorksLikePlainTCP(t *testing.T) {
	h := hub.New(hub.WithGate(gate), hub.WithTracing(false))
	server := httptest.NewTLSServer(h)
	defer server.Close()
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		require.NoError(t, h.Shutdown(ctx))
	}()
	d := ws.Dialer{TLSConfig: &tls.Config{InsecureSkipVerify: true}}
	nc, br, _, err := d.Dial(t.Context(), "wss"+strings.TrimPrefix(server.URL, "https")+"/?password=process")
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(timeout)))
	require.Nil(t, br)
	c := &conn{t: t, nc: nc, br: bufio.NewReader(nc)}

	c.subscribe("telemetry-ATDome-0-position")
	padding := strings.Repeat("x", 200_000)
	c.send(`{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"position":"` + padding + `"}}]}`)
	require.Contains(t, c.next(), padding)
	c.sync()
}

func TestAPeerThatStopsReadingIsClosedAndDelaysNobody(t *testing.T) {
	h, url := start(t, hub.WithLimits(hub.Limits{QueueBytes: 1 << 20}))
	slow, fast, pub := dialProcess(t, url).subscribe("event-A-0-s"), dialProcess(t, url).subscribe("event-A-0-s"), dialProcess(t, url)
	pad := strings.Repeat("x", 64<<10)
	for i := 0; h.Stats().Closed["slow"] == 0; i++ {
		require.Less(t, i, 10_000, "the slow reader was never closed")
		pub.sendf(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":{"i":%d,"pad":%q}}}]}`, i, pad)
		require.Contains(t, fast.next(), `{"i":`+itoa(i)+`,`)
	}
	require.EqualValues(t, 1, h.Stats().Closed["slow"])
	_ = slow.nc.Close()
}
