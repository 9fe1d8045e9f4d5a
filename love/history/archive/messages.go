package archive

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// channel is a stream in one file.
type channel struct {
	id      uint16
	group   love.Group
	schema  []byte
	counted uint32 // messages so far, for those without a number of the hub's
	last    uint32 // the number of the newest message
	written bool   // to the file
	live    int    // the last slab in whose live file it was written
}

// channels are the streams of one file, in the order of their IDs, which begin at 1.
type channels struct {
	list   []*channel
	lookup map[love.Group]*channel
	names  map[string]*channel // by the bytes of a stream, so that nothing is allocated
	key    []byte
	fields func(love.Group) []Field
}

// maxChannels is how many streams a file may have.
const maxChannels = 1<<16 - 1

// of returns the channel of a stream, a new one if need be; nil if there are too many.
// The names are quoted.
func (c *channels) of(category love.Category, csc, index, stream, value []byte) *channel {
	key := append(append(c.key[:0], category...), 0)
	key = append(append(key, csc...), 0)
	key = append(append(key, index...), 0)
	c.key = append(key, stream...)
	if found := c.names[string(c.key)]; found != nil {
		return found
	}
	g := love.Group{Category: category, CSC: string(wire.Text(csc)), SalIndex: string(index), Stream: string(wire.Text(stream))}
	if wire.IsText(index) {
		g.SalIndex = string(wire.Text(index))
	}
	found := c.ofGroup(g, value)
	if found != nil {
		c.names[string(c.key)] = found
	}
	return found
}

func (c *channels) init() {
	if c.lookup == nil {
		c.lookup, c.names = map[love.Group]*channel{}, map[string]*channel{}
	}
}

func (c *channels) ofGroup(g love.Group, value []byte) *channel {
	if found := c.lookup[g]; found != nil {
		return found
	}
	if len(c.list) == maxChannels {
		return nil
	}
	c.init()
	var fields []Field
	if c.fields != nil {
		fields = c.fields(g)
	}
	found := &channel{id: uint16(len(c.list) + 1), group: g, schema: schemaOf(g, value, fields)}
	c.list = append(c.list, found)
	c.lookup[g] = found
	return found
}

// splitter takes deliveries apart into messages of channels.
type splitter struct {
	parsed wire.Message
	groups []love.Group // the subscriptions; nil if nothing comes twice
	last   uint64       // the time of the last message
}

// split calls f for each message in a delivery. It returns an error if the delivery is
// not a data message, as answers and heartbeats of a manager.
func (s *splitter) split(d love.Delivery, all *channels, f func(*channel, message)) error {
	if err := s.parsed.Parse(d.Raw); err != nil {
		return err
	}
	if !wire.IsText(s.parsed.Category) {
		return errNotData
	}
	if err := s.parsed.CheckData(); err != nil {
		return err
	}
	m := message{logged: s.time(d.Received)}
	m.sequence, m.numbered = sequenceOf(d.Raw)
	m.published = m.logged
	if sent, ok := sentAt(&s.parsed); ok {
		m.published = sent
	}
	category := love.Category(wire.Text(s.parsed.Category))
	for i := range s.parsed.Items {
		it := &s.parsed.Items[i]
		if it.Err != nil {
			continue
		}
		for _, st := range s.streams(it) {
			c := all.of(category, it.CSC, it.SalIndex, st.Name, st.Value)
			if c != nil && !s.owns(d.Group, c.group) {
				continue
			}
			m.data = st.Value
			f(c, m)
		}
	}
	return nil
}

// streams returns the streams of an item. In a message to group …-all the only one is
// the object of all streams of the component.
func (s *splitter) streams(it *wire.Item) []wire.Stream {
	list := s.parsed.Streams(it)
	if len(list) != 1 || string(list[0].Name) != string(it.CSC) || !wire.IsText(s.parsed.Subscription) {
		return list
	}
	g, err := love.ParseGroup(string(wire.Text(s.parsed.Subscription)))
	if err != nil || g.CSC == love.All || g.Stream != love.All {
		return list
	}
	all := list[0].Value
	list = nil
	for name, v := range wire.Members(all) {
		list = append(list, wire.Stream{Name: love.AppendText(nil, name), Value: v})
	}
	return list
}

// owns reports whether a message of a stream is recorded when it comes by the
// subscription named group: by the first one that selects the stream, so that those
// that overlap record nothing twice.
func (s *splitter) owns(group string, stream love.Group) bool {
	if len(s.groups) < 2 {
		return true
	}
	for _, g := range s.groups {
		if history.Selects(g, stream) {
			return g.String() == group
		}
	}
	return true
}

// time returns the time of a message that was received at t. It grows from message to
// message, unless the clock jumps back by more than a second.
func (s *splitter) time(t time.Time) uint64 {
	at := uint64(max(t.UnixNano(), 0))
	if at <= s.last && s.last-at < uint64(time.Second) {
		at = s.last + 1
	}
	s.last = at
	return at
}

// sentAt returns the producer's time of a message. A manager delivers it in the stamps.
func sentAt(m *wire.Message) (at uint64, ok bool) {
	raw := m.ProducerSnd
	for name, v := range wire.Members(m.Tracing) {
		if name == "producer_snd" {
			raw = v
		}
	}
	seconds, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || !(seconds > 0 && seconds < 9e9) {
		return 0, false
	}
	// In microseconds, the resolution that a float64 of the time has.
	return uint64(seconds*1e6+0.5) * 1000, true
}

var seqMember = []byte(`,"seq":`)

// sequenceOf returns the number of a message in its stream, which the hub puts at the
// end of the message; ok is false if there is none.
func sequenceOf(raw []byte) (number uint32, ok bool) {
	i := bytes.LastIndex(raw[max(len(raw)-32, 0):], seqMember)
	if i < 0 {
		return 0, false
	}
	digits := bytes.TrimRight(raw[max(len(raw)-32, 0)+i+len(seqMember):], "} ")
	n, err := strconv.ParseUint(string(digits), 10, 64)
	return uint32(n), err == nil
}

// errNotData is about an answer or a heartbeat of a manager.
var errNotData = errors.New("not a data message")
