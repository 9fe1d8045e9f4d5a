package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// follower is a subscriber with a snapshot. What must hold for what it gets, it checks as
// that comes.
type follower struct {
	pair   *pair
	number int
	mu     sync.Mutex

	at       *managerRun
	sessions int
	floor    map[string]int  // what the snapshots of the session must have at least
	began    map[string]bool // whether a value has come in the session
	newest   map[string]int
	gaps     map[string]int // numbers that did not come
	away     time.Duration  // the longest time from the loss of a connection to a value of the next
	lost     time.Time
}

func (p *pair) follow(ctx context.Context, iterates bool) {
	f := &follower{pair: p, number: len(p.subscribers), newest: map[string]int{}, gaps: map[string]int{}}
	c, err := client.New("http://managers", client.WithProcessPassword(p.user.env["PROCESS_CONNECTION_PASS"]), client.WithLogger(slog.New(slog.DiscardHandler)),
		client.WithDialer(func(ctx context.Context, _, _ string) (net.Conn, error) {
			floor := p.floor()
			conn, r, err := p.dial(ctx)
			if err == nil {
				f.begin(r, floor)
			}
			return conn, err
		}))
	require.NoError(p.t, err)
	var groups []love.Group
	for _, n := range p.publishers {
		for _, text := range n.groups {
			g, err := love.ParseGroup(text)
			require.NoError(p.t, err)
			groups = append(groups, g)
		}
	}
	c.OnDisconnect(f.disconnected)
	o := love.SubscribeOptions{Snapshot: true}
	// Iterators are what programs use. What comes outside of them is handled before the next
	// connection is made, so that it is certain which manager it is from.
	if iterates {
		deliveries := c.SubscribeWith(ctx, o, groups...)
		p.clients.Go(func() {
			for d, err := range deliveries {
				if err != nil {
					return
				}
				f.received(d.Raw, false)
			}
		})
	} else {
		c.OnMessage(func(_ context.Context, raw []byte) { f.received(raw, true) })
		c.OnConnect(func(ctx context.Context) error {
			for _, g := range groups {
				if err := c.Send(ctx, love.Subscription{Option: love.Subscribe, Group: g, Options: o}.AppendJSON(nil)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	p.subscribers = append(p.subscribers, f)
	p.clients.Go(func() { _ = c.Run(ctx) })
	p.eventually(func() bool { return f.least(p.publishers...) > 0 }, "a subscriber is connected")
}

func (f *follower) begin(r *managerRun, floor map[string]int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions++
	f.at, f.floor, f.began = r, floor, map[string]bool{}
}

func (f *follower) disconnected() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost = time.Now()
}

// received takes in a message; exact means that it is from the manager that the client is
// connected to.
func (f *follower) received(raw []byte, exact bool) {
	var m struct {
		Subscription    string
		Snapshot, Stale bool
		Data            []struct{ Data map[string][]struct{ N int } }
	}
	if err := json.Unmarshal(raw, &m); err != nil || len(m.Data) == 0 {
		return // a confirmation
	}
	n := m.Data[0].Data["tick"][0].N
	f.mu.Lock()
	defer f.mu.Unlock()
	group := m.Subscription
	f.check(group, n, m.Snapshot, exact)
	if !f.lost.IsZero() && n > f.newest[group] {
		f.away = max(f.away, time.Since(f.lost))
		f.lost = time.Time{}
	}
	if f.newest[group] > 0 {
		f.gaps[group] += max(0, n-f.newest[group]-1)
	}
	f.newest[group] = n
	if exact {
		f.began[group] = true
		f.pair.delivered(group, f.at, n)
	}
}

func (f *follower) check(group string, n int, snapshot, exact bool) {
	failed := func(format string, args ...any) {
		f.pair.t.Errorf("subscriber %d at %s, %s: %s", f.number, f.at.name, group, fmt.Sprintf(format, args...))
	}
	floor, before := f.floor[group], f.newest[group]
	switch {
	case !snapshot && n <= before:
		failed("%d after %d", n, before)
	case snapshot && n < before && !f.pair.isLost(group):
		failed("a snapshot with %d after %d", n, before)
	case !exact:
	case snapshot && f.began[group]:
		failed("a snapshot with %d, and not the first", n)
	case !f.began[group] && n < floor: // it is that of the snapshot, unless Redis was slow
		failed("begins with %d, but two managers had delivered %d before the connection was made", n, floor)
	}
}

// least returns the least number that the subscriber has of the streams of publishers.
func (f *follower) least(of ...*numbering) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	least := math.MaxInt
	for _, n := range of {
		for _, group := range n.groups {
			least = min(least, f.newest[group])
		}
	}
	return least
}

// missed returns how many numbers of a publisher's streams did not come.
func (f *follower) missed(n *numbering) (all int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, group := range n.groups {
		all += f.gaps[group]
	}
	return all
}

func (f *follower) connection() (at *managerRun, sessions int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at, f.sessions
}
