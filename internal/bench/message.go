package bench

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// component is the name under which the benchmark publishes; each publisher has its
// own salindex.
const component = "Bench"

// request returns the text of a subscription to one stream of a publisher.
func request(category string, publisher, stream int) string {
	return fmt.Sprintf(`{"option":"subscribe","category":%q,"csc":"%s","salindex":%d,"stream":"stream%d"}`, category, component, publisher, stream)
}

// message is what one publisher sends: a text with places for stamps.
type message struct {
	publisher int
	text      []byte
	stamps    []int // offsets in text, one for each stream
}

// newMessage returns a message with streams whose values have about the given size
// in bytes. The value of an event is a list of one sample, that of telemetry a
// sample.
func newMessage(category string, publisher, streams, size int) *message {
	m := &message{publisher: publisher}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"category":%q,"data":[{"csc":"%s","salindex":%d,"data":{`, category, component, publisher)
	blank := stamp{}.append(nil)
	for i := range streams {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"stream%d":`, i)
		value := fmt.Sprintf(`{"stamp":{"value":"%s","dataType":"String","units":""},"padding":{"value":"%s","dataType":"String","units":""}}`,
			blank, strings.Repeat("x", max(0, size-valueOverhead)))
		if category == "event" {
			value = "[" + value + "]"
		}
		m.stamps = append(m.stamps, b.Len()+strings.IndexByte(value, mark))
		b.WriteString(value)
	}
	b.WriteString(`}}],"producer_snd":0.0}`)
	m.text = b.Bytes()
	return m
}

// valueOverhead is the approximate size of a value without padding.
const valueOverhead = 139

// fill writes the stamps of one more message into its text.
func (m *message) fill(seq uint64, due time.Duration) []byte {
	for stream, at := range m.stamps {
		stamp{m.publisher, stream, seq, due}.append(m.text[:at])
	}
	return m.text
}
