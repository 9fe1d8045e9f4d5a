package scriptqueue

import (
	"strconv"
	"time"

	"github.com/rubin-love/love-go/love"
)

// HeartbeatComponent is the component under which the heartbeats of scripts are
// sent.
const HeartbeatComponent = "ScriptHeartbeats"

// lostAge is the age of a script's last heartbeat from which on one counts as
// lost: scripts send one every 5 s, and 2 s are grace.
const lostAge = 5*time.Second + 2*time.Second

// Heartbeat is the state of the heartbeat of one script.
type Heartbeat struct {
	Script int
	Lost   int       // number of checks since the last heartbeat was too old
	Last   time.Time // zero before the first
}

// AppendItem appends the item of the message with the heartbeat; queue is the index
// of the script's queue (docs/protocol/producer.md#script-heartbeats).
func (h Heartbeat) AppendItem(dst []byte, queue int) []byte {
	last := -1.0
	if !h.Last.IsZero() {
		last = love.UnixSeconds(h.Last)
	}
	dst = strconv.AppendInt(append(dst, `{"csc":"`+HeartbeatComponent+`","salindex":`...), int64(queue), 10)
	dst = strconv.AppendInt(append(dst, `,"data":{"stream":{"script_heartbeat":{"salindex":`...), int64(h.Script), 10)
	dst = strconv.AppendInt(append(dst, `,"lost":`...), int64(h.Lost), 10)
	dst = love.AppendFloat(append(dst, `,"last_heartbeat_timestamp":`...), last)
	return append(dst, "}}}}"...)
}

// checkBeat counts a heartbeat as lost if the last one is too old.
func (s *script) checkBeat(now time.Time) Heartbeat {
	if s.beat.IsZero() || s.beat.Before(now.Add(-lostAge)) {
		s.lost++
	} else {
		s.lost = 0
	}
	return Heartbeat{Script: s.index, Lost: s.lost, Last: s.beat}
}
