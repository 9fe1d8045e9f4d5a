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
	// Raw is the message as it was received; [love.ParseMessage] reads it.
	Raw []byte
	// Group is the text of the group it was delivered to.
	Group string
	// Received is when it arrived.
	Received time.Time
}

// Subscribe subscribes to groups while its result is iterated, and yields what
// they receive, in order, across reconnections. A message that belongs to
// several of the groups is yielded once for each, as the protocol has it.
//
// The iteration ends when ctx ends, without an error; or, after everything that
// had arrived, with the error that ended [Client.Run] (it wraps [ErrClosed]).
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

// next waits for a delivery. When Run has ended, it first returns what had
// arrived.
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
		return Delivery{}, c.closedError()
	}
}

// request sends subscription requests if there is a connection; without one,
// attach sends them on the next.
func (c *Client) request(ctx context.Context, o love.Option, groups []love.Group) {
	s, _ := c.current()
	if s == nil {
		return
	}
	for _, g := range groups {
		if s.write(ctx, ws.OpText, c.cfg.subscription(o, g).AppendJSON(nil)) != nil {
			return // the connection is lost, or ctx has ended
		}
	}
}

func (c *Client) unsubscribe(s *subscription) {
	unused := c.subs.remove(s)
	close(s.ended)
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	c.request(ctx, love.Unsubscribe, unused)
}

// subscription is one running iterator.
type subscription struct {
	groups []love.Group
	texts  []string // of the groups
	queue  chan Delivery
	ended  chan struct{} // closed when the iteration has ended
}

func newSubscription(groups []love.Group, buffer int) *subscription {
	s := &subscription{groups: groups, queue: make(chan Delivery, buffer), ended: make(chan struct{})}
	for _, g := range groups {
		s.texts = append(s.texts, g.String())
	}
	return s
}

// subscriptions holds the running iterators. The zero value is ready.
type subscriptions struct {
	mu  sync.Mutex
	all []*subscription
}

func (x *subscriptions) add(s *subscription) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.all = append(x.all, s)
}

// remove removes an iterator and returns the groups that no other one uses.
func (x *subscriptions) remove(s *subscription) (unused []love.Group) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.all = slices.DeleteFunc(x.all, func(o *subscription) bool { return o == s })
	for _, g := range s.groups {
		if !slices.ContainsFunc(x.all, func(o *subscription) bool { return slices.Contains(o.groups, g) }) {
			unused = append(unused, g)
		}
	}
	return unused
}

// groups returns the groups of all iterators, each once.
func (x *subscriptions) groups() (groups []love.Group) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.all {
		for _, g := range s.groups {
			if !slices.Contains(groups, g) {
				groups = append(groups, g)
			}
		}
	}
	return groups
}

// matching returns the iterators that a message with that destination is for.
func (x *subscriptions) matching(d destination) (found []*subscription) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.all {
		if d.isRequestFor == nil && slices.Contains(s.texts, d.group) ||
			d.isRequestFor != nil && slices.ContainsFunc(s.groups, d.isRequestFor) {
			found = append(found, s)
		}
	}
	return found
}
