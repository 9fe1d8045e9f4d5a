package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love/client"
)

// publishing is a connection on which messages are published, and what the
// manager has answered.
type publishing struct {
	client *client.Client
	done   chan struct{} // holds the manager's answer to the last request

	mu      sync.Mutex
	refused int
	why     string // of the first refusal
}

// publish connects, has work send messages, and returns when the manager has
// taken them all in. It fails if the manager refused any.
func (a *app) publish(ctx context.Context, to access, work func(ctx context.Context, send func([]byte) error) error) error {
	c, err := client.New(to.manager, to.asProcess(), client.WithoutRetry())
	if err != nil {
		return &usageError{err}
	}
	p := &publishing{client: c, done: make(chan struct{}, 1)}
	c.OnMessage(p.answered)

	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	var lost error
	running.Go(func() {
		lost = c.Run(ctx)
		stop() // nothing more can be sent
	})
	err = work(ctx, func(message []byte) error { return c.Send(ctx, message) })
	if err == nil {
		err = p.settle(ctx)
	}
	stop()
	running.Wait()
	if err != nil && lost != nil {
		return explain(lost) // the reason for err
	}
	return errors.Join(err, p.verdict())
}

// settle returns when the manager has seen everything: it answers in order, so
// that the answer to a last question comes after all complaints.
func (p *publishing) settle(ctx context.Context) error {
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

// answered takes what the manager sends to a connection without subscriptions:
// the answer to the last question, or a text in "data" that says what was
// wrong with a message.
func (p *publishing) answered(_ context.Context, raw []byte) {
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
		p.why = string(wire.Text(f.Data))
	}
	p.refused++
}

func (p *publishing) verdict() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch p.refused {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("the manager refused the message: %s", p.why)
	}
	return fmt.Errorf("the manager refused %d messages, the first with: %s", p.refused, p.why)
}

func hasMember(object []byte, name string) bool {
	for member := range wire.Members(object) {
		if member == name {
			return true
		}
	}
	return false
}
