package producer_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/gobwas/ws"
)

// wsServer is a manager in memory whose behaviour a test chooses. It works in a
// bubble, and by itself only answers pings and close frames.
type wsServer struct {
	mu      sync.Mutex
	mode    string        // accept, refuse, reject_403, empty_reply, silent, half_frame
	closing chan struct{} // ends a silent connection
	conn    net.Conn
	seen    []string // attempts to connect, messages and endings, in order
	serving sync.WaitGroup
}

func (s *wsServer) set(mode string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = mode
}

func (s *wsServer) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, what)
}

// take returns what was seen since the last call.
func (s *wsServer) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

func (s *wsServer) dial(context.Context, string, string) (net.Conn, error) {
	s.mu.Lock()
	mode := s.mode
	s.mu.Unlock()
	if mode == "refuse" {
		s.note("refuse")
		return nil, errors.New("connection refused")
	}
	ours, theirs := net.Pipe()
	s.serving.Go(func() { s.serve(ours, mode) })
	return theirs, nil
}

func (s *wsServer) serve(conn net.Conn, mode string) {
	defer conn.Close()
	if mode == "empty_reply" {
		s.note(mode)
		return
	}
	upgrader := ws.Upgrader{OnRequest: func([]byte) error {
		s.note(mode)
		if mode == "reject_403" {
			return ws.RejectConnectionError(ws.RejectionStatus(403))
		}
		return nil
	}}
	if _, err := upgrader.Upgrade(conn); err != nil {
		return
	}
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	switch mode {
	case "silent":
		<-s.closing
	case "half_frame":
		_, _ = conn.Write([]byte{0x81, 100, '{', '"'})
	default:
		s.read(conn)
	}
}

func (s *wsServer) read(conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		h, err := ws.ReadHeader(in)
		if err != nil {
			s.note("gone")
			return
		}
		f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
		if _, err := io.ReadFull(in, f.Payload); err != nil {
			return
		}
		f = ws.UnmaskFrameInPlace(f)
		switch f.Header.OpCode {
		case ws.OpPing:
			s.serving.Go(func() { _ = ws.WriteFrame(conn, ws.NewPongFrame(f.Payload)) })
		case ws.OpClose:
			s.note("goodbye")
			_ = ws.WriteFrame(conn, ws.NewCloseFrame(f.Payload))
			return
		case ws.OpText:
			s.note(string(f.Payload))
		}
	}
}

// send sends a frame over the last connection.
func (s *wsServer) send(f ws.Frame) error {
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	return ws.WriteFrame(conn, f)
}
