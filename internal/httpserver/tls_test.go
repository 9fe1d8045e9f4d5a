package httpserver

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// newTLS starts a server with TLS, and returns its address and the settings of a client.
func newTLS(t *testing.T, c Config) (address string, client *tls.Config) {
	// The certificate of httptest is for example.com.
	other := httptest.NewUnstartedServer(nil)
	other.StartTLS()
	defer other.Close()
	c.TLS = &tls.Config{Certificates: other.TLS.Certificates}
	c.Logger = slog.New(slog.DiscardHandler)
	server := New(c)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(t.Context(), listener) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	client = other.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	client.ServerName = "example.com"
	return listener.Addr().String(), client
}

func TestAServerSpeaksTLSAndHandsOverConnections(t *testing.T) {
	address, settings := newTLS(t, Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/take" {
			fmt.Fprint(w, "done")
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, below := conn.(interface{ NetConn() net.Conn })
		fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n", below)
	})})
	settings.NextProtos = []string{"h2", "http/1.1"}
	conn, err := tls.Dial("tcp", address, settings)
	require.NoError(t, err)
	defer conn.Close()
	require.Equal(t, "http/1.1", conn.ConnectionState().NegotiatedProtocol)
	reader := bufio.NewReader(conn)
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	response, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "done", string(body))
	fmt.Fprint(conn, "GET /take HTTP/1.1\r\nHost: x\r\n\r\n")
	rest, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 101 Switching Protocols\r\n\r\ntrue", string(rest))

	settings.MinVersion, settings.MaxVersion = tls.VersionTLS11, tls.VersionTLS11
	_, err = tls.Dial("tcp", address, settings)
	require.ErrorContains(t, err, "protocol version")
}

func TestARequestWithoutTLSIsToldSo(t *testing.T) {
	address, _ := newTLS(t, Config{Handler: http.NotFoundHandler()})
	for _, request := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /manager/api/get-token/ HTTP/1.1\r\n\r\n"} {
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
		_, err = io.WriteString(conn, request)
		require.NoError(t, err)
		line, err := bufio.NewReader(conn).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "HTTP/1.1 400 Bad Request\r\n", line)
		require.NoError(t, conn.Close())
	}
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = io.WriteString(conn, "SSH-2.0-client\r\n")
	require.NoError(t, err)
	rest, _ := io.ReadAll(conn)
	require.NotContains(t, string(rest), "HTTP")
}

func TestAnAddressWithTooManyConnectionsIsClosedBeforeTheHandshake(t *testing.T) {
	address, settings := newTLS(t, Config{Handler: http.NotFoundHandler(), MaxPerAddress: 1})
	first, err := tls.Dial("tcp", address, settings)
	require.NoError(t, err)
	defer first.Close()
	_, err = tls.Dial("tcp", address, settings)
	require.Error(t, err)
}
