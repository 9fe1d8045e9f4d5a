package client

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/internal/websocket"
)

// socket is one websocket connection. One goroutine reads; any may write. Every
// frame is written with one Write.
type socket struct {
	conn         net.Conn
	in           *bufio.Reader
	silenceLimit time.Duration // after which the connection counts as lost

	detached  chan struct{} // closed when the client no longer uses the socket
	writeLock chan struct{} // holds one element while somebody writes
	out       []byte        // the frame that is written; of the holder of writeLock

	closing atomic.Bool               // a close frame was sent
	closeBy atomic.Pointer[time.Time] // when to stop waiting for the manager's close frame; nil: not closing
	flushes pendingFlushes

	message []byte // fragments of a message so far; nil between messages
	opcode  ws.OpCode
}

var errTooBig = fmt.Errorf("the manager sent a message of more than %d bytes", MaxMessage)

// errLengthForm is the error of a header against RFC 6455, section 5.2.
var errLengthForm = errors.New("the length of a frame is not in its shortest form")

// open connects and performs the handshake. Its errors hold no credentials.
func open(ctx context.Context, c *config, a address) (*socket, error) {
	r, err := a.handshakeRequest(ctx, c)
	if err != nil {
		return nil, err
	}
	dialer := websocket.Dialer{Timeout: dialTimeout, NetDial: c.dial, Header: r.Header, Jar: c.http.Jar}
	conn, in, err := dialer.Dial(ctx, socketURLOf(r))
	if status, ok := errors.AsType[websocket.StatusError](err); ok {
		return nil, &HandshakeError{Status: int(status)}
	}
	if err != nil {
		return nil, fmt.Errorf("connect to the manager at %s: %w", a.socket.Host, err)
	}
	s := &socket{
		conn:         conn,
		in:           in,
		silenceLimit: c.pingInterval + c.pongTimeout,
		detached:     make(chan struct{}),
		writeLock:    make(chan struct{}, 1),
	}
	return s, nil
}

// read returns the next whole message, which the caller may keep. Meanwhile it
// answers pings and echoes a close frame, which it returns as a [*CloseError].
func (s *socket) read() (ws.OpCode, []byte, error) {
	for {
		if err := s.setReadDeadline(); err != nil {
			return 0, nil, err
		}
		h, err := s.readHeader()
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

// setReadDeadline sets the deadline for the next frame: for each one anew,
// because the manager is not silent while a slow consumer delays the reading.
func (s *socket) setReadDeadline() error {
	if err := s.conn.SetReadDeadline(time.Now().Add(s.silenceLimit)); err != nil {
		return err
	}
	if by := s.closeBy.Load(); by != nil { // checked last, so that closeGracefully takes precedence
		return s.conn.SetReadDeadline(*by)
	}
	return nil
}

// readHeader reads the header of a frame and checks it.
func (s *socket) readHeader() (ws.Header, error) {
	start, err := s.in.Peek(ws.MinHeaderSize)
	if err != nil {
		return ws.Header{}, err
	}
	form := start[1] & 0x7f // of the length
	h, err := ws.ReadHeader(s.in)
	if err != nil && !errors.Is(err, ws.ErrHeaderLengthMSB) {
		return h, err
	}
	state := ws.StateClientSide
	if s.message != nil {
		state = state.Set(ws.StateFragmented)
	}
	switch {
	case err != nil:
	case form == 126 && h.Length < 126, form == 127 && h.Length <= math.MaxUint16: // package ws accepts it
		err = errLengthForm
	default:
		err = ws.CheckHeader(h, state)
	}
	if err != nil {
		s.writeClose(ws.NewCloseFrameBody(ws.StatusProtocolError, err.Error()))
		return h, fmt.Errorf("the manager broke the websocket protocol: %w", err)
	}
	return h, nil
}

func (s *socket) payload(h ws.Header) ([]byte, error) {
	if h.Length > MaxMessage-int64(len(s.message)) {
		s.writeClose(ws.NewCloseFrameBody(ws.StatusMessageTooBig, ""))
		return nil, errTooBig
	}
	const preallocated = 64 << 10 // more is allocated only as the bytes arrive
	if h.Length <= preallocated {
		payload := make([]byte, h.Length)
		_, err := io.ReadFull(s.in, payload)
		return payload, err
	}
	var b bytes.Buffer
	b.Grow(preallocated)
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
		return s.answerClose(payload)
	}
	return nil
}

// answerClose answers a close frame, and returns it as an error.
func (s *socket) answerClose(payload []byte) error {
	answer, violation := websocket.CloseAnswer(payload)
	if violation != 0 {
		s.writeClose(ws.NewCloseFrameBody(violation, ""))
		return fmt.Errorf("the manager broke the websocket protocol: a close frame with the payload %q", payload)
	}
	s.writeClose(answer)
	if len(payload) == 0 {
		return &CloseError{}
	}
	code, reason := ws.ParseCloseFrameData(payload)
	return &CloseError{Code: code, Reason: reason}
}

// write sends one masked frame. ctx bounds the wait for other writers; the write
// itself has a deadline of its own. A frame that could not be written whole
// makes the connection useless, so it is closed.
func (s *socket) write(ctx context.Context, op ws.OpCode, payload []byte) error {
	select {
	case s.writeLock <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.writeLock }()

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
		s.out = nil // do not keep the memory of one very large message
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

// writeClose sends a close frame if it can, unless one was sent before: the
// connection ends in any case.
func (s *socket) writeClose(payload []byte) {
	if s.closing.Swap(true) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = s.write(ctx, ws.OpClose, payload)
}

// closeGracefully sends a close frame and gives the manager a moment to answer
// it: when it does, it has read everything that was sent before. read ends then
// at the latest.
func (s *socket) closeGracefully() {
	s.writeClose(ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))
	by := time.Now().Add(closeTimeout)
	s.closeBy.Store(&by)
	_ = s.conn.SetReadDeadline(by)
}
