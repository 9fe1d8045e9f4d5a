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
// that travel with the data measure how far the peer has read. A peer that answers no
// ping is not bounded.
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
}

// sentPing is a ping that travels behind the first position bytes.
type sentPing struct {
	position int64
	at       time.Time
}

// The bounds of a window, in bytes. It begins small and doubles with each answer that
// comes soon.
const (
	firstPing   = 512 // bytes before the first ping
	minWindow   = 1 << 10
	firstWindow = 8 << 10
	maxWindow   = 8 << 20
)

// pingPeriod is the longest time between pings while data flows.
const pingPeriod = time.Second

// room returns how many bytes may be handed to the connection now. If it returns 0, the
// writer must wait until answered reports that there is room.
func (w *window) room() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.measured {
		return maxWrite
	}
	room := w.size - (w.sent - w.read)
	if len(w.pings) == 0 {
		room = max(room, 1) // a frame and the ping that goes with it
	}
	w.blocked = room <= 0
	return int(max(room, 0))
}

// widen makes room for what the kernel takes, for a queue that is about to overflow.
func (w *window) widen() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.size = max(w.size, w.sent-w.read+maxWrite)
	w.blocked = false
}

func (w *window) isBlocked() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.blocked
}

// add counts bytes that are handed to the connection, and returns a ping to be written
// behind them, if one is due.
func (w *window) add(bytes int, now time.Time) *frame {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent += int64(bytes)
	last := w.read
	if n := len(w.pings); n > 0 {
		if !w.measured {
			return nil // it is enough to know whether the peer answers
		}
		last = w.pings[n-1].position
	}
	if !w.measured && w.sent < firstPing {
		return nil
	}
	if w.sent-last < w.size/2 && now.Sub(w.pingedAt) < pingPeriod {
		return nil
	}
	f := controlFrame(ws.OpPing, binary.BigEndian.AppendUint64(nil, uint64(w.sent)))
	w.pings = append(w.pings, sentPing{w.sent, now})
	w.pingedAt = now
	w.sent += int64(len(f.bytes))
	return f
}

// answered handles the answer to a ping and reports whether the writer waited for it.
func (w *window) answered(payload []byte, now time.Time) (unblocked bool) {
	if len(payload) != 8 {
		return false
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
		return unblocked
	}
	return false
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
