package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// streamsEach is how many streams each publisher has.
const streamsEach = 4

// numbering is a publisher: it publishes the numbers from 1 in all of its streams.
type numbering struct {
	pair   *pair
	client *client.Client
	groups []string
	ended  chan struct{}

	mu   sync.Mutex
	at   *managerRun
	last int // number
	stop bool
}

// changePause is how long a publisher that has lost its manager waits until it connects to the
// other. There is no order between senders at different managers, so without it the first
// number at the new one could come before the last at the old one (docs/scaling.md).
const changePause = 500 * time.Millisecond

func (p *pair) publish(ctx context.Context) {
	n := &numbering{pair: p, ended: make(chan struct{})}
	first := len(p.publishers) * streamsEach
	for i := range streamsEach {
		n.groups = append(n.groups, love.StreamGroup(love.CategoryEvent, "Load", first+i, "tick").String())
	}
	var err error
	n.client, err = client.New("http://managers", client.WithProcessPassword(p.user.env["PROCESS_CONNECTION_PASS"]), client.WithLogger(slog.New(slog.DiscardHandler)),
		client.WithDialer(func(ctx context.Context, _, _ string) (net.Conn, error) {
			if n.number() > 0 {
				select {
				case <-time.After(changePause):
				case <-ctx.Done():
				}
			}
			conn, r, err := p.dial(ctx)
			n.mu.Lock()
			defer n.mu.Unlock()
			n.at = r
			return conn, err
		}))
	require.NoError(p.t, err)
	p.publishers = append(p.publishers, n)
	p.clients.Go(func() { _ = n.client.Run(ctx) })
	p.clients.Go(func() { n.run(ctx, first) })
	p.eventually(func() bool { return n.manager() != nil && n.number() > 0 }, "a publisher is connected")
}

// run publishes a number in all streams, waits a moment, and publishes the next. It ends
// when the manager has read the last.
func (n *numbering) run(ctx context.Context, first int) {
	defer close(n.ended)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		n.mu.Lock()
		n.last++
		last, stop := n.last, n.stop
		n.mu.Unlock()
		for i := range streamsEach {
			message := fmt.Sprintf(`{"category":"event","data":[{"csc":"Load","salindex":%d,"data":{"tick":[{"n":%d}]}}]}`, first+i, last)
			if n.client.Send(ctx, []byte(message)) != nil {
				return
			}
		}
		if stop && n.client.Flush(ctx) == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (n *numbering) number() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.last
}

func (n *numbering) manager() *managerRun {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.at
}
