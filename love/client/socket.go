package client

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// socket is one websocket connection, the client's end. One goroutine reads;
// any may write. Every frame leaves in one Write.
type socket struct {
	conn  net.Conn
	in    *bufio.Reader
	quiet time.Duration // silence after which the peer counts as dead

	gone chan struct{} // closed when the client has given it up
	turn chan struct{} // holds one token: who has it writes
	out  []byte        // of who has the turn

	leaving atomic.Pointer[time.Time] // by when the manager must have said goodbye
	flushes flushes

	message []byte // fragments of a message so far; nil between messages
	opcode  ws.OpCode
}

var errTooBig = fmt.Errorf("the manager sent a message of more than %d bytes", MaxMessage)

// open dials and shakes hands. Its errors hold no credentials.
func open(ctx context.Context, c *config, a address) (*socket, error) {
	dialer := ws.Dialer{Timeout: dialTimeout, NetDial: c.dial}
	conn, in, _, err := dialer.Dial(ctx, a.withQuery(c.token, c.password, c.strict))
	var status ws.StatusError
	if errors.As(err, &status) {
		return nil, &HandshakeError{Status: int(status)}
	}
	if err != nil {
		return nil, fmt.Errorf("connect to the manager at %s: %w", a.socket.Host, err)
	}
	if in == nil {
		in = bufio.NewReader(conn)
	}
	s := &socket{
		conn:  conn,
		in:    in,
		quiet: c.pingEvery + c.pongTimeout,
		gone:  make(chan struct{}),
		turn:  make(chan struct{}, 1),
	}
	s.turn <- struct{}{}
	return s, nil
}

// read returns the next whole message, which is the caller's to keep. Pings
// are answered and a close frame echoed on the way; the latter is returned as
// a [*CloseError].
func (s *socket) read() (ws.OpCode, []byte, error) {
	for {
		if err := s.armRead(); err != nil {
			return 0, nil, err
		}
		h, err := ws.ReadHeader(s.in)
		if err != nil {
			return 0, nil, err
		}
		payload, err := s.payload(h)
		if err != nil {
			return 0, nil, err
		}
		switch {
		case h.OpCode.IsControl():
			if err := s.control(h.OpCode, payload); err != nil {
				return 0, nil, err
			}
		case h.Fin:
			if s.message != nil {
				payload, h.OpCode = append(s.message, payload...), s.opcode
				s.message = nil
			}
			return h.OpCode, payload, nil
		default:
			if s.message == nil {
				s.message, s.opcode = []byte{}, h.OpCode
			}
			s.message = append(s.message, payload...)
		}
	}
}

// armRead sets the deadline of the next frame: per frame, because the time that
// a slow consumer keeps us from reading is not the manager's silence.
func (s *socket) armRead() error {
	if err := s.conn.SetReadDeadline(time.Now().Add(s.quiet)); err != nil {
		return err
	}
	if by := s.leaving.Load(); by != nil { // looked at last, so that leave wins
		return s.conn.SetReadDeadline(*by)
	}
	return nil
}

func (s *socket) payload(h ws.Header) ([]byte, error) {
	state := ws.StateClientSide
	if s.message != nil {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(h, state); err != nil {
		s.writeClose(ws.StatusProtocolError, err.Error())
		return nil, fmt.Errorf("the manager broke the websocket protocol: %w", err)
	}
	if h.Length > MaxMessage-int64(len(s.message)) {
		s.writeClose(ws.StatusMessageTooBig, "")
		return nil, errTooBig
	}
	const trusted = 64 << 10 // what a header may make us allocate ahead
	if h.Length <= trusted {
		payload := make([]byte, h.Length)
		_, err := io.ReadFull(s.in, payload)
		return payload, err
	}
	var b bytes.Buffer
	b.Grow(trusted)
	_, err := io.CopyN(&b, s.in, h.Length)
	return b.Bytes(), err
}

func (s *socket) control(op ws.OpCode, payload []byte) error {
	switch op {
	case ws.OpPing:
		return s.write(context.Background(), ws.OpPong, payload)
	case ws.OpPong:
		s.flushes.answered(payload)
	case ws.OpClose:
		// Not ws.CheckCloseFrameData: it refuses 1012 to 1014.
		code, reason := ws.ParseCloseFrameData(payload)
		if code.Empty() {
			code = ws.StatusNormalClosure
			s.writeClose(code, "")
			return &CloseError{}
		}
		s.writeClose(code, "")
		return &CloseError{Code: code, Reason: reason}
	}
	return nil
}

// write sends one masked frame. ctx bounds the wait for the turn; the write
// itself has a deadline of its own. A frame that could not be written whole
// makes the connection useless, so it is cut.
func (s *socket) write(ctx context.Context, op ws.OpCode, payload []byte) error {
	select {
	case <-s.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.turn <- struct{}{} }()

	h := ws.Header{Fin: true, OpCode: op, Masked: true, Mask: ws.NewMask(), Length: int64(len(payload))}
	b := bytes.NewBuffer(s.out[:0])
	if err := ws.WriteHeader(b, h); err != nil {
		return err
	}
	head := b.Len()
	b.Write(payload)
	frame := b.Bytes()
	ws.Cipher(frame[head:], h.Mask, 0)
	s.out = frame
	if cap(frame) > 1<<20 {
		s.out = nil // one giant is no reason to keep its room
	}
	err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err == nil {
		_, err = s.conn.Write(frame)
	}
	if err != nil {
		s.conn.Close()
	}
	return err
}

// writeClose sends a close frame, best effort; the connection is over anyway.
func (s *socket) writeClose(code ws.StatusCode, reason string) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = s.write(ctx, ws.OpClose, ws.NewCloseFrameBody(code, reason))
}

// leave says goodbye and gives the manager a moment to say it too: by then it
// has read everything that was sent before. read ends at the latest then.
func (s *socket) leave() {
	s.writeClose(ws.StatusNormalClosure, "")
	by := time.Now().Add(closeTimeout)
	s.leaving.Store(&by)
	_ = s.conn.SetReadDeadline(by)
}
