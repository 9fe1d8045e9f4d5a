package redis

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/hub"
)

// errQueueFull is returned for messages that push older ones out of the queue.
var errQueueFull = errors.New("too much waits for Redis: older messages for other managers were dropped")

// conflateAt is how many bytes may wait before telemetry is replaced by newer values, each
// message with its last values: more than a producer sends in one burst.
const conflateAt = 16 << 20

// queue holds what is to be sent to Redis, in order.
type queue struct {
	origin uint64
	limit  int    // bytes
	layout layout // for keys, which are the same in a cluster
	seed   maphash.Seed
	wake   chan struct{}

	namesMu sync.Mutex
	known   map[hub.Topic]names

	mu      sync.Mutex
	entries []entry
	bytes   int
	gaps    int                 // entries that were removed
	head    int                 // the first that may be dropped
	number  uint64              // of the last message
	sent    uint64              // the number up to which all were sent
	flushed chan struct{}       // closed when sent or away changes; nil if nobody waits
	byKey   map[uint64]int      // places of telemetry in entries; nil while little waits
	sources map[string]*written // that have published
	reads   []*reading
	peers   []uint64 // managers whose sources must be read
	renew   bool     // the hashes of live sources must be made to last
	reread  bool     // something was dropped: the others must read sources and last values
	away    bool     // nothing is being sent
	stats   Stats
}

// entry is a message that waits, with the last values that it leaves.
type entry struct {
	kind      kind
	source    string // of a kindUp and a kindGone
	topic     hub.Topic
	message   []byte // nil if it was replaced
	values    []value
	conflates bool // it may be replaced
	added     time.Time
}

func (e *entry) size() int {
	n := len(e.message) + entryOverhead
	for i := range e.values {
		n += len(e.values[i].data) + entryOverhead
	}
	return n
}

// entryOverhead estimates the memory of an entry or a value besides its text, in bytes.
const entryOverhead = 128

// value is a last value as it is written.
type value struct {
	names names
	field string
	data  []byte
}

// names are where the last values of a component are in Redis.
type names struct {
	values     string // the key of the hash
	components string // the key of the set with element
	element    string
}

// maxNames bounds how many names are remembered.
const maxNames = 10_000

// namesOf returns the names for a topic.
func (q *queue) namesOf(t hub.Topic) names {
	q.namesMu.Lock()
	defer q.namesMu.Unlock()
	n, ok := q.known[t]
	if !ok {
		if len(q.known) >= maxNames {
			clear(q.known)
		}
		n = names{q.layout.values(t), q.layout.components(t.Category), component(t)}
		q.known[t] = n
	}
	return n
}

// written are the hashes in which a source has values.
type written map[string]names

// add encodes a batch and puts it at the end. The envelopes get their numbers.
func (q *queue) add(batch []hub.Envelope) error {
	encoded := make([]entry, 0, len(batch))
	for i := range batch {
		encoded = append(encoded, q.encode(&batch[i]))
	}
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	dropped := q.stats.Dropped
	for i := range encoded {
		e := &encoded[i]
		source := batch[i].Source
		if e.kind == kindGone {
			delete(q.sources, source)
		} else if source != "" && batch[i].Kind != hub.EnvelopeInitialState {
			q.noteLocked(source, e.values, now)
		}
		e.added = now
		batch[i].Number = q.appendLocked(*e)
	}
	signal(q.wake)
	if q.stats.Dropped != dropped {
		return errQueueFull
	}
	return nil
}

// control adds a message to all managers.
func (q *queue) control(k kind, payload []byte) {
	m := message{kind: k, origin: q.origin, received: time.Now(), payload: payload}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.appendLocked(entry{kind: k, message: m.append(nil), added: m.received})
	signal(q.wake)
}

// encode encodes an envelope, but for its number.
func (q *queue) encode(e *hub.Envelope) entry {
	topic := e.Topic()
	m := message{kind: kind(e.Kind), origin: q.origin, received: e.Received, source: e.Source, payload: e.Payload}
	result := entry{kind: m.kind, source: e.Source, topic: topic, conflates: topic.Category == love.CategoryTelemetry}
	buf := m.append(make([]byte, 0, 2*len(e.Payload)+128))
	end := len(buf)
	for v := range e.LastValues() {
		from := len(buf)
		buf = append(buf, v.Stream...)
		field := len(buf)
		buf = appendValue(buf, q.origin, 0, &v)
		of := topic
		if topic.IsCategory() {
			of = v.Topic()
		}
		result.values = append(result.values, value{q.namesOf(of), rueidis.BinaryString(buf[from:field:field]), buf[field:len(buf):len(buf)]})
	}
	result.message = buf[:end:end]
	return result
}

// noteLocked notes what a source has written, and announces one that is new.
func (q *queue) noteLocked(source string, values []value, now time.Time) {
	w := q.sources[source]
	if w == nil {
		w = &written{}
		q.sources[source] = w
		m := message{kind: kindUp, origin: q.origin, received: now, source: source}
		q.appendLocked(entry{kind: kindUp, source: source, message: m.append(nil), added: now})
	}
	for i := range values {
		if n := values[i].names; (*w)[n.values] == (names{}) {
			(*w)[n.values] = n
		}
	}
}

// valueNumberAt is where the number of a last value is.
const valueNumberAt = receivedDigits + 1 + 8

// appendLocked numbers an entry and puts it at the end. If too much waits, others are
// replaced or dropped.
func (q *queue) appendLocked(e entry) (number uint64) {
	q.number++
	binary.BigEndian.PutUint64(e.message[numberAt:], q.number)
	for i := range e.values {
		binary.BigEndian.PutUint64(e.values[i].data[valueNumberAt:], q.number)
	}
	if q.gaps > 1024 && q.gaps > len(q.entries)/2 {
		q.compactLocked()
	}
	if q.byKey == nil && (q.away || q.bytes > conflateAt) {
		q.conflateLocked()
	}
	q.entries = append(q.entries, e)
	q.bytes += e.size()
	if q.byKey != nil {
		q.replaceLocked(len(q.entries) - 1)
	}
	for ; q.bytes > q.limit && q.head < len(q.entries)-1; q.head++ {
		old := &q.entries[q.head]
		isMessage, isSource := old.kind < kindGone, old.kind == kindGone || old.kind == kindUp
		if old.message == nil || !isMessage && !isSource {
			continue
		}
		q.removeLocked(q.head)
		q.reread = true
		if isMessage {
			q.stats.Dropped++
		}
	}
	return q.number
}

// conflateLocked begins to replace telemetry.
func (q *queue) conflateLocked() {
	q.byKey = make(map[uint64]int)
	for i := range q.entries {
		q.replaceLocked(i)
	}
}

// replaceLocked removes older telemetry of the same streams as that of entry i.
func (q *queue) replaceLocked(i int) {
	e := &q.entries[i]
	if e.message == nil || !e.conflates || len(e.values) == 0 {
		return
	}
	var h maphash.Hash
	h.SetSeed(q.seed)
	for j := range e.values {
		_, _ = h.WriteString(e.values[j].names.values)
		_, _ = h.WriteString(e.values[j].field)
	}
	key := h.Sum64()
	if old, ok := q.byKey[key]; ok && q.entries[old].message != nil {
		q.removeLocked(old)
		q.stats.Conflated++
	}
	q.byKey[key] = i
}

func (q *queue) removeLocked(i int) {
	q.bytes -= q.entries[i].size()
	q.entries[i] = entry{}
	q.gaps++
}

// compactLocked drops the places of removed entries.
func (q *queue) compactLocked() {
	kept := make([]entry, 0, len(q.entries)-q.gaps+1024)
	for i := range q.entries {
		if q.entries[i].message != nil {
			kept = append(kept, q.entries[i])
		}
	}
	q.entries, q.gaps, q.head = kept, 0, 0
	if q.byKey != nil {
		q.conflateLocked()
	}
}

// taken is what the queue gives to be sent, in this order.
type taken struct {
	entries []entry
	reads   []*reading
	renew   bool
	reread  bool
	peers   []uint64
	number  uint64 // of the last message that was added
}

// take removes everything that waits. into is memory for what comes.
func (q *queue) take(into []entry) taken {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gaps > 0 {
		q.compactLocked()
	}
	t := taken{q.entries, q.reads, q.renew, q.reread, q.peers, q.number}
	q.entries, q.byKey, q.bytes, q.head, q.away = into[:0], nil, 0, 0, false
	q.reads, q.renew, q.reread, q.peers = nil, false, false, nil
	return t
}

// putBack puts what could not be sent before what waits. Nothing is sent until take is
// called. Signs of life are not put back: the next connection begins with one.
func (q *queue) putBack(t taken) {
	q.mu.Lock()
	defer q.mu.Unlock()
	entries := slices.DeleteFunc(slices.Clone(t.entries), func(e entry) bool { return e.kind == kindBeat })
	q.entries = append(entries, q.entries...)
	for i := range entries {
		q.bytes += entries[i].size()
	}
	q.away, q.reads, q.head = true, nil, 0
	q.renew, q.peers, q.reread = false, nil, q.reread || t.reread
	q.wakeFlushesLocked()
	q.conflateLocked()
}

// setAway says that nothing is being sent.
func (q *queue) setAway() { q.putBack(taken{}) }

// read asks for last values to be read behind what was added before.
func (q *queue) read(r *reading) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.reads = append(q.reads, r)
	signal(q.wake)
}

// setRenew asks for the hashes of live sources to be made to last.
func (q *queue) setRenew() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.renew = true
	signal(q.wake)
}

// readPeer asks for the sources of a manager to be read.
func (q *queue) readPeer(origin uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.peers = append(q.peers, origin)
	signal(q.wake)
}

// sentUpTo says that all messages up to a number were sent.
func (q *queue) sentUpTo(number uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent = number
	q.wakeFlushesLocked()
}

func (q *queue) wakeFlushesLocked() {
	if q.flushed != nil {
		close(q.flushed)
		q.flushed = nil
	}
}

// errAway is the error of a flush while nothing is sent.
var errAway = errors.New("nothing is sent to Redis, which is away")

// flush waits until what was added before was sent.
func (q *queue) flush(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for number := q.number; q.sent < number; {
		if q.away {
			return errAway
		}
		if q.flushed == nil {
			q.flushed = make(chan struct{})
		}
		changed := q.flushed
		q.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		q.mu.Lock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func (q *queue) published(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Published += uint64(n)
}

// live returns the sources that have published and not gone, and the hashes in which they
// have values.
func (q *queue) live() (sources []string, hashes map[string]names) {
	q.mu.Lock()
	defer q.mu.Unlock()
	hashes = make(map[string]names)
	for source, w := range q.sources {
		sources = append(sources, source)
		for key, n := range *w {
			hashes[key] = n
		}
	}
	return sources, hashes
}
