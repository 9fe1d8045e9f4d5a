package bench

import (
	"context"
	"time"

	"github.com/gobwas/ws"
)

// publisher sends messages at a constant rate on one connection.
type publisher struct {
	load     *load
	conn     *conn
	message  *message
	interval time.Duration
	first    time.Duration // from the start until the first message is due
	sent     uint64
	measured uint64 // of those, after the warm-up
	err      error  // of listening
}

func newPublisher(l *load, i int, c *conn) *publisher {
	interval := time.Duration(float64(l.Publishers) / l.Rate * float64(time.Second))
	return &publisher{
		load: l, conn: c, interval: max(interval, 1),
		message: newMessage(l.Category, i+1, l.Streams, l.Payload),
		first:   interval * time.Duration(i) / time.Duration(l.Publishers),
	}
}

// run publishes for the duration of the load. Each message is sent when it is
// due, or at once if it is late; its stamp holds the time at which it was due.
func (p *publisher) run(ctx context.Context) error {
	wait := time.NewTimer(0)
	defer wait.Stop()
	end := p.load.Warmup + p.load.Duration
	for due := p.first; due < end; due += p.interval {
		if early := due - time.Since(p.load.start); early > 0 {
			wait.Reset(early)
			select {
			case <-wait.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := p.conn.send(ws.OpText, p.message.fill(p.sent, due)); err != nil {
			return err
		}
		p.sent++
		if due >= p.load.Warmup {
			p.measured++
		}
	}
	return nil
}

// listen answers pings, and records what the manager answers to the messages.
func (p *publisher) listen() {
	err := p.load.read(p.conn, nil, func(text []byte) bool {
		if p.err == nil {
			p.err = unexpected(text)
		}
		return true
	})
	if p.err == nil {
		p.err = err
	}
}
