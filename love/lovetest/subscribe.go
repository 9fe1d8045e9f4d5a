package lovetest

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// Subscriber is a *client.Client or a *hub.Hub.
type Subscriber interface {
	Subscribe(ctx context.Context, groups ...love.Group) iter.Seq2[love.Delivery, error]
}

// Subscribe subscribes to groups until the test ends: what they receive from now on is
// in the inbox. A client must be connected, as that of [Manager.LogIn] is. A
// subscription that ends before the test makes Next and Wait fail at once.
func Subscribe(t testing.TB, s Subscriber, groups ...string) *Inbox {
	t.Helper()
	x := newInbox(t)
	parsed := make([]love.Group, len(groups))
	for i, g := range groups {
		parsed[i] = x.parse(g)
	}
	ctx, cancel := context.WithCancel(t.Context())
	deliveries := s.Subscribe(ctx, parsed...)
	var running sync.WaitGroup
	running.Go(func() {
		for d, err := range deliveries {
			if err != nil {
				x.end(err)
				return
			}
			x.deliver(d)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	c, ok := s.(interface {
		Flush(ctx context.Context) error
	})
	if !ok {
		return x
	}
	// The manager answers in order, so it has confirmed the subscription, too.
	switch err := c.Flush(ctx); {
	case errors.Is(err, client.ErrNotConnected):
		t.Fatalf("lovetest: subscribe to %q: the client is not connected: take one of Manager.LogIn, or call its Run and wait for OnConnect", groups)
	case err != nil:
		t.Fatalf("lovetest: subscribe to %q: %v", groups, err)
	}
	return x
}

// deliver adds a message to a subscription. One that is not a data message, such as a
// heartbeat of the manager, is added as it is, under the group.
func (x *Inbox) deliver(d love.Delivery) {
	msg, err := d.Message()
	if err == nil {
		x.add(msg, d.Group)
		return
	}
	g, _ := love.ParseGroup(d.Group) // it was one of those subscribed to
	x.mu.Lock()
	defer x.mu.Unlock()
	x.streams = append(x.streams, entry{Received: Received{Stream: love.Stream{Name: g.Stream, Value: d.Raw}, Group: d.Group, Time: d.Received}, group: g})
	x.wake()
}
