package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love/client"
)

// publisher is a connection on which messages are published, and the manager's
// answers.
type publisher struct {
	client *client.Client
	done   chan struct{} // receives the manager's answer to the last request

	mu      sync.Mutex
	refused int
	reason  string // of the first refusal
}

// publish connects, calls work to send messages, and returns when the manager has
// received them all. It fails if the manager refused any.
func (a *app) publish(ctx context.Context, to target, work func(ctx context.Context, send func([]byte) error) error) error {
	c, err := client.New(to.manager, to.asProcess(), client.WithoutRetry())
	if err != nil {
		return &usageError{err}
	}
	p := &publisher{client: c, done: make(chan struct{}, 1)}
	c.OnMessage(p.handle)

	whole := ctx
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	var lost error
	running.Go(func() {
		lost = c.Run(ctx)
		stop() // nothing more can be sent
	})
	err = work(ctx, func(message []byte) error { return c.Send(ctx, message) })
	if err == nil {
		err = p.flush(ctx)
	}
	stop()
	running.Wait()
	switch {
	case err != nil && whole.Err() != nil:
		return whole.Err() // the reason for err, and for the loss of the connection
	case err != nil && lost != nil:
		return withHint(lost) // the reason for err
	}
	return errors.Join(err, p.err())
}

// flush returns when the manager has handled every message: it answers in
// order, so that the answer to a last request comes after all refusals.
func (p *publisher) flush(ctx context.Context) error {
	if err := p.client.Send(ctx, []byte(`{"action":"get_time_data","request_time":0}`)); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// handle receives what the manager sends to a connection without subscriptions:
// the answer to the last request, or a text in "data" with the reason why a
// message was refused.
func (p *publisher) handle(_ context.Context, raw []byte) {
	var f wire.Message
	if f.Parse(raw) != nil || f.Category != nil {
		return
	}
	if hasMember(raw, "time_data") {
		select {
		case p.done <- struct{}{}:
		default:
		}
		return
	}
	if !wire.IsText(f.Data) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused == 0 {
		p.reason = string(wire.Text(f.Data))
	}
	p.refused++
}

func (p *publisher) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch p.refused {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("the manager refused the message: %s", p.reason)
	}
	return fmt.Errorf("the manager refused %d messages, the first with: %s", p.refused, p.reason)
}

func hasMember(object []byte, name string) bool {
	for member := range wire.Members(object) {
		if member == name {
			return true
		}
	}
	return false
}
