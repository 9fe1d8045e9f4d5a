package hub

import "github.com/rubin-love/love-go/love"

// heartbeat sends the manager's heartbeat to the sessions of this hub that are
// in heartbeat-manager-0-stream (section 2.7). Every hub does so for its own.
func (h *Hub) heartbeat() {
	now := h.clock.Now()
	beats := []Heartbeat{{CSC: "Manager", Timestamp: love.UnixSeconds(now)}}
	if h.heartbeats != nil {
		beats = append(beats, h.heartbeats()...)
	}
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
	h.lastHeartbeat.Store(f)

	g := h.index.lookup([]byte(heartbeatGroup.Category), []byte(heartbeatGroup.CSC), []byte(heartbeatGroup.SalIndex), []byte(heartbeatGroup.Stream))
	if g == nil {
		return
	}
	d := delivery{hub: h, now: now}
	d.send(g, g.key, f)
	d.burst.flush()
}
