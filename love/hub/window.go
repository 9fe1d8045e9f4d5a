package hub

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// window bounds how many bytes are on the way to a peer, so that they are read within
// maxAge: without it, minutes of telemetry would wait in the buffers of the kernel and
// of the network for a peer that reads slowly, where they cannot be conflated. Pings
// that travel with the data measure how far the peer has read; an answer to one stands
// for all before it. A peer that has never answered a ping is not bounded.
type window struct {
	maxAge time.Duration

	mu       sync.Mutex
	measured bool       // the peer has answered a ping
	size     int64      // most bytes on the way
	sent     int64      // bytes handed to the connection
	read     int64      // of these, known to have been read
	pings    []sentPing // that were not answered yet, oldest first
	pingedAt time.Time  // the last one
	blocked  bool       // the writer waits for an answer
	retry    bool       // a frame may be sent, with another ping
	watched  bool       // a call of check is scheduled
	late     int        // consecutive calls of check that found the peer behind
	large    int        // bytes of the largest frame since the last ping
}

// sentPing is a ping that travels behind the first position bytes.
type sentPing struct {
	position int64
	at       time.Time
	large    int // bytes of the largest frame before it, since the last ping
}

// The bounds of a window, in bytes. It begins small and doubles with each answer that
// comes soon.
const (
	firstPing   = 512      // bytes before the first ping
	firstBytes  = 64 << 10 // bytes before the answer to it, while that may come
	minWindow   = 1 << 10
	firstWindow = 8 << 10
	maxWindow   = 8 << 20
)

// pingPeriod is the longest time between pings while data flows, and between those to a
// peer that is behind.
const pingPeriod = time.Second

// firstAnswer is how long a peer has for its first answer.
const firstAnswer = 3 * time.Second

// maxLate is how many times in succession, a pingPeriod apart, a peer may be found
// behind. They are counted, not measured, so that nobody is closed because this machine
// itself was suspended.
const maxLate = 10

// slowestRead is how many bytes of a large frame a peer must read in a pingPeriod: it
// cannot answer a ping within the frame.
const slowestRead = 8 << 10

// maxUnmeasuredPings is how many pings are remembered of a peer that answers none.
const maxUnmeasuredPings = 16

// room returns how many bytes may be handed to the connection now. If it returns 0, the
// writer must wait until answered reports that there is room.
func (w *window) room(now time.Time) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.measured {
		return w.firstRoom(now)
	}
	room := w.size - (w.sent - w.read)
	if len(w.pings) == 0 || w.retry {
		room = max(room, 1) // a frame and the ping that goes with it
	}
	w.blocked = room <= 0
	return int(max(room, 0))
}

// firstRoom is room before the peer has answered a ping: it gets the first one soon, and
// the time to answer it before it gets more than it may read slowly.
func (w *window) firstRoom(now time.Time) int {
	switch {
	case len(w.pings) == 0:
		return firstPing
	case !now.Before(w.pings[0].at.Add(firstAnswer)) || len(w.pings) == maxUnmeasuredPings:
		return maxWrite
	}
	room := max(0, firstBytes-w.sent)
	w.blocked = room == 0
	return int(room)
}

// widen makes room for what the kernel takes, for a queue that is about to overflow.
func (w *window) widen() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.size = max(w.size, w.sent-w.read+maxWrite)
	w.blocked = false
}

// check looks whether the peer is behind: whether the oldest ping has not been answered
// for two maxAge. If it is, late is set; the peer must get another ping, in case that an
// answer was lost. tooLate is set if that has been so for too long. check must be called
// again at next, unless that is zero.
func (w *window) check(now time.Time) (late, tooLate bool, next time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pings) == 0 {
		w.watched, w.late = false, 0
		return false, false, time.Time{}
	}
	if !w.measured { // it may be one that answers no ping
		w.watched, w.blocked = false, false
		return false, false, time.Time{}
	}
	if due := w.pings[0].at.Add(2 * w.maxAge); due.After(now) {
		w.late = 0
		return false, false, due
	}
	w.late++
	w.blocked, w.retry = false, true
	return true, w.late > maxLate+w.pings[0].large/slowestRead, now.Add(pingPeriod)
}

func (w *window) isBlocked() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.blocked
}

// add counts bytes that are handed to the connection, largest of which are one frame, and returns a ping to be written
// behind them, if one is due: asked is set if the peer gets a ping in any case. Unless
// watch is zero, check must be called then.
func (w *window) add(bytes, largest int, asked bool, now time.Time) (ping *frame, watch time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent += int64(bytes)
	w.retry = false
	w.large = max(w.large, largest)
	if !w.isPingDue(asked, now) {
		return nil, time.Time{}
	}
	if !w.measured && len(w.pings) == maxUnmeasuredPings {
		w.pings = append(w.pings[:0], w.pings[1:]...)
	}
	ping = controlFrame(ws.OpPing, binary.BigEndian.AppendUint64(nil, uint64(w.sent)))
	w.pings = append(w.pings, sentPing{w.sent, now, w.large})
	w.large = 0
	w.pingedAt = now
	w.sent += int64(len(ping.bytes))
	switch {
	case w.watched:
	case w.measured:
		w.watched, watch = true, w.pings[0].at.Add(2*w.maxAge)
	case len(w.pings) == 1:
		w.watched, watch = true, now.Add(firstAnswer)
	}
	return ping, watch
}

// isPingDue reports whether the bytes that were sent since the last ping, or the time,
// call for another one.
func (w *window) isPingDue(asked bool, now time.Time) bool {
	if len(w.pings) == 0 {
		if !w.measured {
			return w.sent >= firstPing
		}
		return w.sent-w.read >= w.size/2 || now.Sub(w.pingedAt) >= pingPeriod
	}
	if asked || !w.measured { // of an unmeasured peer it is enough to know whether it answers
		return asked
	}
	last := w.pings[len(w.pings)-1].position
	return w.sent-last >= w.size/2 || now.Sub(w.pingedAt) >= pingPeriod
}

// answered handles a pong: it reports whether that answers a ping of the window, and
// whether the writer waited for it.
func (w *window) answered(payload []byte, now time.Time) (known, unblocked bool) {
	if len(payload) != 8 {
		return false, false
	}
	position := int64(binary.BigEndian.Uint64(payload))
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, p := range w.pings {
		if p.position != position {
			continue
		}
		w.adapt(position-w.read, now.Sub(p.at))
		w.read, w.measured = position, true
		w.pings = append(w.pings[:0], w.pings[i+1:]...)
		unblocked, w.blocked = w.blocked, false
		return true, unblocked
	}
	return false, false
}

// adapt changes the size after so many bytes were read, the last of them a time after
// they were sent.
func (w *window) adapt(bytes int64, took time.Duration) {
	switch {
	case took < w.maxAge*2/3 && 4*bytes >= w.size: // so much is needed
		w.size = min(2*w.size, maxWindow)
	case took > w.maxAge:
		w.size = max(min(w.size/2, bytes), minWindow)
	}
}

// lag returns for how long the peer has not read what was sent; 0 if it is not known.
func (w *window) lag(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.measured || len(w.pings) == 0 {
		return 0
	}
	return max(0, now.Sub(w.pings[0].at)) // it may have been sent after now
}
