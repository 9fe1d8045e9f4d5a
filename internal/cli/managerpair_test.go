package cli

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pgtest"
)

// managerRun is a manager from its start to its end. A manager that is started again is
// another run.
type managerRun struct {
	name, address string
	child         *child
}

// pair is two managers that act as one behind one address, with publishers and subscribers
// that connect to it.
type pair struct {
	t    *testing.T
	user *user
	args []string // of each manager

	mu   sync.Mutex
	runs []*managerRun                  // that get connections
	next int                            // of runs
	seen map[string]map[*managerRun]int // the newest number of each group that a manager has delivered
	lost map[string]bool                // the groups whose newest numbers a manager has taken with it

	publishers  []*numbering
	subscribers []*follower
	clients     sync.WaitGroup
	end         func() // of the clients
}

// startPair starts two managers, then a publisher and a number of subscribers at each.
func startPair(t *testing.T, subscribers int, args ...string) *pair {
	address, prefix := testRedis(t)
	p := &pair{t: t, user: newUser(t), args: args, seen: map[string]map[*managerRun]int{}}
	maps.Copy(p.user.env, environment{
		"PROCESS_CONNECTION_PASS": "a good long one", "ADMIN_USER_PASS": "admin's",
		"LOVED_DATABASE": pgtest.Schema(t), "LOVED_BROKER": address, "LOVED_BROKER_PREFIX": prefix,
	})
	for _, name := range []string{"first", "second"} {
		p.start(name)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.end = func() {
		cancel()
		p.clients.Wait()
	}
	t.Cleanup(p.end)
	for range 2 {
		p.publish(ctx)
	}
	for n := range 2 * subscribers {
		p.follow(ctx, n%4 < 2)
	}
	p.everybodyHas(10)
	return p
}

// start starts a manager and lets connections to it.
func (p *pair) start(name string) *managerRun {
	c := p.user.startChild(append([]string{"manager", "--listen", "127.0.0.1:0", "--name", name}, p.args...)...)
	r := &managerRun{name, strings.TrimPrefix(c.out.waitFor(p.t, `LOVE manager at (\S+)\n`)[1], "http://"), c}
	p.eventually(func() bool { return r.isReady() }, "%s is ready", name)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs = append(p.runs, r)
	return r
}

// isReady reports whether the manager may get connections, as a proxy finds it out.
func (r *managerRun) isReady() bool {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: testTimeout}
	resp, err := c.Get("http://" + r.address + "/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// dial connects to the next manager that is ready and accepts, as a proxy does.
func (p *pair) dial(ctx context.Context) (net.Conn, *managerRun, error) {
	p.mu.Lock()
	from := p.next
	p.next++
	runs := slices.Clone(p.runs)
	p.mu.Unlock()
	for i := range runs {
		r := runs[(from+i)%len(runs)]
		if !r.isReady() {
			continue
		}
		var d net.Dialer
		if conn, err := d.DialContext(ctx, "tcp", r.address); err == nil {
			return conn, r, nil
		}
	}
	return nil, nil, errors.New("no manager is ready")
}

// remove takes out a manager that has ended.
func (p *pair) remove(r *managerRun) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs = slices.DeleteFunc(p.runs, func(other *managerRun) bool { return other == r })
}

func (p *pair) eventually(condition func() bool, format string, args ...any) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return p.t.Failed() || condition() }, 2*testTimeout, 10*time.Millisecond, append([]any{format}, args...)...)
	require.False(p.t, p.t.Failed(), "see above")
}

// everybodyHas waits until all subscribers have a number, or a later one, of all streams.
func (p *pair) everybodyHas(n int) {
	p.t.Helper()
	p.eventually(func() bool {
		for _, s := range p.subscribers {
			if s.least(p.publishers...) < n {
				return false
			}
		}
		return true
	}, "all have the number %d of all streams", n)
}

// floor returns the numbers that two managers have delivered: they have been in Redis, so
// that every snapshot has them, or later ones.
func (p *pair) floor() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]int{}
	for group, seen := range p.seen {
		if numbers := slices.Sorted(maps.Values(seen)); len(numbers) > 1 {
			all[group] = numbers[len(numbers)-2]
		}
	}
	return all
}

// delivered notes that a manager has delivered a number.
func (p *pair) delivered(group string, by *managerRun, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen[group] == nil {
		p.seen[group] = map[*managerRun]int{}
	}
	p.seen[group][by] = n
}

func (p *pair) isLost(group string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost[group]
}

// finish ends the publishing, and requires that everybody gets the last number of each stream.
func (p *pair) finish() {
	for _, n := range p.publishers {
		n.mu.Lock()
		n.stop = true
		n.mu.Unlock()
	}
	for _, n := range p.publishers {
		select {
		case <-n.ended:
		case <-time.After(testTimeout):
			require.FailNow(p.t, "a publisher does not end")
		}
	}
	p.eventually(func() bool {
		for _, s := range p.subscribers {
			for _, n := range p.publishers {
				if s.least(n) != n.number() {
					return false
				}
			}
		}
		return true
	}, "all have the last number of all streams")
	longest := time.Duration(0)
	for _, s := range p.subscribers {
		longest = max(longest, s.away)
	}
	p.t.Logf("%d and %d numbers in %d streams each; at most %v from the loss of a connection to the next value",
		p.publishers[0].number(), p.publishers[1].number(), streamsEach, longest)
	p.end()
}

// command gives a command to one of the managers, on a connection of its own, and returns what
// [command] does.
func (p *pair) command(token string) string {
	return command(&http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, _, err := p.dial(ctx)
		return conn, err
	}}, "managers", token, "cmd_x")
}
