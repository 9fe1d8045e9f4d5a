package kafka

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/rubin-love/love-go/love/sal/internal/cells"
)

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

func (r *avroReader) cell(f codecField, into *cells.Cell) {
	if f.null != neverNull {
		switch branch := r.varint(); {
		case branch == 0 && f.null == nullFirst, branch == 1 && f.null == nullLast:
			into.SetNull()
			return
		case branch != 0 && branch != 1:
			r.fail(errBranch)
			return
		}
	}
	switch {
	case f.array:
		into.List = r.list(f.typ)
	case f.typ == wireString:
		into.Text = r.text()
	default:
		into.Bits = r.bits(f.typ)
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
