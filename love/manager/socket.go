package manager

import (
	"net/http"
	"strings"
)

var errUpgrade = func() *refusal {
	r := refuse(http.StatusUpgradeRequired, "This is a websocket: connect to it with a ws:// or wss:// URL.")
	r.header = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}
	return r
}()

// serveSocket hands a handshake to the hub, with the original writer, because the
// hub takes the connection over.
func (m *Manager) serveSocket(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		m.write(m.answering(w, r), methodNotAllowed(r.Method, http.Header{"Allow": {"GET"}}).answer)
	case isHandshake(r):
		m.config.Hub.ServeHTTP(w, r)
	default:
		m.write(m.answering(w, r), errUpgrade.answer)
	}
}

// isHandshake reports whether a request asks for a websocket. A handshake has no
// body, and the hub waits for none.
func isHandshake(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket") && r.ContentLength == 0
}
