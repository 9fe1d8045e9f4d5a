package bench

import (
	"fmt"
	"sync/atomic"
	"time"
)

// subscriber receives what is published and measures it.
type subscriber struct {
	load      *load
	conn      *conn
	now       time.Duration   // from the start until the last read
	losses    [][]lossCounter // by publisher and stream
	latency   Histogram       // of messages due after the warm-up
	events    Histogram       // of those that are events beside the others
	bytes     uint64          // of both
	wireBytes uint64          // of their frames
	seen      atomic.Uint64   // messages so far
	err       error
}

func newSubscriber(l *load, c *conn) *subscriber {
	s := &subscriber{load: l, conn: c}
	for i := range l.Publishers + l.eventPublishers() {
		s.losses = append(s.losses, make([]lossCounter, l.perMessage(i)))
	}
	return s
}

// run reads until the connection is closed.
func (s *subscriber) run() {
	err := s.load.read(s.conn, func() { s.now = time.Since(s.load.start) }, s.message)
	if s.err == nil {
		s.err = err
	}
}

func (s *subscriber) message(text []byte) bool {
	st, ok := findStamp(text)
	publisher := st.publisher - 1
	if !ok || publisher < 0 || publisher >= len(s.losses) || st.stream >= len(s.losses[publisher]) {
		if s.err == nil {
			s.err = unexpected(text)
		}
		return true
	}
	s.losses[publisher][st.stream].count(st.seq)
	s.seen.Add(1)
	if st.due >= s.load.Warmup {
		latency := &s.latency
		if publisher >= s.load.Publishers {
			latency = &s.events
		}
		latency.Record(s.now - st.due)
		s.bytes += uint64(len(text))
		s.wireBytes += uint64(s.conn.size)
	}
	return true
}

// unexpected returns an error that shows a message that the benchmark has not sent.
func unexpected(text []byte) error {
	return fmt.Errorf("the manager sent: %.200s", text)
}
