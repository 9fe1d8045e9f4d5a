package producer

import (
	"github.com/rubin-love/love-go/love"
)

// outbox holds messages until the manager has confirmed them: first those that were
// sent on this connection and may be lost with it, then those that wait to be sent.
// It keeps all events in order. Of telemetry, and of other streams whose messages
// replace each other, it keeps the newest (docs/protocol/producer.md#outbox).
type outbox struct {
	limit  int // bytes
	size   int
	queue  []Data            // blank entries, without JSON, need not be sent again
	first  int               // number of queue[0]; messages are numbered from 0
	sent   int               // number of the first message that waits to be sent
	newest map[streamKey]int // numbers of waiting messages that can be replaced
	blanks int               // waiting entries without a message

	dropped uint64 // messages dropped for lack of room
}

// overhead is the memory that an entry takes in addition to its JSON, in bytes.
const overhead = 128

func newOutbox(limit int) outbox { return outbox{limit: limit, newest: map[streamKey]int{}} }

// put adds a copy of a message that waits to be sent. It blanks the message that
// this one replaces; the new one goes to the end, so that it is also dropped last.
func (o *outbox) put(d Data) {
	key, replaces := d.key()
	if n, ok := o.newest[key]; ok && replaces {
		o.blank(n)
	}
	o.add(d)
	if replaces {
		o.newest[key] = o.first + len(o.queue) - 1
	}
	o.trim()
}

// blank removes the message of waiting entry n.
func (o *outbox) blank(n int) {
	d := &o.queue[n-o.first]
	o.size -= len(d.JSON)
	*d = Data{}
	o.blanks++
	if o.blanks > (len(o.queue)-(o.sent-o.first))/2 {
		o.compact()
	}
}

// compact removes the blank entries among those that wait.
func (o *outbox) compact() {
	from := o.sent - o.first
	kept := o.queue[:from]
	for _, d := range o.queue[from:] {
		if d.JSON == nil {
			continue
		}
		if key, ok := d.key(); ok {
			o.newest[key] = o.first + len(kept)
		}
		kept = append(kept, d)
	}
	clear(o.queue[len(kept):])
	o.queue = kept
	o.size -= o.blanks * overhead
	o.blanks = 0
}

// keepSent adds a copy of a message that was just sent, unless it is telemetry. No
// message may be waiting.
func (o *outbox) keepSent(d Data) {
	if d.Category == love.CategoryTelemetry {
		return
	}
	d.Replaceable = false // it has been sent, and may have been read
	o.add(d)
	o.sent++
	o.trim()
}

func (o *outbox) add(d Data) {
	d.JSON = append([]byte{}, d.JSON...) // never nil
	o.queue = append(o.queue, d)
	o.size += len(d.JSON) + overhead
}

// trim forgets the oldest messages until the rest is within the limit.
func (o *outbox) trim() {
	for o.size > o.limit && len(o.queue) > 0 {
		switch {
		case o.first < o.sent:
		case o.queue[0].JSON == nil:
			o.blanks--
		default:
			o.dropped++
		}
		o.forget()
	}
}

// forget removes the oldest entry.
func (o *outbox) forget() {
	d := &o.queue[0]
	o.size -= len(d.JSON) + overhead
	if key, ok := d.key(); ok && o.newest[key] == o.first {
		delete(o.newest, key)
	}
	*d = Data{}
	o.queue = o.queue[1:]
	o.first++
	o.sent = max(o.sent, o.first)
}

// next returns the message to be sent next. ok is false if none waits.
func (o *outbox) next() (d Data, ok bool) {
	for ; o.sent < o.first+len(o.queue); o.sent++ {
		if d := o.queue[o.sent-o.first]; d.JSON != nil {
			return d, true
		}
		o.blanks--
	}
	return Data{}, false
}

// advance notes that the next message was sent. A message that can be replaced is
// not kept any longer.
func (o *outbox) advance() {
	d := &o.queue[o.sent-o.first]
	if key, ok := d.key(); ok {
		delete(o.newest, key)
		o.size -= len(d.JSON)
		*d = Data{}
	}
	o.sent++
}

// confirm forgets the messages before number n, which the manager has read.
func (o *outbox) confirm(n int) {
	for o.first < n && len(o.queue) > 0 {
		o.forget()
	}
}

// disconnect makes the messages that were sent on the lost connection wait again.
func (o *outbox) disconnect() {
	for ; o.sent > o.first; o.sent-- {
		if o.queue[o.sent-1-o.first].JSON == nil {
			o.blanks++
		}
	}
}
