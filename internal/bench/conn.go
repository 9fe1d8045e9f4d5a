package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/internal/websocket"
)

// conn is a websocket client that reads frames without copying them.
type conn struct {
	net.Conn
	buf      []byte
	r, w     int       // the unread bytes are buf[r:w]
	out      []byte    // for sending
	size     int       // bytes of the last frame, header and all
	inflater *inflater // nil unless permessage-deflate was agreed on
}

// dial connects to a websocket; buffer is how many bytes are read at once. With an
// inflater the manager must agree to compress.
func dial(ctx context.Context, url string, in *inflater, buffer int) (*conn, error) {
	d := websocket.Dialer{Timeout: time.Minute, Deflate: in != nil}
	nc, br, err := d.Dial(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect to the manager: %w", err)
	}
	c := &conn{Conn: nc, buf: make([]byte, buffer), inflater: in}
	early, _ := br.Peek(br.Buffered()) // arrived with the answer to the handshake
	c.grow(len(early))
	c.w = copy(c.buf, early)
	return c, nil
}

// largestFrame is the largest frame that is accepted, in bytes. It is more than
// a manager accepts itself.
const largestFrame = 64 << 20

var (
	errIncomplete = errors.New("not all of the frame has been read yet")
	errFrameSize  = errors.New("the manager sent a frame that is larger than any it may send")
)

// frame returns the next frame if all of it has been read already; otherwise the
// error is errIncomplete. The payload is valid until the next call of frame or fill.
func (c *conn) frame() (op ws.OpCode, payload []byte, err error) {
	b := c.buf[c.r:c.w]
	if len(b) < 2 {
		return 0, nil, errIncomplete
	}
	head, n := 2, uint64(b[1]&0x7f)
	switch {
	case n == 126 && len(b) >= 4:
		head, n = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case n == 127 && len(b) >= 10:
		head, n = 10, binary.BigEndian.Uint64(b[2:])
	case n >= 126:
		return 0, nil, errIncomplete
	}
	if n > largestFrame {
		return 0, nil, errFrameSize
	}
	end := head + int(n)
	if len(b) < end {
		c.grow(end)
		return 0, nil, errIncomplete
	}
	c.r += end
	c.size = end
	payload = b[head:end]
	if b[0]&rsv1 != 0 {
		if c.inflater == nil {
			return 0, nil, errCompressed
		}
		if payload, err = c.inflater.inflate(payload); err != nil {
			return 0, nil, fmt.Errorf("a message of the manager: %w", err)
		}
	}
	return ws.OpCode(b[0] & 0x0f), payload, nil
}

// rsv1 is the bit of a frame that marks a compressed message (RFC 7692, section 6).
const rsv1 = 0x40

var errCompressed = errors.New("the manager sent a compressed message, for which nobody asked")

// grow makes room for a frame of n bytes.
func (c *conn) grow(n int) {
	if len(c.buf) < n {
		c.buf = append(c.buf, make([]byte, n-len(c.buf))...)
	}
}

// fill reads more bytes.
func (c *conn) fill() error {
	if c.r > 0 {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	c.grow(c.w + 1)
	n, err := c.Read(c.buf[c.w:])
	c.w += n
	return err
}

// each calls f for every text message until f returns false, and answers pings.
// read, if not nil, is called after each read, before the messages in it.
func (c *conn) each(read func(), f func(text []byte) bool) error {
	for {
		op, payload, err := c.frame()
		if err == errIncomplete {
			if err := c.fill(); err != nil {
				return err
			}
			if read != nil {
				read()
			}
			continue
		}
		if err != nil {
			return err
		}
		switch op {
		case ws.OpText:
			if !f(payload) {
				return nil
			}
		case ws.OpPing:
			if err := c.send(ws.OpPong, payload); err != nil {
				return err
			}
		case ws.OpClose:
			code, reason := ws.ParseCloseFrameData(payload)
			return fmt.Errorf("the manager closed a connection: %d %s", code, reason)
		}
	}
}

// add appends a frame to those that flush will send. All masks are zero, because
// masking would only cost the generator time.
func (c *conn) add(op ws.OpCode, payload []byte) {
	c.out = append(c.out, 0x80|byte(op))
	switch n := len(payload); {
	case n < 126:
		c.out = append(c.out, 0x80|byte(n))
	case n <= 0xffff:
		c.out = binary.BigEndian.AppendUint16(append(c.out, 0x80|126), uint16(n))
	default:
		c.out = binary.BigEndian.AppendUint64(append(c.out, 0x80|127), uint64(n))
	}
	c.out = append(append(c.out, 0, 0, 0, 0), payload...)
}

func (c *conn) flush() error {
	_, err := c.Write(c.out)
	c.out = c.out[:0]
	return err
}

func (c *conn) send(op ws.OpCode, payload []byte) error {
	c.add(op, payload)
	return c.flush()
}

var confirmed = []byte("Successfully subscribed")

// subscribe sends the requests and returns when all are confirmed. Other messages
// that arrive meanwhile are passed to f, if it is not nil.
func (c *conn) subscribe(requests []string, f func(text []byte)) error {
	if len(requests) == 0 {
		return nil
	}
	for _, r := range requests {
		c.add(ws.OpText, []byte(r))
	}
	if err := c.flush(); err != nil {
		return err
	}
	left := len(requests)
	return c.each(nil, func(text []byte) bool {
		if bytes.Contains(text[:min(len(text), 64)], confirmed) {
			left--
		} else if f != nil {
			f(text)
		}
		return left > 0
	})
}
