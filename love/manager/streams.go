package manager

import (
	"net/http"
	"slices"

	"github.com/rubin-love/love-go/love"
)

// StreamReporter is a [Hub] that also reports what was published, as *hub.Hub does. It
// answers streams; with any other Hub they are answered 404.
type StreamReporter interface {
	// Streams returns every stream that was published, ordered by category, csc,
	// salindex and stream.
	Streams() []love.StreamStats
}

// streamReport is the answer of streams.
type streamReport struct {
	Streams []love.StreamStats `json:"streams"`
}

// streams answers what was published and is live, of one component if the query names
// one. Everybody who has logged in may ask, as everybody may subscribe.
func (m *Manager) streams(c *call) (answer, error) {
	h, ok := m.config.Hub.(StreamReporter)
	if !ok {
		return answer{}, errNotFound
	}
	q, err := c.query("csc")
	if err != nil {
		return answer{}, err
	}
	list := h.Streams()
	if q.Has("csc") {
		csc := q.Get("csc")
		if csc == "" {
			return answer{}, fieldErrors{"csc": {"Give the name of a component, or leave it out."}}.Refusal()
		}
		list = slices.DeleteFunc(list, func(s love.StreamStats) bool { return s.CSC != csc })
	}
	return answer{Status: http.StatusOK, Body: streamReport{list}}, nil
}
