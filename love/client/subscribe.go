package client

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/love"
)

// Delivery is one message that the manager delivered to a group.
type Delivery struct {
	// Raw is the message as it came; [love.ParseMessage] reads it.
	Raw []byte
	// Group is the text of the group it was delivered to.
	Group string
	// Received is when it arrived.
	Received time.Time
}

// Subscribe subscribes to groups while its result is iterated, and gives what
// they receive, in order, across reconnections. Who is in several groups that a
// message belongs to gets it once for each, as the protocol has it.
//
// The iteration ends when ctx ends, without an error; or, after what had
// arrived, with the error that ended [Client.Run] (it wraps [ErrClosed]).
// Iterating again subscribes again.
func (c *Client) Subscribe(ctx context.Context, groups ...love.Group) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		s := newSubscription(groups, c.cfg.buffer)
		c.subs.add(s)
		defer c.unsubscribe(s)
		c.request(ctx, love.Subscribe, groups)
		for {
			d, err := c.next(ctx, s)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				yield(Delivery{}, err)
				return
			case !yield(d, nil):
				return
			}
		}
	}
}

// next waits for a delivery. When Run has ended, what had arrived comes first.
func (c *Client) next(ctx context.Context, s *subscription) (Delivery, error) {
	select {
	case d := <-s.queue:
		return d, nil
	case <-ctx.Done():
		return Delivery{}, ctx.Err()
	case <-c.done:
	}
	select {
	case d := <-s.queue:
		return d, nil
	default:
		return Delivery{}, c.ended()
	}
}

// request asks for groups if there is a connection; if not, the next one will.
func (c *Client) request(ctx context.Context, o love.Option, groups []love.Group) {
	s, _ := c.current()
	if s == nil {
		return
	}
	for _, g := range groups {
		if s.write(ctx, ws.OpText, love.Subscription{Option: o, Group: g}.AppendJSON(nil)) != nil {
			return // the connection is gone, or ctx is
		}
	}
}

func (c *Client) unsubscribe(s *subscription) {
	left := c.subs.remove(s)
	close(s.gone)
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	c.request(ctx, love.Unsubscribe, left)
}

// subscription is one running iterator.
type subscription struct {
	groups []love.Group
	texts  []string // of the groups
	queue  chan Delivery
	gone   chan struct{} // closed when nobody iterates any more
}

func newSubscription(groups []love.Group, buffer int) *subscription {
	s := &subscription{groups: groups, queue: make(chan Delivery, buffer), gone: make(chan struct{})}
	for _, g := range groups {
		s.texts = append(s.texts, g.String())
	}
	return s
}

// registry knows the running iterators. The zero value is ready.
type registry struct {
	mu   sync.Mutex
	subs []*subscription
}

func (r *registry) add(s *subscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.subs = append(r.subs, s)
}

// remove returns the groups that nobody needs any more.
func (r *registry) remove(s *subscription) (left []love.Group) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.subs = slices.DeleteFunc(r.subs, func(o *subscription) bool { return o == s })
	for _, g := range s.groups {
		if !slices.ContainsFunc(r.subs, func(o *subscription) bool { return slices.Contains(o.groups, g) }) {
			left = append(left, g)
		}
	}
	return left
}

// groups lists what is subscribed, each once.
func (r *registry) groups() (all []love.Group) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.subs {
		for _, g := range s.groups {
			if !slices.Contains(all, g) {
				all = append(all, g)
			}
		}
	}
	return all
}

// to lists the iterators that a message belongs to.
func (r *registry) to(a addressee) (found []*subscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.subs {
		if a.requestFor == nil && slices.Contains(s.texts, a.group) ||
			a.requestFor != nil && slices.ContainsFunc(s.groups, a.requestFor) {
			found = append(found, s)
		}
	}
	return found
}
