package sal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// ErrAvro reports a body that is not the Avro encoding of its topic.
var ErrAvro = errors.New("not the Avro encoding of the topic")

// wireType is the encoding of one value in an Avro body.
type wireType uint8

const (
	wireBoolean wireType = iota
	wireInteger          // int and long: zigzag, variable length
	wireFloat
	wireDouble
	wireString
)

// wireField is one field in the order of the schema.
type wireField struct {
	cell  int // index into the cells of the sample
	typ   wireType
	array bool
	null  nullness
}

// nullness tells which branch of a union with null stands for null.
type nullness uint8

const (
	neverNull nullness = iota
	nullFirst
	nullLast
)

// AppendAvro appends the sample in the Avro binary encoding of its topic's
// schema, an array as one block with a plain count (spec sal-kafka, section
// 6). It is for drivers of a bus.
func (s *Sample) AppendAvro(dst []byte) []byte {
	for _, f := range s.topic.wire() {
		c := &s.cells[f.cell]
		switch {
		case f.null == neverNull:
		case c.isNull() == (f.null == nullFirst):
			dst = append(dst, 0)
		default:
			dst = append(dst, 2)
		}
		switch {
		case f.null != neverNull && c.isNull():
		case f.array:
			dst = appendWireList(dst, c.list, f.typ)
		case f.typ == wireString:
			dst = binary.AppendVarint(dst, int64(len(c.text)))
			dst = append(dst, c.text...)
		default:
			dst = appendBits(dst, c.bits, f.typ)
		}
	}
	return dst
}

// appendBits appends a number or boolean as a cell holds it.
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

func appendWireList(dst []byte, list any, t wireType) []byte {
	switch list := list.(type) {
	case []bool:
		return appendElements(dst, list, func(dst []byte, v bool) []byte { return appendBits(dst, uint64(boolNumber(v)), t) })
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

// DecodeAvro decodes a sample from the Avro binary encoding of the topic's own
// schema; a body of another version of the schema has to be converted before.
// received becomes private_rcvStamp: TAI, UNIX seconds. Integers beyond the range
// of the definition and arrays of another length are accepted. The sample shares
// no memory with body. The error is [ErrAvro]. DecodeAvro is for drivers of a bus.
func (t *Topic) DecodeAvro(body []byte, received float64) (*Sample, error) {
	s := &Sample{topic: t, cells: make([]cell, len(t.Fields)), writer: unknownWriter}
	fields := t.wire()
	r := avroReader{rest: body}
	if !slices.ContainsFunc(fields, func(f wireField) bool { return f.array }) {
		r.texts = string(body) // one allocation for all texts
	}
	for _, f := range fields {
		if r.cell(f, &s.cells[f.cell]); r.err != nil {
			return nil, fmt.Errorf("%s %s, field %s: %w: %w", t.Component, t.Attr(), t.Fields[f.cell].Name, ErrAvro, r.err)
		}
	}
	s.private(atReceived).bits = math.Float64bits(received)
	return s, nil
}

var (
	errShort  = errors.New("the body is too short")
	errText   = errors.New("a text is not UTF-8")
	errBranch = errors.New("a union has no such branch")
	errVarint = errors.New("a number has more than 64 bits")
)

// avroReader reads values from the front of a body. After an error it does not
// advance.
type avroReader struct {
	rest  []byte
	texts string // the whole body, if texts are to be substrings of it
	err   error
}

func (r *avroReader) cell(f wireField, into *cell) {
	if f.null != neverNull {
		switch branch := r.varint(); {
		case branch == 0 && f.null == nullFirst, branch == 1 && f.null == nullLast:
			into.setNull()
			return
		case branch != 0 && branch != 1:
			r.fail(errBranch)
			return
		}
	}
	switch {
	case f.array:
		into.list = r.list(f.typ)
	case f.typ == wireString:
		into.text = r.text()
	default:
		into.bits = r.bits(f.typ)
	}
}

func (r *avroReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// bits reads a number or boolean as a cell holds it.
func (r *avroReader) bits(t wireType) uint64 {
	switch t {
	case wireBoolean:
		if b := r.take(1); b != nil && b[0] != 0 {
			return 1
		}
	case wireFloat:
		if b := r.take(4); b != nil {
			return math.Float64bits(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
		}
	case wireDouble:
		if b := r.take(8); b != nil {
			return binary.LittleEndian.Uint64(b)
		}
	default:
		return uint64(r.varint())
	}
	return 0
}

func (r *avroReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	switch {
	case n == 0:
		r.fail(errShort)
	case n < 0:
		r.fail(errVarint)
	case r.err == nil:
		r.rest = r.rest[n:]
		return v
	}
	return 0
}

// take reads n bytes. It fails and returns nil if there are fewer.
func (r *avroReader) take(n int64) []byte {
	if r.err != nil || n < 0 || n > int64(len(r.rest)) {
		r.fail(errShort)
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *avroReader) text() string {
	n := r.varint()
	at := len(r.texts) - len(r.rest) // where rest begins
	b := r.take(n)
	switch {
	case !utf8.Valid(b):
		r.fail(errText)
		return ""
	case r.texts == "":
		return string(b)
	case len(b) == 0:
		return ""
	}
	return r.texts[at : at+len(b)]
}

func (r *avroReader) list(t wireType) any {
	switch t {
	case wireBoolean:
		return readElements(r, 1, func() bool { return r.bits(t) != 0 })
	case wireFloat:
		return readElements(r, 4, func() float64 { return math.Float64frombits(r.bits(t)) })
	case wireDouble:
		return readElements(r, 8, func() float64 { return math.Float64frombits(r.bits(t)) })
	}
	return readElements(r, 1, r.varint)
}

// readElements reads an array: blocks of a count and that many elements, until a
// count of 0. A negative count is followed by the size of the block in bytes.
func readElements[T any](r *avroReader, smallest int, one func() T) []T {
	list := []T{}
	for {
		n := r.varint()
		if n < 0 {
			n = -n
			r.varint()
		}
		switch {
		case r.err != nil || n == 0:
			return list
		case n < 0 || n > int64(len(r.rest)/smallest):
			r.fail(errShort)
			return list
		}
		list = slices.Grow(list, int(n))
		for range n {
			list = append(list, one())
		}
	}
}
