package producer

import (
	"strings"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// outbox holds messages until the manager has confirmed them: first those that
// were sent on this connection and may be lost with it, then those that wait to
// be sent. It keeps all events in order. Of telemetry, and of other streams whose
// messages replace each other, it keeps the newest (producer spec, quirk C-DROP).
type outbox struct {
	limit   int // bytes
	size    int
	letters []letter
	first   int            // number of letters[0]; letters are numbered from 0
	sent    int            // number of the first letter that waits to be sent
	newest  map[string]int // numbers of waiting letters that can be replaced, by key
	blank   int            // waiting letters without a message

	dropped  uint64 // messages dropped for lack of room
	homeless uint64 // telemetry messages that no manager could distribute
}

// letter is one message; msg is nil if it need not be sent again.
type letter struct {
	msg []byte
	key string // shared with the messages that replace it; empty if none does
}

// overhead is the memory that a letter takes in addition to its message, in bytes.
const overhead = 100

func newOutbox(limit int) outbox { return outbox{limit: limit, newest: map[string]int{}} }

// put adds a copy of a message that waits to be sent. It blanks the message that
// this one replaces; the new one goes to the end, so that it is also dropped last.
func (o *outbox) put(msg []byte) {
	a := addressOf(msg)
	if len(a.streams) == 0 && !isEvent(msg) {
		o.homeless++
		return
	}
	key := ""
	if a.replaces {
		key = strings.Join(a.streams, " ")
	}
	if n, ok := o.newest[key]; ok {
		o.blankOut(n)
	}
	o.add(msg, key)
	if key != "" {
		o.newest[key] = o.first + len(o.letters) - 1
	}
	o.trim()
}

// blankOut removes the message of waiting letter n.
func (o *outbox) blankOut(n int) {
	l := &o.letters[n-o.first]
	o.size -= len(l.msg)
	*l = letter{}
	o.blank++
	if o.blank > (len(o.letters)-(o.sent-o.first))/2 {
		o.compact()
	}
}

// compact removes the blank letters among those that wait.
func (o *outbox) compact() {
	from := o.sent - o.first
	kept := o.letters[:from]
	for _, l := range o.letters[from:] {
		if l.msg == nil {
			continue
		}
		if l.key != "" {
			o.newest[l.key] = o.first + len(kept)
		}
		kept = append(kept, l)
	}
	clear(o.letters[len(kept):])
	o.letters = kept
	o.size -= o.blank * overhead
	o.blank = 0
}

// keepSent adds a copy of a message that was just sent, if it is an event. No
// letter may be waiting.
func (o *outbox) keepSent(msg []byte) {
	if !isEvent(msg) {
		return
	}
	o.add(msg, "")
	o.sent++
	o.trim()
}

func (o *outbox) add(msg []byte, key string) {
	o.letters = append(o.letters, letter{append([]byte(nil), msg...), key})
	o.size += len(msg) + overhead
}

// trim forgets the oldest letters until the rest is within the limit.
func (o *outbox) trim() {
	for o.size > o.limit && len(o.letters) > 0 {
		switch {
		case o.first < o.sent:
		case o.letters[0].msg == nil:
			o.blank--
		default:
			o.dropped++
		}
		o.forget()
	}
}

// forget removes the oldest letter.
func (o *outbox) forget() {
	l := &o.letters[0]
	o.size -= len(l.msg) + overhead
	if l.key != "" && o.newest[l.key] == o.first {
		delete(o.newest, l.key)
	}
	*l = letter{}
	o.letters = o.letters[1:]
	o.first++
	o.sent = max(o.sent, o.first)
}

// next returns the message to be sent next, nil if none waits.
func (o *outbox) next() []byte {
	for ; o.sent < o.first+len(o.letters); o.sent++ {
		if msg := o.letters[o.sent-o.first].msg; msg != nil {
			return msg
		}
		o.blank--
	}
	return nil
}

// advance notes that the next message was sent. A message that can be replaced is
// not kept any longer.
func (o *outbox) advance() {
	l := &o.letters[o.sent-o.first]
	if l.key != "" {
		delete(o.newest, l.key)
		o.size -= len(l.msg)
		*l = letter{}
	}
	o.sent++
}

// arrived forgets the messages before number n, which the manager has read.
func (o *outbox) arrived(n int) {
	for o.first < n && len(o.letters) > 0 {
		o.forget()
	}
}

// lost makes the messages that were sent on the lost connection wait again.
func (o *outbox) lost() {
	for ; o.sent > o.first; o.sent-- {
		if o.letters[o.sent-1-o.first].msg == nil {
			o.blank++
		}
	}
}

// address tells which streams a message is about.
type address struct {
	streams  []string
	replaces bool // whether it replaces the previous message with these streams
}

// addressOf returns the address of a message, without streams if no manager could
// distribute the message.
func addressOf(msg []byte) (a address) {
	var f wire.Message
	if f.Parse(msg) != nil || !wire.IsText(f.Category) {
		return a
	}
	telemetry := string(wire.Text(f.Category)) == string(love.CategoryTelemetry)
	a.replaces = true
	for i := range f.Items {
		it := &f.Items[i]
		if it.Err != nil {
			return address{}
		}
		csc := string(wire.Text(it.CSC))
		document := csc == "Heartbeat" || csc == "ScriptHeartbeats" || csc == queueStateCSC
		a.replaces = a.replaces && (telemetry || document)
		for _, s := range f.Streams(it) {
			stream := strings.Join([]string{string(f.Category), csc, string(it.SalIndex), string(s.Name)}, "-")
			if document {
				stream += identity(s.Value)
			}
			a.streams = append(a.streams, stream)
		}
	}
	a.replaces = a.replaces && len(a.streams) > 0
	return a
}

// identity returns whose heartbeat or queue state a value is, because the streams
// of all of them have the same name.
func identity(value []byte) (id string) {
	for name, v := range wire.Members(value) {
		switch name {
		case "csc", "salindex":
			id += "-" + string(v)
		case "script_heartbeat":
			id += identity(v)
		}
	}
	return id
}

// isEvent reports whether the category, which comes first in our messages, is any
// but telemetry.
func isEvent(msg []byte) bool {
	const telemetry = `{"category":"` + string(love.CategoryTelemetry) + `"`
	return len(msg) < len(telemetry) || string(msg[:len(telemetry)]) != telemetry
}
