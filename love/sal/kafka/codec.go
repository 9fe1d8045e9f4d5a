package kafka

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/internal/cells"
)

// codec converts samples of one topic to and from the Avro encoding of the topic's
// own schema (docs/protocol/sal-kafka.md#message-bytes).
type codec struct {
	topic    *sal.Topic
	fields   []codecField // in the order of the schema
	received int          // position of private_rcvStamp in a sample
	arrays   bool         // whether any field is an array
}

// codecField is one field of a codec.
type codecField struct {
	position int // in a sample
	typ      wireType
	array    bool
	null     nullness
}

// wireType is the encoding of one value.
type wireType uint8

const (
	wireBoolean wireType = iota
	wireInteger          // int and long: zigzag, variable length
	wireFloat
	wireDouble
	wireString
)

// nullness is the branch of a union with null that stands for null.
type nullness uint8

const (
	neverNull nullness = iota
	nullFirst
	nullLast
)

func newCodec(t *sal.Topic) *codec {
	c := &codec{topic: t}
	first := nullsFirst(t)
	for i, f := range t.Fields {
		field := codecField{position: i, typ: wireTypeOf(f.Type), array: f.IsArray()}
		switch {
		case !f.Nullable:
		case first[f.Name]:
			field.null = nullFirst
		default:
			field.null = nullLast
		}
		if f.Name == "private_rcvStamp" {
			c.received = i
		}
		c.arrays = c.arrays || field.array
		c.fields = append(c.fields, field)
	}
	if t.AvroRecord != "" { // its private fields come last
		private := len(t.Fields) - len(t.Own())
		c.fields = slices.Concat(c.fields[private:], c.fields[:private])
	}
	return c
}

// nullsFirst returns the fields in whose union null is the first branch.
func nullsFirst(t *sal.Topic) map[string]bool {
	var record struct {
		Fields []struct {
			Name string
			Type any
		}
	}
	first := map[string]bool{}
	if t.AvroRecord == "" || json.Unmarshal([]byte(t.AvroRecord), &record) != nil {
		return first
	}
	for _, f := range record.Fields {
		union, _ := f.Type.([]any)
		first[f.Name] = len(union) > 0 && union[0] == "null"
	}
	return first
}

func wireTypeOf(t sal.Type) wireType {
	switch t {
	case sal.Boolean:
		return wireBoolean
	case sal.Float:
		return wireFloat
	case sal.Double:
		return wireDouble
	case sal.String:
		return wireString
	}
	return wireInteger
}

// append appends a sample, an array as one block with a plain count.
func (c *codec) append(dst []byte, s *sal.Sample) []byte {
	values := cells.Of(s)
	for _, f := range c.fields {
		v := &values[f.position]
		switch {
		case f.null == neverNull:
		case v.IsNull() == (f.null == nullFirst):
			dst = append(dst, 0)
		default:
			dst = append(dst, 2)
		}
		switch {
		case f.null != neverNull && v.IsNull():
		case f.array:
			dst = appendList(dst, v.List, f.typ)
		case f.typ == wireString:
			dst = binary.AppendVarint(dst, int64(len(v.Text)))
			dst = append(dst, v.Text...)
		default:
			dst = appendBits(dst, v.Bits, f.typ)
		}
	}
	return dst
}

// appendBits appends a number or boolean.
func appendBits(dst []byte, bits uint64, t wireType) []byte {
	switch t {
	case wireBoolean:
		return append(dst, byte(bits&1))
	case wireFloat:
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(math.Float64frombits(bits))))
	case wireDouble:
		if v := math.Float64frombits(bits); v != v {
			bits = quietNaN
		}
		return binary.LittleEndian.AppendUint64(dst, bits)
	}
	return binary.AppendVarint(dst, int64(bits))
}

// quietNaN is the NaN that all other programs on the bus write; Go's has one more
// bit set.
const quietNaN = 0x7ff8 << 48

func appendList(dst []byte, list any, t wireType) []byte {
	switch list := list.(type) {
	case []bool:
		return appendElements(dst, list, func(dst []byte, v bool) []byte { return appendBits(dst, boolBit(v), t) })
	case []int64:
		return appendElements(dst, list, binary.AppendVarint)
	case []float64:
		return appendElements(dst, list, func(dst []byte, v float64) []byte { return appendBits(dst, math.Float64bits(v), t) })
	}
	return append(dst, 0)
}

func appendElements[T any](dst []byte, list []T, one func([]byte, T) []byte) []byte {
	if len(list) > 0 {
		dst = binary.AppendVarint(dst, int64(len(list)))
		for _, v := range list {
			dst = one(dst, v)
		}
	}
	return append(dst, 0)
}

func boolBit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// errEncoding reports a body that is not the Avro encoding of its topic.
var errEncoding = errors.New("not the Avro encoding of the topic")

// decode decodes a sample; a body of another version of the schema must be
// converted before. received becomes private_rcvStamp: TAI, UNIX seconds. Integers
// beyond the range of the definition and arrays of another length are accepted. The
// sample shares no memory with body. The error is errEncoding.
func (c *codec) decode(body []byte, received float64) (*sal.Sample, error) {
	values := make([]cells.Cell, len(c.fields))
	r := avroReader{rest: body}
	if !c.arrays {
		r.texts = string(body) // one allocation for all texts
	}
	for _, f := range c.fields {
		if r.cell(f, &values[f.position]); r.err != nil {
			name := c.topic.Fields[f.position].Name
			return nil, fmt.Errorf("%s %s, field %s: %w: %w", c.topic.Component, c.topic.Attr(), name, errEncoding, r.err)
		}
	}
	values[c.received].Bits = math.Float64bits(received)
	return cells.NewSample(c.topic, values).(*sal.Sample), nil
}
