package hub

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"syscall"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/internal/deflate"
	"github.com/rubin-love/love-go/internal/websocket"
)

// reader reads the frames of one websocket connection and handles the messages
// in them. What one read of the connection brings is one burst.
type reader struct {
	session     *session
	limit       int64 // bytes of a message
	idle        idleState
	*readBuffer // nil while nothing arrives

	message    []byte // fragments so far
	fragmented bool
	text       bool // the message is text, not binary
	compressed bool // the message is
}

// idleState holds what a reader needs while nothing arrives.
type idleState struct {
	conn  net.Conn
	raw   syscall.RawConn // nil: waiting needs a read buffer
	early []byte          // bytes that arrived with the handshake
	poll  func(fd uintptr) bool
	err   error // of poll
}

// newReader returns a reader of conn. early holds the bytes that have already
// been read from it.
func newReader(s *session, conn net.Conn, raw syscall.RawConn, early []byte) *reader {
	limit := s.hub.limits.UserMessage
	if s.principal.Process {
		limit = s.hub.limits.ProcessMessage
	}
	r := &reader{session: s, limit: int64(limit), idle: idleState{conn: conn, raw: raw, early: early}}
	r.idle.poll = r.poll
	return r
}

// serve handles one burst and starts a goroutine for the next: the stack that a
// burst needs would never shrink again, and would be the largest part of an
// idle session. When the connection has ended, serve cleans up.
func (r *reader) serve(w *writer) {
	if r.handleBurst() {
		go r.serve(w)
		return
	}
	s, h := r.session, r.session.hub
	h.pings.remove(s)
	h.remove(s)
	s.lost()
	w.abort()
	s.out.waitUntilIdle()
	h.sessions.release(s.principal)
}

// handleBurst waits until something arrives and handles it. It returns false when the
// connection has ended.
func (r *reader) handleBurst() bool {
	err := r.wait()
	if err == nil {
		if err = r.readFrames(); err != nil {
			r.ended(err)
		}
	}
	if r.readBuffer != nil {
		r.releaseBuffer()
	}
	return err == nil
}

// errPeerClosed ends the reading after a close frame of the peer.
var errPeerClosed = errors.New("closed by the peer")

// readFrames handles what has arrived, until nothing is left.
func (r *reader) readFrames() error {
	for {
		if err := r.readFrame(); err != nil {
			return err
		}
		if !r.frameBuffered() {
			r.messages.flush()
			if len(r.buffered()) == 0 {
				return nil
			}
		}
	}
}

// ended handles the error that ended the reading. For a violation of the
// protocol it closes the session and discards what else arrives, so that the
// close frame is not lost in a reset of the connection.
func (r *reader) ended(err error) {
	r.messages.flush()
	if v, ok := errors.AsType[violation](err); ok {
		r.session.close(CloseReason(v))
		_, _ = io.Copy(io.Discard, r.readBuffer)
	}
}

// violation is the error of a peer whose session must be closed for that reason.
type violation CloseReason

func (v violation) Error() string { return closeInfos[v].text }

// readFrame reads one frame and acts on it.
func (r *reader) readFrame() error {
	h, err := r.readHeader()
	if err != nil {
		return err
	}
	r.session.silent.Store(false)
	if h.OpCode.IsControl() {
		return r.handleControl(h)
	}
	if h.Length > r.limit-int64(len(r.message)) {
		return violation(CloseTooBig)
	}
	from := len(r.message)
	if err := r.readPayload(int(h.Length)); err != nil {
		return err
	}
	ws.Cipher(r.message[from:], h.Mask, 0)
	if h.OpCode != ws.OpContinuation {
		r.text, r.compressed = h.OpCode == ws.OpText, h.Rsv != 0
	}
	if r.fragmented = !h.Fin; r.fragmented {
		r.messages.mayRequest() // or a message of many empty fragments would cost nothing
		return nil
	}
	return r.endMessage()
}

// readHeader reads the header of a frame and checks it. The length must be in its
// shortest form (RFC 6455, section 5.2), which package ws does not check.
func (r *reader) readHeader() (ws.Header, error) {
	r.taken = 0
	h, err := ws.ReadHeaderBuffer(r.readBuffer, r.control[:])
	if err != nil {
		if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
			return h, violation(CloseProtocol)
		}
		return h, err
	}
	state := ws.StateServerSide
	if r.fragmented {
		state = state.Set(ws.StateFragmented)
	}
	if r.session.deflate != deflate.None && h.Rsv == rsv1 && (h.OpCode == ws.OpText || h.OpCode == ws.OpBinary) {
		state = state.Set(ws.StateExtended) // which allows any reserved bit
	}
	if ws.CheckHeader(h, state) != nil || r.taken != ws.HeaderSize(h) {
		return h, violation(CloseProtocol)
	}
	return h, nil
}

// endMessage handles the message that is now complete.
func (r *reader) endMessage() error {
	message := r.message
	r.message = nil
	switch {
	case r.session.out.isFinished():
		return nil // the session is closing: ignore what it sends
	case !r.text:
		r.messages.ignoreData(errBinary)
		return nil
	}
	if r.compressed {
		inflated, err := inflate(message, r.limit)
		if err != nil || !r.messages.mayGrow(len(inflated)-len(message)) {
			return err
		}
		message = inflated
	}
	if !utf8.Valid(message) {
		return violation(CloseInvalidText)
	}
	r.messages.handle(message)
	return nil
}

// handleControl answers a ping or a close frame, and notes a pong.
func (r *reader) handleControl(h ws.Header) error {
	payload := r.control[:h.Length]
	if _, err := io.ReadFull(r.readBuffer, payload); err != nil {
		return err
	}
	ws.Cipher(payload, h.Mask, 0)
	switch h.OpCode {
	case ws.OpPing:
		if !r.messages.mayRequest() {
			return nil
		}
		pong := controlFrame(ws.OpPong, payload)
		pong.pong = true
		r.session.send(pong, r.session.hub.clock.Now(), &r.messages.wakes)
	case ws.OpPong:
		if !r.session.sink.answered(payload) { // such as the answer to the ping wheel
			r.messages.mayRequest()
		}
	case ws.OpClose:
		answer, err := closeAnswer(payload)
		if err != nil {
			return err
		}
		r.session.answerClose(answer)
		return errPeerClosed
	}
	return nil
}

// closeAnswer returns the close frame that answers one with the given payload.
func closeAnswer(payload []byte) (*frame, error) {
	answer, broken := websocket.CloseAnswer(payload)
	switch broken {
	case 0:
		return closeFrame(answer), nil
	case ws.StatusInvalidFramePayloadData:
		return nil, violation(CloseInvalidText)
	}
	return nil, violation(CloseProtocol)
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

// readPayload appends n bytes to the message. It allocates as the bytes arrive, not
// as the header announces them. Each part shows that the peer is not silent,
// because it cannot answer a ping within a frame.
func (r *reader) readPayload(n int) error {
	const step = 64 << 10
	for n > 0 {
		c := min(n, step)
		at := len(r.message)
		r.message = append(r.message, make([]byte, c)...)
		if _, err := io.ReadFull(r.readBuffer, r.message[at:]); err != nil {
			return err
		}
		r.session.silent.Store(false)
		n -= c
	}
	return nil
}
