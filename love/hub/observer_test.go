package hub_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

// recorder is an observer that counts what it is notified of.
type recorder struct {
	hub.NopObserver
	mu     sync.Mutex
	counts map[string]int
	ages   []time.Duration
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

// Written keeps the ages.
func (r *recorder) Written(w hub.Write) {
	r.add("written", 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ages = append(r.ages, w.Age)
}

func TestAnObserverLearnsHowOldTheMessagesOfAWriteAre(t *testing.T) {
	r := new(recorder)
	clock := lovetest.NewClock(time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC))
	_, url := start(t, hub.WithObserver(r), hub.WithClock(clock), hub.WithTracing(true))
	c := dialProcess(t, url).subscribe("event-A-0-s")
	now := clock.Now()
	for _, sent := range []string{
		strconv.FormatFloat(love.UnixSeconds(now.Add(-1500*time.Millisecond)), 'f', 3, 64), // UTC
		strconv.FormatFloat(love.UnixSeconds(now.Add(time.Second)), 'f', 3, 64),            // a clock that is ahead
		strconv.FormatFloat(love.UnixSeconds(now.Add(-2*time.Hour)), 'f', 3, 64),           // published again
		"0", "null", `"soon"`, "1e300",
	} {
		c.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}],"producer_snd":` + sent + `}`)
		require.Contains(t, c.next(), `"subscription":"event-A-0-s"`)
	}
	c.sync()
	require.Eventually(t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.ages) == 7
	}, timeout, time.Millisecond)
	require.InDelta(t, 1.5, r.ages[0].Seconds(), 0.001)
	require.Zero(t, r.ages[1])
	for _, unknown := range r.ages[2:] {
		require.Negative(t, unknown)
	}
}

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
	require.Equal(t, map[string]int{"opened true": 1, "received": 1, "delivered": 2, "written": 1, "denied malformed": 1, "closed peer": 1}, r.counts)
}
