package hub

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
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

// ifKnown returns the source with that ID, nil if there is none.
func (x *sources) ifKnown(id string) *source {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.byID[id]
}

// clearStale gives the last values of sources that are connected these sources: the hub may
// have learned the values while nobody knew that, or taken the sources for gone.
func (h *Hub) clearStale(found []string) {
	connected := make(map[string]*source, len(found))
	for _, id := range found {
		if s := h.sources.ifKnown(id); s != nil {
			connected[s.id] = s
		}
	}
	if len(connected) > 0 {
		h.index.eachStream(func(g *group) { g.last.setSource(connected) })
	}
}

// sourcesGroup is the group of the events about sources that come and go.
var sourcesGroup = love.StreamGroup(love.CategoryEvent, "Hub", 0, "sources")

// announce publishes that the session has become a source, with the component
// of its first message, or that it no longer is one, with all components whose
// values are now stale.
func (h *Hub) announce(s *session, connected bool, components []string) {
	now := h.clock.Now()
	h.publishOwn(now, sourceEvent(now, s.source.id, s.principal, connected, components))
}

// sourceEvent returns the event of a source that comes or goes. It has the shape of any
// other: a list of one object of fields.
func sourceEvent(now time.Time, id string, p auth.Principal, connected bool, components []string) love.Message {
	v := append([]byte(nil), `[{"source":{"value":`...)
	v = append(love.AppendText(v, id), textField...)
	v = append(love.AppendText(append(v, `,"principal":{"value":`...), p.Name()), textField...)
	v = append(love.AppendText(append(v, `,"address":{"value":`...), p.Address), textField...)
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
	return love.Message{
		Category:    sourcesGroup.Category,
		ProducerSnd: love.UnixSeconds(now),
		Data:        []love.Item{{CSC: sourcesGroup.CSC, Streams: []love.Stream{{Name: sourcesGroup.Stream, Value: v}}}},
	}
}

const textField = `,"dataType":"String","units":"unitless"}`

// sourceGone informs every hub that a session is no longer a source.
func (h *Hub) sourceGone(s *session) {
	h.publish([]Envelope{{Kind: EnvelopeGone, Received: h.clock.Now(), Source: s.source.id, source: s.source}})
	h.announce(s, false, h.componentsOf(s.source.id)[s.source.id])
}

// componentsOf returns, for each source, the components of which it has last values.
func (h *Hub) componentsOf(sources ...string) map[string][]string {
	found := make(map[string][]string, len(sources))
	for _, id := range sources {
		found[id] = nil
	}
	h.index.eachStream(func(g *group) {
		id := g.last.sourceID()
		if list, ok := found[id]; ok && !slices.Contains(list, g.name.CSC) {
			found[id] = append(list, g.name.CSC)
		}
	})
	for _, list := range found {
		slices.Sort(list)
	}
	return found
}

// otherSource is a source of another hub that the broker says has come or gone.
type otherSource struct {
	id        string
	connected bool
}

// isSession reports whether a source is a session of a hub, rather than the hub itself.
func isSession(id string) bool { return strings.Contains(id, "-") }

// announceOthers tells the hub's own sessions of sources of other hubs, whose hubs do not.
// Who they are it does not know.
func (h *Hub) announceOthers(sources []otherSource) {
	if len(sources) == 0 {
		return
	}
	ids := make([]string, 0, len(sources))
	for _, s := range sources {
		ids = append(ids, s.id)
	}
	components, now := h.componentsOf(ids...), h.clock.Now()
	batch := make([]Envelope, 0, len(sources))
	for _, s := range sources {
		m := sourceEvent(now, s.id, auth.Principal{}, s.connected, components[s.id])
		batch = append(batch, Envelope{Kind: EnvelopeHub, Payload: m.AppendJSON(nil), Received: now, Source: h.self.id, source: h.self})
	}
	h.deliver(batch)
}
