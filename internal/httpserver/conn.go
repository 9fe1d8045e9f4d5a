package httpserver

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// httpConn is a connection as long as it is used for HTTP. It limits the time of each write,
// and has requests refused whose length is ambiguous.
type httpConn struct {
	net.Conn
	counters *counters
	free     func()
	once     sync.Once
	framing  framing
}

// release ends the count of a connection: it is closed, or no longer used for HTTP.
func (c *httpConn) release() {
	c.once.Do(func() {
		c.free()
		c.counters.open.Add(-1)
	})
}

// Close implements [net.Conn].
func (c *httpConn) Close() error {
	c.release()
	return c.Conn.Close()
}

// CloseWrite lets net/http send an answer before it closes the connection of a client
// that is still sending.
func (c *httpConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Read implements [net.Conn]. It spoils a request that has two lengths, so that
// net/http refuses it: net/http would ignore one of them without a word.
func (c *httpConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.framing.spoil(p[:n]) {
		c.counters.ambiguous.Add(1)
	}
	return n, err
}

// part is how many bytes a client must take within WriteTimeout.
const part = 64 << 10

// Write implements [net.Conn].
func (c *httpConn) Write(p []byte) (n int, err error) {
	if end := endOfStatus(p); end > 0 {
		return c.writeError(p, end)
	}
	for err == nil && n < len(p) {
		var written int
		written, err = c.writePart(p[n:min(len(p), n+part)])
		n += written
	}
	return n, err
}

func (c *httpConn) writePart(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(WriteTimeout)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.counters.slow.Add(1)
	}
	return n, err
}

// ownErrorHeader is how net/http begins the answer to a request that it could not
// read, which no handler sees.
var ownErrorHeader = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")

// endOfStatus returns where the status line of net/http's own error ends; -1 if p is
// something else.
func endOfStatus(p []byte) int {
	if end := bytes.IndexByte(p, '\r'); bytes.HasPrefix(p, []byte("HTTP/1.1 ")) && bytes.HasPrefix(p[end:], ownErrorHeader) {
		return end
	}
	return -1
}

// writeError writes an error of net/http with the header that all other answers have.
func (c *httpConn) writeError(p []byte, end int) (int, error) {
	whole := slices.Concat(p[:end], []byte("\r\nX-Content-Type-Options: nosniff"), p[end:])
	if _, err := c.writePart(whole); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Hijack implements [http.Hijacker]: the connection is no longer bound by this
// server.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	hijacked, buffers, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if c, ok := hijacked.(*httpConn); ok {
		if t, ok := c.Conn.(*tlsConn); ok {
			return t.Conn, buffers, err
		}
		return c.Conn, buffers, err
	}
	return hijacked, buffers, err
}
