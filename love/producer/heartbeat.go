package producer

import (
	"strconv"
	"time"

	"github.com/rubin-love/love-go/love"
)

const heartbeatCSC = "Heartbeat"

// stateStream is the stream of messages whose component has one stream only.
var stateStream = [...]string{"stream"}

const (
	heartbeatWait     = 2 * time.Second // until one counts as lost; least time between messages
	maxLostHeartbeats = 5               // for the information of viewers only
)

// heartbeatWatch condenses the heartbeats of a component into the messages that
// viewers see (producer spec, section 6.4). It has no clock: its owner calls beat
// for each live heartbeat and timeout when none came for [heartbeatWait], and
// sends the message when they return true.
type heartbeatWatch struct {
	lost int
	last time.Time // zero before the first heartbeat
	due  time.Time // earliest time of the next message
}

func (w *heartbeatWatch) begin(now time.Time) { w.due = now.Add(heartbeatWait) }

func (w *heartbeatWatch) beat(now time.Time) (send bool) {
	w.lost, w.last = 0, now
	return w.dueAt(now)
}

func (w *heartbeatWatch) timeout(now time.Time) (send bool) {
	w.lost++
	return w.dueAt(now)
}

func (w *heartbeatWatch) dueAt(now time.Time) bool {
	if now.Before(w.due) {
		return false
	}
	w.due = now.Add(heartbeatWait)
	return true
}

// pulse is a heartbeatWatch with a timer.
type pulse struct {
	heartbeatWatch
	timer love.Timer
	begun bool
}

// newPulse returns a pulse that begins to watch after a delay.
func newPulse(clock love.Clock, delay time.Duration) *pulse {
	return &pulse{timer: clock.NewTimer(delay)}
}

// arrived handles a heartbeat and reports whether to send the message. Before the
// watch has begun, a heartbeat is ignored: it may be late joiner data and is no
// sign of life.
func (p *pulse) arrived(at time.Time) (send bool) {
	if !p.begun {
		return false
	}
	p.timer.Reset(heartbeatWait)
	return p.beat(at)
}

// fired handles the expiry of the timer and reports whether to send the message.
func (p *pulse) fired(now time.Time) (send bool) {
	p.timer.Reset(heartbeatWait)
	if !p.begun {
		p.begun = true
		p.begin(now)
		return false
	}
	return p.timeout(now)
}

// appendItem appends the item of the heartbeat message (producer spec, section
// 2.4).
func (w *heartbeatWatch) appendItem(dst []byte, csc string, index int) love.RawValue {
	last := -1.0
	if !w.last.IsZero() {
		last = love.UnixSeconds(w.last)
	}
	dst = append(dst, `{"csc":"`+heartbeatCSC+`","salindex":0,"data":{"stream":{"csc":`...)
	dst = love.AppendText(dst, csc)
	dst = strconv.AppendInt(append(dst, `,"salindex":`...), int64(index), 10)
	dst = strconv.AppendInt(append(dst, `,"lost":`...), int64(w.lost), 10)
	dst = love.AppendFloat(append(dst, `,"last_heartbeat_timestamp":`...), last)
	dst = strconv.AppendInt(append(dst, `,"max_lost_heartbeats":`...), maxLostHeartbeats, 10)
	return append(dst, "}}}"...)
}
