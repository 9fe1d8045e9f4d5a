package server_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/server"
)

// exchange sends a request on a new connection, which stays open, and returns the
// answer.
func exchange(t *testing.T, url, request string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

func TestAnAddressCannotHoldMoreConnectionsThanItMay(t *testing.T) {
	_, url := serve(t, server.Config{MaxConnectionsPerAddress: 3})
	const health = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	for range 3 {
		resp, _ := exchange(t, url, health)
		require.Equal(t, 200, resp.StatusCode)
	}
	require.Eventually(t, func() bool {
		resp, body := exchange(t, url, health)
		return resp.StatusCode == 429 && strings.Contains(body, "the most that it may")
	}, 10*time.Second, time.Millisecond)
}

func TestARequestWithTwoLengthsIsRefusedAndCounted(t *testing.T) {
	_, url := serve(t, server.Config{})
	resp, _ := exchange(t, url, "POST /manager/api/get-token/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
	require.Equal(t, 400, resp.StatusCode)
	require.True(t, resp.Close)
	resp, metrics := exchange(t, url, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
	require.Equal(t, 200, resp.StatusCode)
	require.Contains(t, metrics, `love_http_refused_total{reason="ambiguous"} 1`)
	require.Contains(t, metrics, "love_http_connections ")
}
