package producer

import (
	"strings"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// outbox holds messages until the manager has them for certain: first those
// that were sent on this connection and may be lost with it, then those that
// wait to be sent. Events stay all and in order; of telemetry, and of other
// streams of which each message replaces the one before, the newest stays
// (producer spec, quirk C-DROP).
type outbox struct {
	limit   int // bytes
	size    int
	letters []letter
	first   int            // number of letters[0], counted from the beginning
	sent    int            // number of the first that waits to be sent
	newest  map[string]int // numbers of waiting letters that can be replaced, by key
	blank   int            // waiting letters without message

	dropped  uint64 // for lack of room
	homeless uint64 // telemetry that no manager could distribute
}

// letter is one message; msg is nil when it needs not be sent again.
type letter struct {
	msg []byte
	key string // what it can be replaced by; empty if by nothing
}

// overhead is what a letter takes beside its bytes.
const overhead = 100

func newOutbox(limit int) outbox { return outbox{limit: limit, newest: map[string]int{}} }

// put adds a copy of a message that waits to be sent. One that it replaces is
// blanked, and the new one is the last: so it is the last to be dropped, too.
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

// blankOut takes the message from waiting letter n.
func (o *outbox) blankOut(n int) {
	l := &o.letters[n-o.first]
	o.size -= len(l.msg)
	*l = letter{}
	o.blank++
	if o.blank > (len(o.letters)-(o.sent-o.first))/2 {
		o.compact()
	}
}

// compact removes the blank ones among the waiting letters.
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

// keepSent adds a copy of a message that was sent just now. Only events are
// kept; nothing may wait.
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

// trim makes room.
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

// next is the message to be sent next; nil if none waits.
func (o *outbox) next() []byte {
	for ; o.sent < o.first+len(o.letters); o.sent++ {
		if msg := o.letters[o.sent-o.first].msg; msg != nil {
			return msg
		}
		o.blank--
	}
	return nil
}

// advance notes that the next message was sent. What can be replaced is not
// kept any longer.
func (o *outbox) advance() {
	l := &o.letters[o.sent-o.first]
	if l.key != "" {
		delete(o.newest, l.key)
		o.size -= len(l.msg)
		*l = letter{}
	}
	o.sent++
}

// arrived notes that the messages before number n are with the manager.
func (o *outbox) arrived(n int) {
	for o.first < n && len(o.letters) > 0 {
		o.forget()
	}
}

// lost notes that the connection is, and with it perhaps what was sent on it.
func (o *outbox) lost() {
	for ; o.sent > o.first; o.sent-- {
		if o.letters[o.sent-1-o.first].msg == nil {
			o.blank++
		}
	}
}

// address is what a message is about.
type address struct {
	streams  []string
	replaces bool // what was said before about the same streams
}

// addressOf reads a message. One that no manager could distribute has no streams.
func addressOf(msg []byte) (a address) {
	var f wire.Frame
	if f.Parse(msg) != nil || !wire.IsText(f.Category) {
		return a
	}
	telemetry := string(wire.Text(f.Category)) == string(love.CategoryTelemetry)
	a.replaces = true
	for i := range f.Items {
		it := &f.Items[i]
		if it.Problem != nil {
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

// identity tells heartbeats apart, which are all of one stream: whose it is.
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

// isEvent looks at the category alone, which in our messages comes first.
func isEvent(msg []byte) bool {
	const telemetry = `{"category":"` + string(love.CategoryTelemetry) + `"`
	return len(msg) < len(telemetry) || string(msg[:len(telemetry)]) != telemetry
}
