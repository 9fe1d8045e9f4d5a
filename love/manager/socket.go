package manager

import (
	"net/http"

	"github.com/rubin-love/love-go/internal/header"
	"github.com/rubin-love/love-go/internal/httpapi"
)

var errUpgrade = refuse(http.StatusUpgradeRequired, "This is a websocket: connect to it with a ws:// or wss:// URL.").
	With("Upgrade", "websocket").With("Connection", "Upgrade").With("Sec-Websocket-Version", "13")

// serveSocket passes a handshake to the hub, with the original writer, because the
// hub takes over the connection.
func (m *Manager) serveSocket(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		m.refuseSocket(w, r, methodNotAllowed(r.Method, "GET"))
	case isHandshake(r):
		m.config.Hub.ServeHTTP(w, r)
	default:
		m.refuseSocket(w, r, errUpgrade)
	}
}

func (m *Manager) refuseSocket(w http.ResponseWriter, r *http.Request, why *refusal) {
	m.write(httpapi.NewWriter(w, r, m.config.BodyTimeout), why.Answer)
}

// isHandshake reports whether a request asks for a websocket.
func isHandshake(r *http.Request) bool {
	return r.Method == http.MethodGet && header.Has(r.Header, "Upgrade", "websocket")
}
