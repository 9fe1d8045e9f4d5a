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

// serveSocket hands a handshake to the hub. The writer is passed on bare, for
// the hub takes the connection over.
func (m *Manager) serveSocket(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		m.write(w, methodNotAllowed(r.Method, http.Header{"Allow": {"GET"}}).answer)
	case r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		m.Hub.ServeHTTP(w, r)
	default:
		m.write(w, errUpgrade.answer)
	}
}
