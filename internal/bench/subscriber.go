package bench

import (
	"fmt"
	"sync/atomic"
	"time"
)

// subscriber receives what is published and measures it.
type subscriber struct {
	load    *load
	conn    *conn
	now     time.Duration // from the start until the last read
	losses  []lossCounter // by publisher and stream
	latency Histogram     // of messages due after the warm-up
	bytes   uint64        // of those
	seen    atomic.Uint64 // messages so far
	err     error
}

func newSubscriber(l *load, c *conn) *subscriber {
	return &subscriber{load: l, conn: c, losses: make([]lossCounter, l.Publishers*l.Streams)}
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
	stream := (st.publisher-1)*s.load.Streams + st.stream
	if !ok || st.publisher < 1 || st.stream >= s.load.Streams || stream >= len(s.losses) {
		if s.err == nil {
			s.err = unexpected(text)
		}
		return true
	}
	s.losses[stream].count(st.seq)
	s.seen.Add(1)
	if st.due >= s.load.Warmup {
		s.latency.Record(s.now - st.due)
		s.bytes += uint64(len(text))
	}
	return true
}

// unexpected returns an error that shows a message that the benchmark has not sent.
func unexpected(text []byte) error {
	return fmt.Errorf("the manager sent: %.200s", text)
}
