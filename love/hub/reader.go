package hub

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"syscall"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// reader takes frames off one websocket connection and hands whole messages to
// the session. The bytes of one read of the connection are one burst.
type reader struct {
	session *Session
	limit   int64 // bytes of a message
	rest    rest
	*intake // nil at rest

	message    []byte // fragments so far
	fragmented bool
	text       bool // the message is text, not binary
}

// rest holds what a reader needs while nothing arrives.
type rest struct {
	conn  net.Conn
	raw   syscall.RawConn // nil: waiting needs an intake
	early []byte          // bytes that came with the handshake
	poll  func(fd uintptr) bool
	err   error // of poll
}

// newReader returns a reader of conn. early holds the bytes that have been
// read from it already.
func newReader(s *Session, conn net.Conn, raw syscall.RawConn, early []byte) *reader {
	limit := s.hub.limits.UserMessage
	if s.principal.Process {
		limit = s.hub.limits.ProcessMessage
	}
	r := &reader{session: s, limit: int64(limit), rest: rest{conn: conn, raw: raw, early: early}}
	r.rest.poll = r.poll
	return r
}

// errClosed ends the reading after a close frame of the peer.
var errClosed = errors.New("closed by the peer")

// burst waits until something arrives and handles it. It returns false when
// the connection has ended.
func (r *reader) burst() bool {
	err := r.wait()
	if err == nil {
		if err = r.frames(); err != nil {
			r.ended(err)
		}
	}
	if r.intake != nil {
		r.dropIntake()
	}
	return err == nil
}

// frames handles what has arrived, until nothing is left.
func (r *reader) frames() error {
	for {
		if err := r.frame(); err != nil {
			return err
		}
		if !r.frameBuffered() {
			r.in.end()
			if len(r.buffered()) == 0 {
				return nil
			}
		}
	}
}

// ended handles the error that ended the reading. For a breach of the protocol
// it closes the session and discards what else arrives, so that the close
// frame is not lost in a reset of the connection.
func (r *reader) ended(err error) {
	r.in.end()
	var broken breach
	if errors.As(err, &broken) {
		r.session.close(CloseReason(broken))
		_, _ = io.Copy(io.Discard, r.intake)
	}
}

// breach is the error of a peer whose session has to be closed, with the reason.
type breach CloseReason

func (b breach) Error() string { return closeInfos[b].text }

// frame reads one frame and acts on it.
func (r *reader) frame() error {
	h, err := ws.ReadHeaderBuffer(r.intake, r.bin[:])
	if err != nil {
		if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
			return breach(CloseProtocol)
		}
		return err
	}
	state := ws.StateServerSide
	if r.fragmented {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return breach(CloseProtocol)
	}
	r.session.quiet.Store(false)
	if h.OpCode.IsControl() {
		return r.controlFrame(h)
	}
	if h.Length > r.limit-int64(len(r.message)) {
		return breach(CloseTooBig)
	}
	from := len(r.message)
	if err := r.read(int(h.Length)); err != nil {
		return err
	}
	ws.Cipher(r.message[from:], h.Mask, 0)
	if h.OpCode != ws.OpContinuation {
		r.text = h.OpCode == ws.OpText
	}
	if r.fragmented = !h.Fin; r.fragmented {
		return nil
	}
	return r.whole()
}

// whole hands a complete message on.
func (r *reader) whole() error {
	message := r.message
	r.message = nil
	switch {
	case r.session.out.isFinished():
		return nil // the session is closing: ignore what it sends
	case !r.text:
		r.in.problem(errBinary)
		return nil
	case !utf8.Valid(message):
		return breach(CloseInvalidText)
	}
	r.in.message(message)
	return nil
}

// controlFrame answers a ping or a close frame. A pong needs no answer: it is
// enough that it arrived.
func (r *reader) controlFrame(h ws.Header) error {
	payload := r.bin[:h.Length]
	if _, err := io.ReadFull(r.intake, payload); err != nil {
		return err
	}
	ws.Cipher(payload, h.Mask, 0)
	switch h.OpCode {
	case ws.OpPing:
		r.session.send(controlFrame(ws.OpPong, payload), r.session.hub.clock.Now(), &r.in.burst)
	case ws.OpClose:
		answer, err := closeAnswer(payload)
		if err != nil {
			return err
		}
		r.session.answerClose(answer)
		return errClosed
	}
	return nil
}

// closeAnswer returns the close frame that answers one with the given payload.
// It echoes the peer's code, or has 1000 if there was none.
func closeAnswer(payload []byte) (*frame, error) {
	if len(payload) == 0 {
		return closeFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")), nil
	}
	code, reason := ws.ParseCloseFrameData(payload)
	if len(payload) < 2 || !validCloseCode(code) || !utf8.ValidString(reason) {
		return nil, breach(CloseProtocol)
	}
	return closeFrame(binary.BigEndian.AppendUint16(nil, uint16(code))), nil
}

// validCloseCode reports whether a peer may send the code. The toolkit's own
// check refuses 1012 to 1014, which RFC 6455's registry has since defined.
func validCloseCode(c ws.StatusCode) bool {
	switch {
	case c >= 1000 && c <= 1003, c >= 1007 && c <= 1014, c >= 3000 && c <= 4999:
		return true
	}
	return false
}

// frameBuffered reports whether a whole frame can be read without waiting.
func (r *reader) frameBuffered() bool {
	b := r.buffered()
	if len(b) < ws.MinHeaderSize {
		return false
	}
	head, length := 2+4, uint64(b[1]&0x7f) // clients mask
	switch length {
	case 126:
		if len(b) < 4 {
			return false
		}
		head, length = head+2, uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if len(b) < 10 {
			return false
		}
		head, length = head+8, binary.BigEndian.Uint64(b[2:])
	}
	return len(b) >= head && length <= uint64(len(b)-head)
}

// read appends n bytes to the message. It allocates as the bytes arrive, not
// as the header announces them. Each part counts as a sign of life, because a
// peer cannot answer a ping within a frame.
func (r *reader) read(n int) error {
	const step = 64 << 10
	for n > 0 {
		c := min(n, step)
		at := len(r.message)
		r.message = append(r.message, make([]byte, c)...)
		if _, err := io.ReadFull(r.intake, r.message[at:]); err != nil {
			return err
		}
		r.session.quiet.Store(false)
		n -= c
	}
	return nil
}
