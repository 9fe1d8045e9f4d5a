package bench

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// component is the name under which the benchmark publishes; each publisher has its
// own salindex.
const component = "Bench"

// request returns the text of a subscription to one stream of a publisher.
func request(category string, publisher, stream int) string {
	return requestNamed(category, publisher, fmt.Sprintf("stream%d", stream))
}

func requestNamed(category string, publisher int, stream string) string {
	return fmt.Sprintf(`{"option":"subscribe","category":%q,"csc":"%s","salindex":%d,"stream":%q}`, category, component, publisher, stream)
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
	random := rand.New(rand.NewPCG(uint64(publisher), uint64(size))) // the same in each run
	for i := range streams {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"stream%d":`, i)
		value := fmt.Sprintf(`{"stamp":{"value":"%s","dataType":"String","units":""},%s}`, blank, fields(random, size-stampField))
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

// stampField is the approximate size of a value's stamp.
const stampField = 85

// fields returns members of a value, of about n bytes. They are numbers as components
// send them, so that they are about as hard to compress; a text fills up what is left.
func fields(random *rand.Rand, n int) []byte {
	const longest, last = 96, `"identity":{"value":"","dataType":"String","units":""}`
	var b []byte
	for i := 0; len(b)+longest+len(last) < n; i++ {
		q := quantities[i%len(quantities)]
		b = fmt.Appendf(b, `"%s%d":{"value":`, q.name, i/len(quantities))
		if q.whole {
			b = fmt.Appendf(b, `%d,"dataType":"Int"`, random.IntN(5000))
		} else {
			// Most values are of 32 bits, and are sent with the digits of 64.
			v := float64(float32(random.NormFloat64() * 100))
			b = append(strconv.AppendFloat(b, v, 'g', -1, 64), `,"dataType":"Float"`...)
		}
		b = fmt.Appendf(b, `,"units":"%s"},`, q.units)
	}
	b = append(b, last[:len(`"identity":{"value":"`)]...)
	for left := n - len(b); left > len(`","dataType":"String","units":""}`); left-- {
		b = append(b, "0123456789abcdef"[random.IntN(16)])
	}
	return append(b, last[len(`"identity":{"value":"`):]...)
}

// quantities are what the fields of a value hold, in turn.
var quantities = [...]struct {
	name, units string
	whole       bool
}{
	{"positionActual", "deg", false}, {"velocityActual", "deg/s", false}, {"torqueDemand", "N*m", false}, {"motorCurrent", "A", false},
	{"temperature", "deg_C", false}, {"statusWord", "", true}, {"pressure", "Pa", false}, {"flowRate", "l/min", false},
	{"setpoint", "deg", false}, {"voltage", "V", false}, {"errorCount", "", true}, {"humidity", "%", false},
}

// fill writes the stamps of one more message into its text.
func (m *message) fill(seq uint64, due time.Duration) []byte {
	for stream, at := range m.stamps {
		stamp{m.publisher, stream, seq, due}.append(m.text[:at])
	}
	return m.text
}
