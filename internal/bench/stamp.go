package bench

import (
	"bytes"
	"time"
)

// stamp identifies a published value.
type stamp struct {
	publisher int
	stream    int
	seq       uint64        // of the publisher's messages, from 0
	due       time.Duration // from the beginning of the load until it should be sent
}

// A stamp is written as the mark and digits of fixed widths, so that it can be
// found and read without decoding what is around it.
const (
	mark            = '~' // occurs nowhere else in what is published
	publisherDigits = 3
	streamDigits    = 3
	seqDigits       = 10
	dueDigits       = 13
	stampSize       = 1 + publisherDigits + streamDigits + seqDigits + dueDigits
)

func (s stamp) append(dst []byte) []byte {
	dst = append(dst, mark)
	dst = appendDigits(dst, uint64(s.publisher), publisherDigits)
	dst = appendDigits(dst, uint64(s.stream), streamDigits)
	dst = appendDigits(dst, s.seq, seqDigits)
	return appendDigits(dst, uint64(s.due), dueDigits)
}

func appendDigits(dst []byte, v uint64, width int) []byte {
	at := len(dst) + width
	dst = append(dst, "0000000000000"[:width]...)
	for i := at - 1; v > 0 && i >= at-width; i-- {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
	return dst
}

// findStamp returns the first stamp in a message.
func findStamp(text []byte) (s stamp, ok bool) {
	at := bytes.IndexByte(text, mark)
	if at < 0 || len(text)-at < stampSize {
		return stamp{}, false
	}
	p := text[at+1:]
	var v [4]uint64
	for i, width := range [...]int{publisherDigits, streamDigits, seqDigits, dueDigits} {
		for _, c := range p[:width] {
			if c -= '0'; c > 9 {
				return stamp{}, false
			} else {
				v[i] = v[i]*10 + uint64(c)
			}
		}
		p = p[width:]
	}
	return stamp{int(v[0]), int(v[1]), v[2], time.Duration(v[3])}, true
}
