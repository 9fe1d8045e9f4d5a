package hub

import (
	"bytes"
	"net/http"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/love"
)

// ServeHTTP opens a websocket (manager protocol, sections 2.1 and 2.2),
// whatever the path. It returns at once; the session lives on in goroutines of
// the hub. Refusals have a JSON body {"detail": text}: 403 from the gate, 426
// without a websocket handshake, 429 when the user has too many connections,
// 503 when the hub is full or shutting down.
//
// The client may ask for something with query parameters: nan=null for null in
// place of NaN and the infinities, snapshot=1 for the last value of everything
// that it subscribes to.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.Header.Get("Sec-Websocket-Key") == "" {
		w.Header().Set("Upgrade", "websocket")
		refuse(w, http.StatusUpgradeRequired, "this is the websocket of the manager: connect with a websocket client")
		return
	}
	if origin := r.Header.Get("Origin"); origin != "" && !h.origins(origin) {
		h.counters.deny(DenyOrigin)
		refuse(w, http.StatusForbidden, "pages of this origin may not connect")
		return
	}
	p, err := h.gate.Admit(r)
	if err != nil {
		h.counters.deny(DenyGate)
		h.log.Info("connection refused", "address", r.RemoteAddr, "error", err)
		refuse(w, http.StatusForbidden, err.Error())
		return
	}
	if denial, err := h.reserve(p); err != nil {
		h.counters.deny(denial)
		status := http.StatusServiceUnavailable
		if denial == DenyUserFull {
			status = http.StatusTooManyRequests
		}
		w.Header().Set("Retry-After", "3")
		refuse(w, status, err.Error())
		return
	}
	conn, rw, _, err := ws.HTTPUpgrader{}.Upgrade(r, w)
	if err != nil { // the upgrader has answered
		h.release(p)
		return
	}
	q := r.URL.Query()
	s := h.newSession(p, sessionOptions{strict: q.Get("nan") == "null", snapshots: q.Get("snapshot") == "1"})
	raw := rawConn(conn)
	k := newSocket(s, conn, raw)
	s.sink = k
	h.add(s)
	// The credential may have died since the gate looked, and before
	// DisconnectToken could see the session.
	if _, err := h.gate.Admit(r); err != nil {
		s.close(CloseCredential)
	}
	// Of what served the request nothing is kept, as it is large.
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	h.wheel.add(s)
	go s.serve(newReader(s, conn, raw, bytes.Clone(early)), k)
}

// serve reads one burst of a websocket session. The next one is for another
// goroutine: the stack that handling a burst takes would never shrink again, and
// of idle sessions it is the largest part.
func (s *Session) serve(in *reader, k *socket) {
	if in.burst() {
		go s.serve(in, k)
		return
	}
	s.hub.wheel.remove(s)
	s.hub.remove(s)
	s.lost()
	k.abort()
	s.out.wait()
	s.hub.release(s.principal)
}

func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body := append(love.AppendText([]byte(`{"detail":`), detail), '}')
	_, _ = w.Write(body)
}
