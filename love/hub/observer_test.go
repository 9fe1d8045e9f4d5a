package hub_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

// recorder is an observer that counts what it is notified of.
type recorder struct {
	hub.NopObserver
	mu     sync.Mutex
	counts map[string]int
}

func (r *recorder) add(what string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	r.counts[what] += n
}

func (r *recorder) Opened(process bool) { r.add(fmt.Sprintf("opened %v", process), 1) }

func (r *recorder) Closed(c hub.CloseReason) { r.add("closed "+c.String(), 1) }

func (r *recorder) Received() { r.add("received", 1) }

func (r *recorder) Delivered(n int) { r.add("delivered", n) }

func (r *recorder) Denied(d hub.Denial) { r.add("denied "+d.String(), 1) }

func (r *recorder) Dropped(d hub.Drop, n int) { r.add("dropped "+d.String(), n) }

func TestAnObserverIsNotifiedOfWhatTheHubDoes(t *testing.T) {
	r := new(recorder)
	h, url := start(t, hub.WithObserver(r))
	c := dialProcess(t, url).subscribe("event-A-0-s", "event-A-0-all")
	c.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	c.send(`{"nonsense":1}`)
	c.sync()
	c.close(nil)
	c.waitClosed()
	require.Eventually(t, func() bool { return h.Stats().Sessions == 0 }, timeout, time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Equal(t, map[string]int{"opened true": 1, "received": 1, "delivered": 2, "denied malformed": 1, "closed peer": 1}, r.counts)
}
