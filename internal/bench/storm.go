package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// Storm connects many clients at once, as after a restart: in a first storm they
// only connect; in a second one each also subscribes to event groups and waits
// for their last values. The manager must know the connection's parameter
// snapshot=1.
type Storm struct {
	URL     string
	PID     int // of the manager; 0: not measured
	Clients int
	Groups  int           // subscriptions of each
	Payload int           // bytes of each value, about
	Timeout time.Duration // for each of the two storms

	Compressed bool // the clients offer permessage-deflate, and must get it
}

// StormReport is how long the storms took.
type StormReport struct {
	Clients, Groups int
	Accepted        time.Duration // until all were connected, in the first
	Connected       time.Duration // until all were connected, in the second
	Complete        time.Duration // until all had all values, in the second
	Manager         Usage         // in the second
}

// String returns the report as text.
func (r StormReport) String() string {
	s := fmt.Sprintf("%d clients connecting: %.3f s, %.0f accepted/s\n", r.Clients, r.Accepted.Seconds(), float64(r.Clients)/r.Accepted.Seconds())
	s += fmt.Sprintf("with %d groups each: connected after %.3f s, all %d snapshots after %.3f s\n", r.Groups, r.Connected.Seconds(), r.Clients*r.Groups, r.Complete.Seconds())
	if r.Manager.Wall > 0 {
		s += fmt.Sprintf("manager: %.3f s CPU, %.1f µs per snapshot, %s in memory\n", r.Manager.CPU.Seconds(),
			micros(r.Manager.CPU)/float64(r.Clients*r.Groups), mebibytes(r.Manager.RSS))
	}
	return s
}

// Run publishes the values and runs the storms.
func (s Storm) Run(ctx context.Context) (r StormReport, err error) {
	if s.Clients < 1 || s.Groups < 1 || s.Groups >= 1000 || s.Timeout <= 0 {
		return r, errors.New("the reconnect shape needs clients, 1 to 999 groups and a timeout")
	}
	var values clients
	defer values.close()
	defer values.closeWith(ctx)()
	if err := s.publish(ctx, &values); err != nil {
		return r, err
	}

	r = StormReport{Clients: s.Clients, Groups: s.Groups}
	if r.Accepted, _, err = s.storm(ctx, 0); err != nil {
		return r, err
	}
	if err := pause(ctx, time.Second); err != nil { // for the manager to clean up
		return r, err
	}
	used, err := startUsage(s.PID)
	if err != nil {
		return r, err
	}
	if r.Connected, r.Complete, err = s.storm(ctx, s.Groups); err != nil {
		return r, err
	}
	r.Manager, err = used()
	return r, err
}

// publish gives each stream a value, on a connection that stays open, so that the
// values are not stale.
func (s Storm) publish(ctx context.Context, values *clients) error {
	c, err := values.dial(ctx, s.URL, false, 4<<10)
	if err != nil {
		return err
	}
	c.add(ws.OpText, newMessage("event", 1, s.Groups, s.Payload).fill(0, 0))
	c.add(ws.OpText, []byte(`{"action":"get_time_data","request_time":0}`))
	if err := c.flush(); err != nil {
		return err
	}
	// The answer arrives when the values have been routed.
	err = c.each(nil, func(text []byte) bool { return !bytes.Contains(text, []byte("time_data")) })
	if err == nil {
		values.keepAlive(c)
	}
	return err
}

// storm connects all clients at once. It returns when the last one was connected
// and when the last one had the values of its groups.
func (s Storm) storm(ctx context.Context, groups int) (connected, complete time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	var requests []string
	for g := range groups {
		requests = append(requests, request("event", 1, g))
	}
	var conns clients
	defer conns.close()
	defer conns.closeWith(ctx)()
	var lastConnected, lastComplete atomic.Int64
	target := withQuery(s.URL, "snapshot", "1")
	start := time.Now()
	err = parallel(s.Clients, s.Clients, func(int) error {
		c, err := conns.dial(ctx, target, s.Compressed, 4<<10)
		if err != nil {
			return err
		}
		storeMax(&lastConnected, int64(time.Since(start)))
		if err := s.snapshots(c, requests); err != nil {
			return fmt.Errorf("waiting for snapshots, which only a manager that knows snapshot=1 sends: %w", err)
		}
		storeMax(&lastComplete, int64(time.Since(start)))
		return nil
	})
	return time.Duration(lastConnected.Load()), time.Duration(lastComplete.Load()), err
}

var snapshotMark = []byte(`"snapshot":true`)

// snapshots subscribes and returns when every group has sent its last value.
func (s Storm) snapshots(c *conn, requests []string) error {
	left := len(requests)
	count := func(text []byte) {
		if bytes.Contains(text, snapshotMark) {
			left--
		}
	}
	if err := c.subscribe(requests, count); err != nil || left == 0 {
		return err
	}
	return c.each(nil, func(text []byte) bool {
		count(text)
		return left > 0
	})
}

func storeMax(v *atomic.Int64, n int64) {
	for old := v.Load(); n > old && !v.CompareAndSwap(old, n); old = v.Load() {
	}
}

// withQuery adds a parameter to a URL that has been parsed before.
func withQuery(target, key, value string) string {
	u, err := url.Parse(target)
	if err != nil {
		return target // connecting will report what is wrong with it
	}
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return u.String()
}
