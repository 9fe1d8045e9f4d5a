package redis

import (
	"encoding/binary"
	"time"
	"unsafe"

	"github.com/rubin-love/love-go/love/hub"
)

// receive routes what comes from Redis, in order, until the inbox is closed.
func (s *session) receive() {
	r := receiving{session: s, names: make(map[string]string)}
	var items, spare []item
	for {
		if items = s.inbox.take(spare); items == nil {
			return
		}
		confirmed := false
		for i := range items {
			switch it := &items[i]; {
			case it.subscribed:
				s.topics.confirmed(channelName{it.channel, it.pattern})
				confirmed = true
			case it.poke:
				confirmed = true
			default:
				r.message(it)
			}
		}
		r.flush()
		if confirmed {
			s.beginReading()
			signal(s.inbox.confirmed)
		}
		clear(items)
		spare = items
	}
}

// receiving is the state of receive.
type receiving struct {
	*session
	batch []hub.Envelope
	names map[string]string // IDs of sources
}

// flush routes the messages that were collected.
func (r *receiving) flush() {
	if len(r.batch) == 0 {
		return
	}
	r.received.Add(uint64(len(r.batch)))
	r.deliver(r.batch)
	clear(r.batch)
	r.batch = r.batch[:0]
}

// message handles a message.
func (r *receiving) message(it *item) {
	text := unsafe.Slice(unsafe.StringData(it.text), len(it.text)) // which nobody changes
	if len(text) > numberAt && text[0] == codecVersion && kind(text[1]) <= kindGone && binary.BigEndian.Uint64(text[2:]) == r.origin {
		return // the hubs of this process have it
	}
	var m message
	if err := m.parse(text); err != nil {
		r.skip(it.channel, err)
		return
	}
	now := time.Now()
	if m.origin == r.origin {
		r.own(&m, now)
		return
	}
	if last := r.last[m.origin]; m.number <= last {
		r.repeated.Add(1)
		return
	}
	r.last[m.origin] = m.number
	switch {
	case m.kind == kindGone:
		r.peers.gone(m.origin, m.source)
		r.append(&m)
	case m.kind < kindGone:
		r.append(&m)
	case m.kind == kindUp:
		r.peers.up(m.origin, m.source, now)
	case m.kind == kindBeat:
		known, back := r.peers.beat(m.origin, string(m.payload), m.received, now)
		if !known {
			r.queue.readPeer(m.origin)
		}
		if back {
			r.readAgain()
		}
	case m.kind == kindReread:
		r.queue.readPeer(m.origin)
		r.readAgain()
	case m.kind == kindBye:
		r.flush()
		delete(r.last, m.origin)
		r.tell(hub.EnvelopeLost, r.peers.end(m.origin))
	}
}

// readAgain has the last values of everything read that is wanted. Messages that came before
// are routed first.
func (r *receiving) readAgain() {
	r.flush()
	r.topics.readAgain()
	r.beginReading()
}

// append adds a message of a hub to the batch.
func (r *receiving) append(m *message) {
	e := m.envelope()
	name, ok := r.names[e.Source]
	if !ok {
		if len(r.names) >= maxNames {
			clear(r.names)
		}
		name = e.Source
		r.names[name] = name
	}
	e.Source = name
	r.batch = append(r.batch, e)
}

// own handles what this manager has published for itself.
func (r *receiving) own(m *message, now time.Time) {
	switch m.kind {
	case kindBeat:
		r.beatMu.Lock()
		r.beatSeen = now
		r.beatMu.Unlock()
	case kindMarker:
		r.flush()
		r.learn(m)
	}
}

// skip counts what is not ours.
func (r *receiving) skip(where string, err error) {
	r.malformed.Add(1)
	r.unread.Failed(time.Now(), err, "where", where)
}

// beginReading asks for the last values of topics that are subscribed now. Messages that
// came before have been routed.
func (s *session) beginReading() {
	for _, r := range s.topics.unread() {
		r.want.link.call(func(receiver hub.Receiver) { r.mark = receiver.Mark() })
		s.expect(r)
		s.queue.read(r)
	}
}

// expect notes a reading whose marker will come back.
func (s *session) expect(r *reading) {
	s.readsMu.Lock()
	defer s.readsMu.Unlock()
	s.number++
	r.number = s.number
	s.reads[r.number] = r
}

// learnPeers notes the managers and their sources.
func (r *receiving) learnPeers(peers map[uint64][]string) {
	for origin, sources := range peers {
		if len(sources) > 0 {
			lost, found := r.peers.set(origin, sources, time.Now())
			r.tell(hub.EnvelopeLost, lost)
			r.tell(hub.EnvelopeFound, found)
		} else {
			r.tell(hub.EnvelopeLost, r.peers.remove(origin))
		}
	}
}

// learn hands over the last values that were read where the marker is.
func (r *receiving) learn(m *message) {
	number, n := binary.Uvarint(m.payload)
	r.readsMu.Lock()
	reading := r.reads[number]
	delete(r.reads, number)
	r.readsMu.Unlock()
	if n <= 0 || reading == nil {
		return
	}
	select {
	case <-reading.done:
	case <-r.ctx.Done():
		return
	}
	if reading.peers != nil {
		r.learnPeers(reading.peers)
		return
	}
	if reading.err != nil || !r.topics.synced(reading) {
		return
	}
	for i := range reading.values {
		v := &reading.values[i]
		v.Stale = !r.peers.isLive(reading.origins[i], v.Source)
	}
	reading.want.link.call(func(receiver hub.Receiver) {
		receiver.Learn(reading.topic, reading.mark, reading.values)
		receiver.Ready(reading.topic)
	})
}
