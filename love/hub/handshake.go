package hub

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// ServeHTTP opens a websocket (docs/protocol/manager.md#endpoint and
// #authentication), whatever the path. It returns at once; the session lives on in
// goroutines of the hub. Refusals have a JSON body {"detail": text}: 403 from the
// gate or for the origin, 426 without a websocket handshake, 429 when the user has
// too many connections, 503 when the hub is full or shutting down.
//
// The client may set query parameters: nan=null replaces NaN and the
// infinities by null, snapshot=1 asks for the last value of everything that it
// subscribes to.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if problem := handshakeProblem(r); problem != "" {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-Websocket-Version", "13")
		refuse(w, http.StatusUpgradeRequired, problem)
		return
	}
	p, ok := h.admit(w, r)
	if !ok {
		return
	}
	conn, buffered, _, err := ws.HTTPUpgrader{}.Upgrade(r, w)
	if err != nil { // the upgrader has answered
		h.sessions.release(p)
		return
	}
	s := h.newSession(p, parseSessionOptions(r.URL.Query()))
	raw := rawConn(conn)
	out := newWriter(s, conn, raw)
	s.sink = out
	h.add(s)
	// The credential may have been revoked after the gate checked it and before
	// DisconnectToken could see the session.
	if _, err := h.gate.Admit(r); credentialEnded(err) {
		s.close(CloseCredential)
	}
	// Copy what was read already; the request's own buffers are too large to keep.
	early, _ := buffered.Reader.Peek(buffered.Reader.Buffered())
	h.pings.add(s)
	go newReader(s, conn, raw, bytes.Clone(early)).serve(out)
}

// admit reserves a place for the request's principal, or refuses the request.
func (h *Hub) admit(w http.ResponseWriter, r *http.Request) (p auth.Principal, ok bool) {
	if origin := r.Header.Get("Origin"); origin != "" && !h.origins(origin) {
		h.counters.deny(DenyOrigin)
		refuse(w, http.StatusForbidden, "pages of this origin may not connect")
		return p, false
	}
	p, err := h.gate.Admit(r)
	if err != nil {
		h.counters.deny(DenyGate)
		h.log.Info("connection refused", "address", r.RemoteAddr, "error", err)
		refuse(w, http.StatusForbidden, err.Error())
		return p, false
	}
	if denial, err := h.sessions.reserve(p, h.limits); err != nil {
		h.counters.deny(denial)
		status := http.StatusServiceUnavailable
		if denial == DenyUserFull {
			status = http.StatusTooManyRequests
		}
		w.Header().Set("Retry-After", "3")
		refuse(w, status, err.Error())
		return p, false
	}
	return p, true
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

// handshakeProblem returns why r is not a websocket handshake, or "" if it is
// one.
func handshakeProblem(r *http.Request) string {
	has := func(header, token string) bool {
		for _, value := range r.Header.Values(header) {
			for part := range strings.SplitSeq(value, ",") {
				if strings.EqualFold(strings.TrimSpace(part), token) {
					return true
				}
			}
		}
		return false
	}
	switch {
	case r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) || !has("Connection", "upgrade") || !has("Upgrade", "websocket"):
		return "this is the websocket of the manager: connect with a websocket client"
	case r.Header.Get("Sec-Websocket-Version") != "13":
		return "the websocket version must be 13"
	case len(r.Header.Get("Sec-Websocket-Key")) != websocketKeyLength:
		return "Sec-WebSocket-Key must be 16 bytes in base64"
	}
	return ""
}

// websocketKeyLength is the length of 16 bytes in base64.
const websocketKeyLength = 24

func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body := append(love.AppendText([]byte(`{"detail":`), detail), '}')
	_, _ = w.Write(body)
}
