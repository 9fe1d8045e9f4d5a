package httpserver

import (
	"bytes"
	"strings"
)

// framing follows the requests on a connection, in order to find those whose header
// gives the length of the body twice: a proxy may believe the one, net/http believes
// the other, and what follows is a request to one of them only (RFC 9112, 6.1 and
// 11.2). What net/http refuses itself need not be followed any further.
type framing struct {
	state state
	word  []byte // what the present name, version or number may be
	old   bool   // an HTTP/1.0 request
	sized bool   // the header has Content-Length
	coded bool   // the header has Transfer-Encoding
	left  int64  // bytes of the body, or of the chunk
}

// state is what the next byte belongs to.
type state int

const (
	inRequestLine state = iota
	inName
	inValue
	inLength    // the value of Content-Length
	inBody      // with Content-Length
	inChunkSize // at the beginning of a line
	inChunkLine // after the size
	inChunk
	inChunkEnd // the end of the line after a chunk
	inTrailer  // at the beginning of a line
	inTrailerLine
	lost // net/http will refuse the request and close the connection
)

// maxWord is how much of a word is kept: more than any that matters has.
const maxWord = 24

// spoil follows what was read. If a header gives a second length, it changes the byte
// after its name, so that the line is not a header, and returns true.
func (f *framing) spoil(p []byte) (spoilt bool) {
	for i := 0; i < len(p); {
		if f.state == lost {
			return spoilt
		}
		if f.state == inBody || f.state == inChunk {
			n := min(f.left, int64(len(p)-i))
			f.left -= n
			i += int(n)
			f.endBody()
			continue
		}
		if f.next(p[i]) {
			p[i] = 0
			f.state, spoilt = lost, true
		}
		i++
	}
	return spoilt
}

// endBody goes on if nothing is left of the body or chunk.
func (f *framing) endBody() {
	switch {
	case f.left > 0:
	case f.state == inBody:
		f.begin(inRequestLine)
	default:
		f.begin(inChunkEnd)
	}
}

// begin changes the state.
func (f *framing) begin(s state) {
	f.state, f.word = s, f.word[:0]
	if s == inRequestLine {
		f.old, f.sized, f.coded = false, false, false
	}
}

// next follows one byte. It returns true if it ends the name of a second length.
func (f *framing) next(c byte) (second bool) {
	switch f.state {
	case inRequestLine:
		f.requestLine(c)
	case inName:
		return f.name(c)
	case inValue:
		if c == '\n' {
			f.begin(inName)
		}
	case inLength:
		f.length(c)
	case inChunkSize, inChunkLine:
		f.chunkSize(c)
	case inChunkEnd:
		if c == '\n' {
			f.begin(inChunkSize)
		} else if c != '\r' {
			f.state = lost
		}
	case inTrailer:
		f.trailer(c)
	case inTrailerLine:
		if c == '\n' {
			f.begin(inTrailer)
		}
	}
	return false
}

func (f *framing) requestLine(c byte) {
	switch {
	case c == '\n' && len(f.word) == 0: // an empty line before a request is tolerated
	case c == '\n':
		f.old = bytes.HasSuffix(f.word, []byte("HTTP/1.0"))
		f.begin(inName)
	case c != '\r':
		if len(f.word) == maxWord {
			f.word = append(f.word[:0], f.word[1:]...)
		}
		f.word = append(f.word, c)
	}
}

// name follows the beginning of a line in a header.
func (f *framing) name(c byte) (second bool) {
	switch {
	case c == ':':
		return f.endName()
	case c == '\n' && len(f.word) == 0:
		f.endHeader()
	case c == '\n':
		f.state = lost
	case (c == ' ' || c == '\t') && len(f.word) == 0: // more of the value before
		f.state = inValue
	case c != '\r' && len(f.word) < maxWord:
		f.word = append(f.word, c)
	}
	return false
}

func (f *framing) endName() (second bool) {
	name := string(f.word)
	f.begin(inValue)
	switch {
	case strings.EqualFold(name, "Content-Length"):
		second = f.sized || f.coded
		f.sized, f.left = true, 0
		f.begin(inLength)
	case strings.EqualFold(name, "Transfer-Encoding"):
		second = f.sized || f.coded || f.old // which HTTP/1.0 does not have: net/http ignores it
		f.coded = true
	}
	return second
}

func (f *framing) endHeader() {
	switch {
	case f.coded: // chunked: anything else is refused
		f.begin(inChunkSize)
	case f.sized && f.left > 0:
		f.begin(inBody)
	default:
		f.begin(inRequestLine)
	}
}

// tooLong bounds a length, before it overflows.
const tooLong = 1 << 58

func (f *framing) length(c byte) {
	switch {
	case c == '\n':
		f.begin(inName)
	case '0' <= c && c <= '9' && f.left < tooLong:
		f.left = 10*f.left + int64(c-'0')
	case c != ' ' && c != '\t' && c != '\r':
		f.state = lost
	}
}

func (f *framing) chunkSize(c byte) {
	digit := strings.IndexByte("0123456789abcdef", c|0x20)
	switch {
	case c == '\n' && len(f.word) == 0:
		f.state = lost
	case c == '\n' && f.left == 0:
		f.begin(inTrailer)
	case c == '\n':
		f.begin(inChunk)
	case f.state == inChunkLine:
	case digit < 0 || c < '0':
		f.state = inChunkLine
	case len(f.word) == 0:
		f.left = int64(digit)
		f.word = append(f.word, c)
	case f.left >= tooLong:
		f.state = lost
	default:
		f.left = 16*f.left + int64(digit)
	}
}

func (f *framing) trailer(c byte) {
	switch c {
	case '\n':
		f.begin(inRequestLine)
	case '\r':
	default:
		f.state = inTrailerLine
	}
}
