package hub

import (
	"cmp"
	"slices"

	"github.com/rubin-love/love-go/love"
)

// Heartbeat is the sign of life of one part of the system, sent to the group
// heartbeat-manager-0-stream (docs/protocol/manager.md#heartbeats).
type Heartbeat struct {
	CSC       string  // "Commander"
	Timestamp float64 // UNIX seconds
}

var heartbeatGroup = love.StreamGroup(love.CategoryHeartbeat, "manager", 0, "stream")

// peerBeats returns the heartbeats of the other managers that act as one with this one. A
// subscriber gets them all in one message, whatever their number.
func (h *Hub) peerBeats() (beats []Heartbeat) {
	b, ok := h.broker.(PeerBroker)
	if !ok {
		return nil
	}
	for _, p := range b.Peers() {
		beats = append(beats, Heartbeat{CSC: "Manager:" + p.Name, Timestamp: love.UnixSeconds(p.Beat)})
	}
	slices.SortFunc(beats, func(a, b Heartbeat) int { return cmp.Compare(a.CSC, b.CSC) })
	return beats
}

// heartbeat sends the manager's heartbeat to the sessions of this hub that are in
// heartbeat-manager-0-stream (docs/protocol/manager.md#heartbeats). Each hub sends
// its own.
func (h *Hub) heartbeat() {
	now := h.clock.Now()
	beats := []Heartbeat{{CSC: "Manager", Timestamp: love.UnixSeconds(now)}}
	if h.heartbeats != nil {
		beats = append(beats, h.heartbeats()...)
	}
	beats = append(beats, h.peerBeats()...)
	buf := append(newBuffer(256), `{"category":"heartbeat","data":[`...)
	for i, b := range beats {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = love.AppendText(append(buf, `{"csc":`...), b.CSC)
		buf = append(buf, `,"salindex":0,"data":{"timestamp":`...)
		buf = append(love.AppendFloat(buf, b.Timestamp), "}}"...)
	}
	f := textFrame(append(buf, `],"subscription":"heartbeat"}`...))
	f.counted = true
	h.lastHeartbeat.Store(f)

	if g := h.index.find(heartbeatGroup); g != nil {
		r := router{hub: h, now: now}
		r.send(g, g.key, f)
		r.wakes.wakeAll()
	}
}
