package producer

import (
	"strconv"
	"time"

	"github.com/rubin-love/love-go/love"
)

const (
	heartbeatCSC      = "Heartbeat"
	heartbeatTopic    = "evt_heartbeat"
	onlyStream        = "stream"        // of components that have one stream only
	heartbeatWait     = 2 * time.Second // until one counts as lost; least time between messages
	maxLostHeartbeats = 5               // for the information of viewers only
)

// heartbeatWatch condenses the heartbeats of a component into the messages that
// viewers see (docs/protocol/producer.md#heartbeat-watch). Its owner calls beat for
// each heartbeat and expired when the timer fires, and sends the message when they
// return true.
type heartbeatWatch struct {
	csc   string
	index int
	timer love.Timer

	begun bool
	lost  int
	last  time.Time // zero before the first heartbeat
	due   time.Time // earliest time of the next message
}

// newHeartbeatWatch returns a watch that begins after a delay.
func newHeartbeatWatch(csc string, index int, clock love.Clock, delay time.Duration) *heartbeatWatch {
	return &heartbeatWatch{csc: csc, index: index, timer: clock.NewTimer(delay)}
}

// beat handles a heartbeat and reports whether to send the message. Before the
// watch has begun, a heartbeat is ignored: it may be late joiner data, which does
// not show that the component is alive.
func (w *heartbeatWatch) beat(now time.Time) (send bool) {
	if !w.begun {
		return false
	}
	w.timer.Reset(heartbeatWait)
	w.lost, w.last = 0, now
	return w.isDue(now)
}

// expired handles the expiry of the timer and reports whether to send the message.
func (w *heartbeatWatch) expired(now time.Time) (send bool) {
	w.timer.Reset(heartbeatWait)
	if !w.begun {
		w.begun, w.due = true, now.Add(heartbeatWait)
		return false
	}
	w.lost++
	return w.isDue(now)
}

func (w *heartbeatWatch) isDue(now time.Time) bool {
	if now.Before(w.due) {
		return false
	}
	w.due = now.Add(heartbeatWait)
	return true
}

// item returns the item of the message
// (docs/protocol/producer.md#heartbeat-message).
func (w *heartbeatWatch) item() item {
	last := -1.0
	if !w.last.IsZero() {
		last = love.UnixSeconds(w.last)
	}
	dst := love.AppendText([]byte(`{"csc":"`+heartbeatCSC+`","salindex":0,"data":{"`+onlyStream+`":{"csc":`), w.csc)
	dst = strconv.AppendInt(append(dst, `,"salindex":`...), int64(w.index), 10)
	dst = strconv.AppendInt(append(dst, `,"lost":`...), int64(w.lost), 10)
	dst = love.AppendFloat(append(dst, `,"last_heartbeat_timestamp":`...), last)
	dst = strconv.AppendInt(append(dst, `,"max_lost_heartbeats":`...), maxLostHeartbeats, 10)
	header := Header{
		Category: love.CategoryEvent, CSC: heartbeatCSC, Streams: []string{onlyStream},
		Source: w.csc + ":" + strconv.Itoa(w.index), Replaceable: true,
	}
	return item{header, append(dst, "}}}"...)}
}
