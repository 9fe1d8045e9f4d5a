package bench

import (
	"context"
	"math/rand/v2"
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
	random   *rand.Rand    // nil: the messages are due at even distances
	sent     uint64
	measured uint64 // of those, after the warm-up
	err      error  // of listening
}

func newPublisher(l *load, i int, c *conn) *publisher {
	interval := time.Duration(float64(l.Publishers) / l.Rate * float64(time.Second))
	p := &publisher{
		load: l, conn: c, interval: max(interval, 1),
		message: newMessage(l.Category, i+1, l.Streams, l.Payload),
		first:   interval * time.Duration(i) / time.Duration(l.Publishers),
	}
	if l.Random {
		p.first, p.random = 0, newRandom(i)
	}
	return p
}

// newEventPublisher returns the publisher of events beside the others.
func newEventPublisher(l *load, i int, c *conn) *publisher {
	return &publisher{
		load: l, conn: c, interval: max(time.Duration(float64(time.Second)/l.Events), 1),
		message: newMessage("event", i+1, 1, l.Payload), random: newRandom(i),
	}
}

// newRandom returns a source of random times that is the same in each run.
func newRandom(publisher int) *rand.Rand { return rand.New(rand.NewPCG(uint64(publisher), 1)) }

// dueAt returns when the message is due whose turn begins at the given time.
func (p *publisher) dueAt(turn time.Duration) time.Duration {
	if p.random == nil {
		return turn
	}
	return turn + time.Duration(p.random.Int64N(int64(p.interval)))
}

// run publishes for the duration of the load. Each message is sent when it is
// due, or at once if it is late; its stamp holds the time at which it was due.
func (p *publisher) run(ctx context.Context) error {
	wait := time.NewTimer(0)
	defer wait.Stop()
	end := p.load.Warmup + p.load.Duration
	for turn := p.first; turn < end; turn += p.interval {
		due := p.dueAt(turn)
		if due >= end {
			return nil
		}
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
