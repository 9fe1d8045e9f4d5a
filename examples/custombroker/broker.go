package main

import (
	"encoding/gob"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/hub"
)

// patience is how long a peer may take to read.
const patience = 2 * time.Second

// line carries batches of envelopes between a broker and the relay.
type line struct {
	conn    net.Conn
	decoder *gob.Decoder
	sending sync.Mutex
	encoder *gob.Encoder
}

func newLine(conn net.Conn) *line {
	return &line{conn: conn, decoder: gob.NewDecoder(conn), encoder: gob.NewEncoder(conn)}
}

func (l *line) send(batch []hub.Envelope) error {
	l.sending.Lock()
	defer l.sending.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	return l.encoder.Encode(batch)
}

// receive calls f with each batch until the line ends.
func (l *line) receive(f func([]hub.Envelope)) {
	defer l.conn.Close()
	for {
		var batch []hub.Envelope
		if l.decoder.Decode(&batch) != nil {
			return
		}
		f(batch)
	}
}

// broker is a hub.Broker over a line to the relay.
type broker struct {
	line *line
	mu   sync.RWMutex // held for reading while hubs get a batch
	hubs []*func([]hub.Envelope)
}

// connect returns a broker once the relay has sent an empty batch: from then on nothing
// that others publish is missed.
func connect(network, address string) (*broker, error) {
	conn, err := net.DialTimeout(network, address, patience)
	if err != nil {
		return nil, err
	}
	b := &broker{line: newLine(conn)}
	var greeting []hub.Envelope
	if err := b.line.decoder.Decode(&greeting); err != nil {
		return nil, err
	}
	go b.line.receive(b.deliver)
	return b, nil
}

func (b *broker) Close() error { return b.line.conn.Close() }

// Publish implements hub.Broker: the hubs of this process have the batch at once.
func (b *broker) Publish(batch []hub.Envelope) error {
	b.deliver(batch)
	return b.line.send(batch)
}

func (b *broker) deliver(batch []hub.Envelope) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, deliver := range b.hubs {
		(*deliver)(batch)
	}
}

// Attach implements hub.Broker.
func (b *broker) Attach(deliver func([]hub.Envelope)) (detach func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hubs = append(b.hubs, &deliver)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.hubs = slices.DeleteFunc(b.hubs, func(f *func([]hub.Envelope)) bool { return f == &deliver })
	}
}
