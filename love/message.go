package love

import (
	"fmt"
	"math"
	"strconv"

	"github.com/rubin-love/love-go/internal/wire"
)

// Message is a data message: what a producer sends to the manager, and what the
// manager delivers to a group (docs/protocol/manager.md#messages and #routing).
type Message struct {
	Category Category
	Data     []Item

	// ProducerSnd is when the producer sent it, UNIX seconds; absent if 0.
	ProducerSnd float64
	// Subscription names the group it was delivered to; absent on the way in.
	Subscription string
	// Tracing holds the manager's time stamps, if it adds them.
	Tracing RawValue
}

// Item is one element of a message: streams of one instance of a component.
type Item struct {
	CSC      string
	SalIndex SalIndex
	Streams  []Stream
}

// Stream is one named value. In group …-all there is one, named like the
// component, whose value is the object of all its streams.
type Stream struct {
	Name  string
	Value RawValue
}

// AppendJSON appends the message as the manager expects it. It does not check the
// values of the streams: each must be one JSON value, in which NaN and the
// infinities may be bare tokens; an empty one is written as null.
func (m Message) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"category":`...)
	dst = AppendText(dst, string(m.Category))
	dst = append(dst, `,"data":[`...)
	for i, it := range m.Data {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = it.appendJSON(dst)
	}
	dst = append(dst, ']')
	if m.ProducerSnd != 0 {
		dst = AppendFloat(append(dst, `,"producer_snd":`...), m.ProducerSnd)
	}
	if m.Subscription != "" {
		dst = AppendText(append(dst, `,"subscription":`...), m.Subscription)
	}
	if m.Tracing != nil {
		dst = append(append(dst, `,"tracing":`...), m.Tracing...)
	}
	return append(dst, '}')
}

func (it Item) appendJSON(dst []byte) []byte {
	dst = AppendText(append(dst, `{"csc":`...), it.CSC)
	dst = append(dst, `,"salindex":`...)
	if it.SalIndex.quoted {
		dst = AppendText(dst, it.SalIndex.text)
	} else {
		dst = append(dst, it.SalIndex.String()...)
	}
	dst = append(dst, `,"data":{`...)
	for i, s := range it.Streams {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = s.appendJSON(dst)
	}
	return append(dst, "}}"...)
}

func (s Stream) appendJSON(dst []byte) []byte {
	dst = append(AppendText(dst, s.Name), ':')
	if len(s.Value) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, s.Value...)
}

// ParseMessage parses a data message. Values share raw's memory. The error
// says where raw stops being JSON, or names a member and the rule of the
// protocol that it breaks.
func ParseMessage(raw []byte) (Message, error) {
	var f wire.Message
	if err := f.Parse(raw); err != nil {
		return Message{}, err
	}
	return messageOf(&f)
}

func messageOf(f *wire.Message) (Message, error) {
	if !wire.IsText(f.Category) {
		return Message{}, &wire.RuleError{Key: "category", Rule: "must be a text"}
	}
	if err := f.CheckData(); err != nil {
		return Message{}, err
	}
	m := Message{Category: Category(wire.Text(f.Category)), Tracing: RawValue(f.Tracing)}
	if wire.IsNumber(f.ProducerSnd) {
		m.ProducerSnd, _ = strconv.ParseFloat(string(f.ProducerSnd), 64)
	}
	if wire.IsText(f.Subscription) {
		m.Subscription = string(wire.Text(f.Subscription))
	}
	for i := range f.Items {
		it := &f.Items[i]
		if it.Err != nil {
			return Message{}, fmt.Errorf("element %d: %w", i, it.Err)
		}
		item := Item{CSC: string(wire.Text(it.CSC)), SalIndex: indexOf(it.SalIndex)}
		for _, s := range f.Streams(it) {
			item.Streams = append(item.Streams, Stream{Name: string(wire.Text(s.Name)), Value: RawValue(s.Value)})
		}
		m.Data = append(m.Data, item)
	}
	return m, nil
}

func indexOf(raw []byte) SalIndex {
	if wire.IsText(raw) {
		return IndexText(string(wire.Text(raw)))
	}
	return SalIndex{text: string(raw)}
}

// AppendFloat appends f in the shortest form that reads back as the same
// number, or the bare tokens NaN, Infinity and -Infinity. Whole numbers keep a
// fraction (1.0), as Python writes them.
func AppendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == math.Trunc(f) && math.Abs(f) < 1e16:
		return strconv.AppendFloat(dst, f, 'f', 1, 64)
	}
	format := byte('f')
	if a := math.Abs(f); a < 1e-4 || a >= 1e16 {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

// AppendText appends s as a quoted JSON text. Bytes that are not UTF-8 become
// the replacement character.
func AppendText(dst []byte, s string) []byte { return wire.AppendText(dst, s) }
