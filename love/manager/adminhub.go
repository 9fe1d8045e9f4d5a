package manager

import (
	"net/http"
	"slices"
	"strings"

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

// sessionReport is a session with what it is subscribed to.
type sessionReport struct {
	hub.SessionStats
	Subscriptions []string `json:"subscriptions"`
}

func (m *Manager) showSession(c *call) (answer, error) {
	id := c.params.ByName("id")
	sessions, hasSessions := m.config.Hub.(HubReporter)
	h, hasSubscriptions := m.config.Hub.(SubscriptionReporter)
	if !hasSessions || !hasSubscriptions {
		return answer{}, errNotFound
	}
	all := sessions.Sessions()
	i := slices.IndexFunc(all, func(s hub.SessionStats) bool { return s.ID == id })
	groups, found := h.Subscriptions(id)
	if i < 0 || !found {
		return answer{}, errNotFound
	}
	return answer{Status: http.StatusOK, Body: sessionReport{all[i], groups}}, nil
}

// Administrative reports whether a request is one with which somebody who runs the manager
// finds out what is wrong and mends it: about users, tokens, sessions or the hub. A server
// can keep room for them when there are too many others.
func (m *Manager) Administrative(r *http.Request) bool {
	path, ok := strings.CutPrefix(r.URL.Path, m.config.URLPrefix+"/manager/api/")
	return ok && (strings.HasPrefix(path, "admin/") || strings.HasPrefix(path, "hub/"))
}
