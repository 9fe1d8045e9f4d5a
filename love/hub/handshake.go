package hub

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/header"
	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/websocket"
	"github.com/rubin-love/love-go/love/auth"
)

// bodyTimeout limits a body that comes with a handshake, which nobody reads.
const bodyTimeout = time.Second

// ServeHTTP opens a websocket (docs/protocol/manager.md#endpoint and
// #authentication), whatever the path. It returns at once; the session lives on in
// goroutines of the hub. Refusals have a JSON body {"detail": text}: 405, 426 or 400
// without a correct handshake, 403 from the gate or for the origin, 429 when the
// user has too many connections, 503 when the hub is full or shutting down.
//
// The client may set query parameters: nan=null replaces NaN and the
// infinities by null, snapshot=1 asks for the last value of everything that it
// subscribes to, write_interval=20 sets the milliseconds of [WithWriteInterval].
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if refusal := checkHandshake(r); refusal != nil {
		// The client may have gone, or may still be sending a body.
		_ = refusal.Write(httpapi.NewWriter(w, r, bodyTimeout))
		return
	}
	options, err := parseSessionOptions(r.URL.Query())
	if err != nil {
		_ = refusal(http.StatusBadRequest, err.Error()).Write(w)
		return
	}
	p, ok := h.admit(w, r)
	if !ok {
		return
	}
	var extensions string
	options.deflate, extensions = h.agreeOnCompression(r.Header)
	conn, early, err := h.upgrade(w, r, extensions)
	if err != nil {
		h.sessions.release(p)
		return
	}
	s := h.newSession(p, options)
	if tcp, ok := withoutTLS(conn).(*net.TCPConn); ok && s.user != nil {
		_ = tcp.SetWriteBuffer(kernelBuffer)
	}
	raw := rawConn(conn)
	out := newWriter(s, conn, raw)
	s.sink = out
	h.add(s)
	// The credential may have been revoked after the gate checked it and before
	// DisconnectToken could see the session.
	if _, err := h.gate.Admit(r); credentialEnded(err) {
		s.close(CloseCredential)
	}
	h.pings.add(s)
	go newReader(s, conn, raw, early).serve(out)
}

// withoutTLS returns the connection below TLS, or the connection itself.
func withoutTLS(conn net.Conn) net.Conn {
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return over.NetConn()
	}
	return conn
}

// kernelBuffer is how many bytes the kernel may hold for a user's peer that reads
// nothing; by itself it would take several MiB. It is enough for 2 MB/s around the world.
const kernelBuffer = 256 << 10

// upgrade takes over the connection of a handshake and accepts it, with the header lines
// of extensions. early holds what the client has already sent after the handshake. If upgrade fails it has
// answered, or closed the connection.
func (h *Hub) upgrade(w http.ResponseWriter, r *http.Request, extensions string) (conn net.Conn, early []byte, err error) {
	conn, buffers, err := http.NewResponseController(w).Hijack()
	if err != nil {
		h.log.Error("a connection could not be handed over", "address", r.RemoteAddr, "error", err)
		_ = refusal(http.StatusInternalServerError, "the server cannot hand over the connection to the websocket").Write(w)
		return nil, nil, err
	}
	err = conn.SetDeadline(time.Time{}) // lift those of the HTTP server
	if err == nil {
		_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
			websocket.Accept(r.Header.Get("Sec-Websocket-Key")), extensions)
	}
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	// Copy what was read already; the request's own buffers are too large to keep.
	early, _ = buffers.Reader.Peek(buffers.Reader.Buffered())
	return conn, bytes.Clone(early), nil
}

// admit reserves a place for the request's principal, or refuses the request.
func (h *Hub) admit(w http.ResponseWriter, r *http.Request) (p auth.Principal, ok bool) {
	if detail := h.checkOrigin(r); detail != "" {
		h.counters.deny(DenyOrigin)
		h.log.Info("connection refused", "address", r.RemoteAddr, "origin", r.Header.Get("Origin"), "host", r.Host, "error", detail)
		_ = refusal(http.StatusForbidden, detail).Write(w)
		return p, false
	}
	p, err := h.gate.Admit(r)
	if err == nil && !p.Process && p.User.Username == "" {
		h.log.Error("the gate has admitted a principal that is neither a user with a name nor a process: it is refused", "address", r.RemoteAddr)
		err = errNobody
	}
	if err != nil {
		h.counters.deny(DenyGate)
		h.log.Info("connection refused", "address", r.RemoteAddr, "error", err)
		_ = refusal(http.StatusForbidden, err.Error()).Write(w)
		return p, false
	}
	if denial, err := h.sessions.reserve(p, h.limits); err != nil {
		h.counters.deny(denial)
		status := http.StatusServiceUnavailable
		if denial == DenyUserFull {
			status = http.StatusTooManyRequests
		}
		_ = refusal(status, err.Error()).With("Retry-After", "3").Write(w)
		return p, false
	}
	return p, true
}

// errNobody is the refusal of a handshake whose principal is nobody.
var errNobody = errors.New("the manager does not know who you are")

// checkOrigin returns why a handshake of that origin is refused, or an empty string.
// Programs other than browsers have none.
func (h *Hub) checkOrigin(r *http.Request) string {
	origins := r.Header.Values("Origin")
	if len(origins) > 1 {
		return "a handshake may have only one origin, but the header Origin occurs several times"
	}
	if len(origins) == 0 || origins[0] == "" {
		return ""
	}
	if h.origins != nil {
		if !h.origins(origins[0]) {
			return "pages of this origin may not connect"
		}
		return ""
	}
	if g, ok := h.gate.(OriginGate); ok && g.AnyOrigin(r) || sameHost(origins[0], r.Host) {
		return ""
	}
	return "pages of another origin than the manager's may not connect: it must allow this one"
}

// sameHost reports whether an origin, "https://love.example:8443", has that host, with
// or without the usual port of its scheme.
func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	return strings.EqualFold(strings.TrimSuffix(u.Host, port), strings.TrimSuffix(host, port))
}

// credentialEnded reports whether a gate's error means that the credential is
// no longer valid, rather than that it could not be checked.
func credentialEnded(err error) bool {
	for _, is := range [...]error{auth.ErrToken, auth.ErrExpired, auth.ErrInactive, auth.ErrCredentials} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// checkHandshake returns why r is not a websocket handshake, or nil if it is one.
func checkHandshake(r *http.Request) *httpapi.Refusal {
	versions := r.Header.Values("Sec-Websocket-Version")
	switch {
	case r.Method != http.MethodGet:
		return refusal(http.StatusMethodNotAllowed, fmt.Sprintf("Method %q not allowed.", r.Method)).With("Allow", http.MethodGet)
	case !r.ProtoAtLeast(1, 1) || !header.Has(r.Header, "Upgrade", "websocket"):
		return upgradeRequired("this is the websocket of the manager: connect with a websocket client")
	case r.ContentLength != 0:
		// Without Connection: close, net/http would wait for the body before it answers.
		return refusal(http.StatusBadRequest, "a handshake has no body: leave out Content-Length and Transfer-Encoding").With("Connection", "close")
	case !header.Has(r.Header, "Connection", "upgrade"):
		return upgradeRequired("the header Connection: Upgrade is missing: a proxy on the way must pass on Connection and Upgrade")
	case len(versions) != 1 || versions[0] != "13":
		return upgradeRequired("the websocket version must be 13")
	case !validKey(r.Header.Values("Sec-Websocket-Key")):
		return refusal(http.StatusBadRequest, "there must be one Sec-WebSocket-Key, of 16 bytes in base64")
	}
	return nil
}

// validKey reports whether a handshake has one key, of 16 bytes in base64.
func validKey(keys []string) bool {
	if len(keys) != 1 {
		return false
	}
	key, err := base64.StdEncoding.Strict().DecodeString(keys[0])
	return err == nil && len(key) == 16
}

func refusal(status int, detail string) *httpapi.Refusal {
	return httpapi.Refuse(status, map[string]string{"detail": detail})
}

// upgradeRequired returns a refusal that names the required upgrade.
func upgradeRequired(detail string) *httpapi.Refusal {
	return refusal(http.StatusUpgradeRequired, detail).
		With("Connection", "Upgrade").With("Upgrade", "websocket").With("Sec-Websocket-Version", "13")
}
