package main

import (
	"net"
	"sync"

	"github.com/rubin-love/love-go/love/hub"
)

// relay passes what one broker sends on to all others.
type relay struct {
	mu    sync.Mutex // held while a batch is passed on, so that all get one order
	lines map[*line]bool
}

// serve serves brokers until the listener is closed; then it ends their lines.
func (r *relay) serve(listener net.Listener) error {
	r.lines = make(map[*line]bool)
	var serving sync.WaitGroup
	defer serving.Wait()
	defer r.close()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		l := newLine(conn)
		r.mu.Lock()
		r.lines[l] = true
		err = l.send(nil) // now nothing is missed
		r.mu.Unlock()
		if err != nil {
			_ = conn.Close() // receive below ends
		}
		serving.Go(func() {
			l.receive(func(batch []hub.Envelope) { r.pass(l, batch) })
			r.mu.Lock()
			defer r.mu.Unlock()
			delete(r.lines, l)
		})
	}
}

// pass passes a batch on. A broker that does not read is cut off.
func (r *relay) pass(from *line, batch []hub.Envelope) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for l := range r.lines {
		if l != from && l.send(batch) != nil {
			_ = l.conn.Close()
		}
	}
}

func (r *relay) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for l := range r.lines {
		_ = l.conn.Close()
	}
}
