package manager

import (
	"net/http"

	"github.com/rubin-love/love-go/internal/header"
	"github.com/rubin-love/love-go/internal/httpapi"
)

var errUpgrade = refuse(http.StatusUpgradeRequired, "This is a websocket: connect to it with a ws:// or wss:// URL.").
	With("Upgrade", "websocket").With("Connection", "Upgrade").With("Sec-Websocket-Version", "13")

// errSocketBody closes the connection, so that net/http does not wait for the body
// before it answers.
var errSocketBody = refuse(http.StatusBadRequest, "A websocket handshake has no body: leave out Content-Length and Transfer-Encoding.").
	With("Connection", "close")

// serveSocket passes a handshake to the hub, with the original writer, because the
// hub takes over the connection.
func (m *Manager) serveSocket(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		m.refuseSocket(w, r, methodNotAllowed(r.Method, "GET"))
	case r.Method != http.MethodGet || !header.Has(r.Header, "Upgrade", "websocket"):
		m.refuseSocket(w, r, errUpgrade)
	case r.ContentLength != 0:
		m.refuseSocket(w, r, errSocketBody)
	default:
		m.config.Hub.ServeHTTP(w, r)
	}
}

func (m *Manager) refuseSocket(w http.ResponseWriter, r *http.Request, why *refusal) {
	m.write(httpapi.NewWriter(w, r, m.config.BodyTimeout), why.Answer)
}
