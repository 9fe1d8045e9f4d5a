package hub

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rubin-love/love-go/love"
)

// source is a connection that publishes, to this hub or to another on the
// broker. Its last values are stale once it has gone.
type source struct {
	id   string
	gone atomic.Bool
}

// sources holds the sources of hubs in other processes by their IDs.
type sources struct {
	mu   sync.Mutex
	byID map[string]*source
}

// get returns the source with that ID, adding it if it is not known.
func (x *sources) get(id string) *source {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.byID[id]
	if s == nil {
		if x.byID == nil {
			x.byID = make(map[string]*source)
		}
		id = strings.Clone(id) // which may share the memory of a message
		s = &source{id: id}
		x.byID[id] = s
	}
	return s
}

// remove marks a source as gone.
func (x *sources) remove(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if s := x.byID[id]; s != nil {
		s.gone.Store(true)
		delete(x.byID, id)
	}
}

// sourcesGroup is the group of the events about sources that come and go.
var sourcesGroup = love.StreamGroup(love.CategoryEvent, "Hub", 0, "sources")

// announce publishes that the session has become a source, with the component
// of its first message, or that it no longer is one, with all components whose
// values are now stale. The event has the shape of any other: a list of one
// object of fields.
func (h *Hub) announce(s *session, connected bool, components []string) {
	now := h.clock.Now()
	v := append([]byte(nil), `[{"source":{"value":`...)
	v = append(love.AppendText(v, s.source.id), textField...)
	v = append(love.AppendText(append(v, `,"principal":{"value":`...), s.principal.Name()), textField...)
	v = append(love.AppendText(append(v, `,"address":{"value":`...), s.principal.Address), textField...)
	v = append(v, `,"connected":{"value":`...)
	if connected {
		v = append(v, "true"...)
	} else {
		v = append(v, "false"...)
	}
	v = append(v, `,"dataType":"Int","units":"unitless"},"components":{"value":[`...)
	for i, c := range components {
		if i > 0 {
			v = append(v, ',')
		}
		v = love.AppendText(v, c)
	}
	v = append(v, `],"dataType":"Array<String>","units":"unitless"},"timestamp":{"value":`...)
	v = append(love.AppendFloat(v, love.TAI(now)), `,"dataType":"Float","units":"second"}}]`...)

	h.publishOwn(now, love.Message{
		Category:    sourcesGroup.Category,
		ProducerSnd: love.UnixSeconds(now),
		Data:        []love.Item{{CSC: sourcesGroup.CSC, Streams: []love.Stream{{Name: sourcesGroup.Stream, Value: v}}}},
	})
}

const textField = `,"dataType":"String","units":"unitless"}`

// sourceGone informs every hub that a session is no longer a source.
func (h *Hub) sourceGone(s *session) {
	h.publish([]Envelope{{Kind: EnvelopeGone, Received: h.clock.Now(), Source: s.source.id, source: s.source}})
	var stale []string
	h.index.eachStream(func(g *group) {
		if name := g.name.CSC; g.last.isFrom(s.source) && !slices.Contains(stale, name) {
			stale = append(stale, name)
		}
	})
	slices.Sort(stale)
	h.announce(s, false, stale)
}
