package manager

import (
	"net/http"

	"github.com/rubin-love/love-go/love/hub"
)

// hubReport is everything that a [HubReporter] reports.
type hubReport struct {
	Stats    hub.Stats          `json:"stats"`
	Sessions []hub.SessionStats `json:"sessions"`
	Groups   []hub.GroupStats   `json:"groups"`
}

func (m *Manager) hubReport(*call) (answer, error) {
	h, ok := m.config.Hub.(HubReporter)
	if !ok {
		return answer{}, errNotFound
	}
	return answer{Status: http.StatusOK, Body: hubReport{h.Stats(), h.Sessions(), h.Groups()}}, nil
}

func (m *Manager) listSessions(*call) (answer, error) {
	h, ok := m.config.Hub.(HubReporter)
	if !ok {
		return answer{}, errNotFound
	}
	return answer{Status: http.StatusOK, Body: h.Sessions()}, nil
}
