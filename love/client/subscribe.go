package client

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/love"
)

// Subscribe subscribes to groups and yields what they receive, in order, across
// reconnections. The contract is that of hub.Subscribe:
//
// The request is sent when Subscribe is called (or as soon as there is a connection), and
// nothing from before it is yielded; [Client.OnSubscribed] reports when the manager has
// confirmed it. The groups are left when ctx or the iteration ends; so end ctx if you do
// not iterate. A message that belongs to several of the groups is yielded once for each.
//
// The last thing that is yielded is the error that ended it: ctx's or, after all that had
// arrived, one that wraps [ErrClosed] and the error that ended [Client.Run]; or
// [ErrNotRunning] if nobody calls Run within five seconds. The result can be iterated
// once.
func (c *Client) Subscribe(ctx context.Context, groups ...love.Group) iter.Seq2[love.Delivery, error] {
	return c.SubscribeWith(ctx, love.SubscribeOptions{}, groups...)
}

// SubscribeWith is [Client.Subscribe] with options. Wrong ones, by
// [love.SubscribeOptions.Check], are the error that is yielded. The connection has one
// subscription to each group: if iterators of a client ask for one with different
// options, the latest hold for all of them. With a Snapshot or a History the last values and
// the past come after each reconnection, too.
func (c *Client) SubscribeWith(ctx context.Context, o love.SubscribeOptions, groups ...love.Group) iter.Seq2[love.Delivery, error] {
	if err := o.Check(); err != nil {
		return func(yield func(love.Delivery, error) bool) { yield(love.Delivery{}, err) }
	}
	s := newSubscription(groups, o, c.cfg.buffer)
	c.subs.add(s)
	c.request(ctx, s.requests())
	leave := sync.OnceFunc(func() { c.unsubscribe(s) })
	stop := context.AfterFunc(ctx, leave)
	return func(yield func(love.Delivery, error) bool) {
		defer leave()
		defer stop()
		for {
			d, err := c.next(ctx, s)
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(love.Delivery{}, err)
				return
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// errIterated is the error of an iteration after the first.
var errIterated = fmt.Errorf("%w: the subscription has ended with its iteration: subscribe again", ErrClosed)

// next waits for a delivery. When Run has ended, it first returns what had
// arrived.
func (c *Client) next(ctx context.Context, s *subscription) (love.Delivery, error) {
	if err := c.awaitRun(ctx); err != nil {
		return love.Delivery{}, err
	}
	select {
	case d := <-s.queue:
		return d, nil
	case <-ctx.Done():
		return love.Delivery{}, ctx.Err()
	case <-s.ended:
		return love.Delivery{}, errIterated
	case <-c.done:
	}
	select {
	case d := <-s.queue:
		return d, nil
	default:
		return love.Delivery{}, c.closedError()
	}
}

// request sends subscription requests if there is a connection; without one,
// attach sends them on the next.
func (c *Client) request(ctx context.Context, requests []love.Subscription) {
	s, _ := c.current()
	if s == nil {
		return
	}
	for _, r := range requests {
		if s.write(ctx, ws.OpText, r.AppendJSON(nil)) != nil {
			return // the connection is lost, or ctx has ended
		}
	}
}

func (c *Client) unsubscribe(s *subscription) {
	unused := c.subs.remove(s)
	close(s.ended)
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	c.request(ctx, unused)
}

// subscription is one running iterator.
type subscription struct {
	groups  []love.Group
	options love.SubscribeOptions
	texts   []string // of the groups
	queue   chan love.Delivery
	ended   chan struct{} // closed when the iteration has ended
}

func newSubscription(groups []love.Group, o love.SubscribeOptions, buffer int) *subscription {
	s := &subscription{groups: groups, options: o, queue: make(chan love.Delivery, buffer), ended: make(chan struct{})}
	for _, g := range groups {
		s.texts = append(s.texts, g.String())
	}
	return s
}

// requests returns what subscribes to the groups.
func (s *subscription) requests() (all []love.Subscription) {
	for _, g := range s.groups {
		all = append(all, love.Subscription{Option: love.Subscribe, Group: g, Options: s.options})
	}
	return all
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

// remove removes an iterator and returns what unsubscribes from the groups that no
// other one uses.
func (x *subscriptions) remove(s *subscription) (unused []love.Subscription) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.all = slices.DeleteFunc(x.all, func(o *subscription) bool { return o == s })
	for _, g := range s.groups {
		if !slices.ContainsFunc(x.all, func(o *subscription) bool { return slices.Contains(o.groups, g) }) {
			unused = append(unused, love.Subscription{Option: love.Unsubscribe, Group: g})
		}
	}
	return unused
}

// requests returns what subscribes to the groups of all iterators: to each group once,
// with the options that were asked for last.
func (x *subscriptions) requests() (all []love.Subscription) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.all {
		for _, r := range s.requests() {
			i := slices.IndexFunc(all, func(o love.Subscription) bool { return o.Group == r.Group })
			if i < 0 {
				all = append(all, r)
			} else {
				all[i] = r
			}
		}
	}
	return all
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
