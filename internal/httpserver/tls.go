package httpserver

import (
	"crypto/tls"
	"errors"
	"io"
	"time"
)

// withTLS returns the settings of TLS with which the server works: HTTP/1.1, because a
// websocket needs a connection of its own.
func withTLS(c *tls.Config) *tls.Config {
	if c == nil {
		return nil
	}
	c = c.Clone()
	c.NextProtos = []string{"http/1.1"}
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	return c
}

// tlsConn is a connection with TLS. Its handshake is a part of the first read, which
// has the time limit of a request's header.
type tlsConn struct {
	*tls.Conn
	checked bool
}

// Read implements net.Conn. Who speaks plain HTTP gets an answer that says so.
func (c *tlsConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.checked {
		return n, err
	}
	c.checked = true
	if not, ok := errors.AsType[tls.RecordHeaderError](err); ok && not.Conn != nil && isHTTP(not.RecordHeader) {
		_ = not.Conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(not.Conn, plainRequest)
		_ = not.Conn.Close()
	}
	return n, err
}

// plainRequest is the answer to a request without TLS.
const plainRequest = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n" +
	"Connection: close\r\n\r\nThis server speaks TLS: write https instead of http, or wss instead of ws.\n"

// isHTTP reports whether the first bytes of a connection are those of a request.
func isHTTP(header [5]byte) bool {
	switch string(header[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO", "DELET", "PATCH":
		return true
	}
	return false
}

// CloseWrite lets net/http send an answer before it closes the connection.
func (c *tlsConn) CloseWrite() error { return c.Conn.CloseWrite() }
