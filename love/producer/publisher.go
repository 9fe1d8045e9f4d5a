package producer

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// publisher sends objects as data messages, keeps the newest object of each key and
// sends it again on request. It is safe for concurrent use: one object at a time is
// stored and sent, so that a reply to a request never overtakes, and thus hides,
// newer data.
type publisher struct {
	csc     string
	message *Message
	log     *slog.Logger

	mu      sync.Mutex
	to      Sender // nil while the producer is not running
	stored  []stored
	waiting []stored // what was published while it is not running, unless initial data will have it
	replied bool     // initial data was sent, and what is stored since then was not in it
	out     []byte   // the JSON of the last message; reused

	idleSince time.Time // of the first message that waits; zero if there is none
	idle      bool      // it was logged that messages wait
}

// idleTime is how long messages may wait for the producer to run before that is logged.
const idleTime = 10 * time.Second

// item is the one item of a data message, encoded.
type item struct {
	header Header
	object love.RawValue
}

// stored is the newest item of a key.
type stored struct {
	item
	key string
	of  origin // set only if the key comes from "data"
	// render, if not nil, returns the object as it is now; it may reuse the bytes of
	// the old one.
	render func(old love.RawValue) love.RawValue
}

// origin identifies the instance that a free-form object comes from; one
// producer may serve several.
type origin struct {
	csc      string // empty if absent
	index    love.SalIndex
	hasIndex bool
}

// start makes to the destination of what is published, and sends what waits. The
// initial data, which a Client sends after it has connected, has the rest.
func (p *publisher) start(ctx context.Context, to Sender) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = to
	for _, w := range p.waiting {
		if err := p.sendTo(ctx, to, w.item); err != nil && ctx.Err() == nil {
			p.log.Warn("what was published before the producer ran was not sent", "stream", w.key, "error", err)
		}
	}
	p.waiting, p.idleSince, p.idle = nil, time.Time{}, false
}

// stop makes what is published wait again, for another run and its initial data.
func (p *publisher) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to, p.replied = nil, false
}

// store makes s the newest object of its key without sending it.
func (p *publisher) store(s stored) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replace(s)
}

// publish makes s the newest object of its key and sends it.
func (p *publisher) publish(ctx context.Context, s stored) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replace(s)
	if p.to == nil {
		p.wait(s, p.replied)
		return nil
	}
	return p.sendTo(ctx, p.to, s.item)
}

// sendOrWait sends an item without storing it; while the producer is not running, the
// newest of each key waits.
func (p *publisher) sendOrWait(ctx context.Context, s stored) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to == nil {
		p.wait(s, true)
		return nil
	}
	return p.sendTo(ctx, p.to, s.item)
}

// publishStored sends the newest object of a key.
func (p *publisher) publishStored(ctx context.Context, key string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sendStored(ctx, p.to, p.find(key, origin{}))
}

// send sends an item without storing it.
func (p *publisher) send(ctx context.Context, it item) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sendTo(ctx, p.to, it)
}

// sendBare sends an item without storing it, in a message without metadata whose
// producer_snd is given, in UNIX seconds.
func (p *publisher) sendBare(ctx context.Context, it item, snd float64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sendBareTo(ctx, p.to, it, snd)
}

// replyBare is like sendBare for several items and the Sender of a request.
func (p *publisher) replyBare(ctx context.Context, to Sender, items []item, snd float64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, it := range items {
		if err := p.sendBareTo(ctx, to, it, snd); err != nil {
			return err
		}
	}
	return nil
}

// reply sends the newest object of a key, if there is one, to the Sender of a
// request.
func (p *publisher) reply(ctx context.Context, to Sender, key string, of origin) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sendStored(ctx, to, p.find(key, of))
}

// replyAll sends all stored objects, in the order in which their keys were first
// stored.
func (p *publisher) replyAll(ctx context.Context, to Sender) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.stored {
		if err := p.sendStored(ctx, to, &p.stored[i]); err != nil {
			return err
		}
	}
	p.replied = true
	return nil
}

// answer sends the objects that a request for a free-form object means, as
// [Base.HandleRequest] describes.
func (p *publisher) answer(ctx context.Context, to Sender, r Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all, exact []*stored
	for i := range p.stored {
		s := &p.stored[i]
		if s.key != r.Stream || r.CSC != "" && r.CSC != cmp.Or(s.of.csc, p.csc) {
			continue
		}
		all = append(all, s)
		if !s.of.hasIndex || s.of.index == canonical(r.SalIndex) {
			exact = append(exact, s)
		}
	}
	if len(exact) == 0 && r.SalIndex == (love.SalIndex{}) {
		exact = all
	}
	for _, s := range exact {
		if err := p.sendStored(ctx, to, s); err != nil {
			return err
		}
	}
	return nil
}

// The methods below are for those above, which hold mu.

func (p *publisher) replace(s stored) {
	if old := p.find(s.key, s.of); old != nil {
		*old = s
		return
	}
	p.stored = append(p.stored, s)
}

// wait has an item wait until the producer runs, if keep is set, and logs once that the
// producer does not run.
func (p *publisher) wait(s stored, keep bool) {
	now := p.message.clock.Now()
	switch {
	case p.idleSince.IsZero():
		p.idleSince = now
	case !p.idle && now.Sub(p.idleSince) >= idleTime:
		p.idle = true
		p.log.Warn("what is published goes nowhere: the producer is not running; add it to a Client before that runs", "since", p.idleSince.UTC().Format(time.RFC3339))
	}
	if keep {
		p.waiting = slices.DeleteFunc(p.waiting, func(o stored) bool {
			return o.header.Category == s.header.Category && o.key == s.key && o.of == s.of
		})
		p.waiting = append(p.waiting, s)
	}
}

// find returns the stored object of a key, nil if there is none.
func (p *publisher) find(key string, of origin) *stored {
	i := slices.IndexFunc(p.stored, func(s stored) bool { return s.key == key && s.of == of })
	if i < 0 {
		return nil
	}
	return &p.stored[i]
}

func (p *publisher) sendStored(ctx context.Context, to Sender, s *stored) error {
	if s == nil || to == nil {
		return nil
	}
	if s.render != nil {
		s.object = s.render(s.object)
	}
	return p.sendTo(ctx, to, s.item)
}

func (p *publisher) sendTo(ctx context.Context, to Sender, it item) error {
	if to == nil {
		return nil // not running any more
	}
	p.out = p.message.appendData(p.out[:0], it.header.Category, it.object)
	return to.Send(ctx, Data{it.header, p.out})
}

func (p *publisher) sendBareTo(ctx context.Context, to Sender, it item, snd float64) error {
	if to == nil {
		return nil
	}
	p.out = p.message.appendBare(p.out[:0], snd, it.header.Category, it.object)
	return to.Send(ctx, Data{it.header, p.out})
}
