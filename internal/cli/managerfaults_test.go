package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pgtest"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// faultSize is how much a fault test does: little by default, more with LOVE_FAULTS=full.
func faultSize(short, full int) int {
	if os.Getenv("LOVE_FAULTS") == "full" {
		return full
	}
	return short
}

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

// TestFault_AManagerIsKilled: the clients of one of two managers come back at the other, and
// those of the other do not notice.
func TestFault_AManagerIsKilled(t *testing.T) {
	p := startPair(t, faultSize(3, 8))
	random := rand.New(rand.NewPCG(20, 1))
	for range faultSize(1, 10) {
		victim := p.runs[random.IntN(2)]
		var moved, stayed []*follower
		before := map[*follower]int{}
		for _, s := range p.subscribers {
			var at *managerRun
			if at, before[s] = s.connection(); at == victim {
				moved = append(moved, s)
			} else {
				stayed = append(stayed, s)
			}
		}
		var kept []*numbering
		lost := map[string]bool{}
		for _, n := range p.publishers {
			if n.manager() == victim {
				for _, group := range n.groups {
					lost[group] = true
				}
			} else {
				kept = append(kept, n)
			}
		}
		missed := map[*follower]int{}
		for _, s := range stayed {
			for _, n := range kept {
				missed[s] += s.missed(n)
			}
		}
		p.mu.Lock()
		p.lost = lost
		p.mu.Unlock()
		t.Logf("%s is killed, with %d of %d subscribers and %d of 2 publishers", victim.name, len(moved), len(p.subscribers), 2-len(kept))
		victim.child.kill()
		p.remove(victim)

		p.eventually(func() bool {
			for _, s := range moved {
				if at, sessions := s.connection(); at == victim || sessions == before[s] {
					return false
				}
			}
			return true
		}, "all are connected again")
		p.everybodyHas(max(p.publishers[0].number(), p.publishers[1].number()) + 10)
		for _, s := range stayed {
			at, sessions := s.connection()
			require.NotSame(t, victim, at)
			require.Equal(t, before[s], sessions, "who was at the other manager stays there")
			now := 0
			for _, n := range kept {
				now += s.missed(n)
			}
			require.Equal(t, missed[s], now, "and gets all that is published there")
		}
		p.start(victim.name)
	}
	p.finish()
}

// TestFault_RollingRestart: both managers end, and are started again, one after the other,
// under load. No value is lost, and no command.
func TestFault_RollingRestart(t *testing.T) {
	random := rand.New(rand.NewPCG(20, 2))
	var mu sync.Mutex
	api := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Commander: commander.Func(func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		ctx = commander.Sent(ctx)
		mu.Lock()
		wait := time.Duration(random.IntN(300)) * time.Millisecond
		mu.Unlock()
		select {
		case <-time.After(wait):
			return love.Ack{Code: love.AckComplete, Text: love.Done}, nil
		case <-ctx.Done():
			return love.Ack{}, context.Cause(ctx)
		}
	})}))
	defer api.Close()
	p := startPair(t, faultSize(3, 8), "--commander", api.URL, "--drain-delay", "1s", "--drain", "500ms", "--heartbeat-query-commander=false")
	login, err := client.Login(t.Context(), "http://"+p.runs[0].address, "admin", "admin's")
	require.NoError(t, err)

	stop := make(chan struct{})
	var commanding sync.WaitGroup
	var commands int
	for range 4 {
		commanding.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				answer := p.command(login.Token)
				mu.Lock()
				commands++
				mu.Unlock()
				if !strings.HasPrefix(answer, "200 ") {
					t.Errorf("a command: %s", answer)
					return
				}
			}
		})
	}
	for range faultSize(1, 10) {
		for _, r := range slices.Clone(p.runs) {
			require.NoError(t, r.child.cmd.Process.Signal(syscall.SIGTERM))
			require.NoError(t, r.child.cmd.Wait(), "%s", r.child.errors)
			p.remove(r)
			p.start(r.name)
			p.everybodyHas(max(p.publishers[0].number(), p.publishers[1].number()) + 10)
		}
	}
	close(stop)
	commanding.Wait()
	t.Logf("%d commands", commands)
	for _, s := range p.subscribers {
		_, sessions := s.connection()
		require.Greater(t, sessions, 1, "each was connected to one of the two")
	}
	p.finish()
}

// command gives a command to one of the managers, on a connection of its own, and returns what
// [command] does.
func (p *pair) command(token string) string {
	return command(&http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, _, err := p.dial(ctx)
		return conn, err
	}}, "managers", token, "cmd_x")
}
