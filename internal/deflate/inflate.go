// Package deflate compresses and inflates the messages of websockets, each by itself:
// without context takeover (RFC 7692, section 7.2), so that a message that is compressed
// once can go to many peers, and none of them needs any memory between messages.
package deflate

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/flate"
)

// tail is what a sender leaves out at the end of a message, followed by an empty last
// block, so that the message ends as a file does.
const tail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

var (
	// ErrTooBig means that a message would be larger than its limit.
	ErrTooBig = errors.New("the message is larger than allowed when it is inflated")
	// ErrBroken means that a payload is not compressed as it should be.
	ErrBroken = errors.New("the message cannot be inflated")
)

// inflater is what inflating a message needs meanwhile.
type inflater struct {
	in  bytes.Reader
	out io.ReadCloser // flate's reader of in
}

var inflaters = sync.Pool{New: func() any {
	x := new(inflater)
	x.out = flate.NewReader(&x.in)
	return x
}}

// Inflate appends the message of a compressed payload to dst. It makes no more than
// about limit bytes: for a larger message it returns ErrTooBig, and for a broken one
// ErrBroken. It overwrites what follows the payload within its capacity.
func Inflate(dst, payload []byte, limit int) ([]byte, error) {
	x := inflaters.Get().(*inflater)
	defer inflaters.Put(x)
	x.in.Reset(append(payload, tail...))
	defer x.in.Reset(nil)
	begin := len(dst)
	// After a block that is marked as the last one others may follow (section 7.2.3.4).
	for x.in.Len() > len(tail) {
		if err := x.out.(flate.Resetter).Reset(&x.in, dst[begin:]); err != nil {
			return dst[:begin], ErrBroken
		}
		var err error
		if dst, err = x.append(dst, limit-(len(dst)-begin), len(payload)); err != nil {
			return dst[:begin], err
		}
	}
	return dst, nil
}

// append appends what the reader has, up to room bytes, to dst.
func (x *inflater) append(dst []byte, room, payload int) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, min(max(512, 2*payload, len(dst)), room+1))
		}
		n, err := x.out.Read(dst[len(dst):min(cap(dst), len(dst)+room+1)])
		dst, room = dst[:len(dst)+n], room-n
		switch {
		case room < 0:
			return dst, ErrTooBig
		case err == io.EOF:
			return dst, nil
		case err != nil:
			return dst, ErrBroken
		}
	}
}
