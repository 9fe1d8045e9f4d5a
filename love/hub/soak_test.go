package hub_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// soakLimits are so low that what they bound happens.
var soakLimits = hub.Limits{
	UserMessage: 16 << 10, ProcessMessage: 1 << 20, BacklogBytes: 64 << 10, BacklogAge: 300 * time.Millisecond, QueueBytes: 512 << 10,
	Subscriptions: 40, UserSessions: 2, GroupName: 200, LastBytes: 1 << 20,
	RequestRate: 50, UserRequestRate: 80, UserSubscriptionBytes: 16 << 10, UserQueueBytes: 512 << 10,
}

const (
	soakProcesses = 8
	soakUsers     = 6 // with three names
)

// soakSeed is where the random numbers begin, unless LOVE_SOAK_SEED says otherwise.
const soakSeed = 1

// soak is a hub under random load, or several that act as one, and a model of what they
// must do.
type soak struct {
	t     *testing.T
	hubs  []*soakHub
	model soakModel
	fail  func(error) // ends the load

	faulting sync.Mutex // held while hubs become disturbed, or calm
}

// TestSoak puts a hub under random load (connects, subscriptions with and without
// options, snapshots, publishing, readers that stop, cuts, breaches of the rules) and
// compares everything that is delivered with a model. LOVE_SOAK is for how long, such
// as 10m. The random numbers are the same in each run; LOVE_SOAK_SEED=N gives others.
func TestSoak(t *testing.T) {
	s := &soak{t: t}
	s.addHub()
	s.run()
}

// soakTime returns what LOVE_SOAK and LOVE_SOAK_SEED say.
func soakTime(t *testing.T) (duration time.Duration, seed uint64) {
	duration, seed = 2*time.Second, soakSeed
	var err error
	if text := os.Getenv("LOVE_SOAK"); text != "" {
		duration, err = time.ParseDuration(text)
		require.NoError(t, err, "LOVE_SOAK must be a duration such as 10m")
	}
	if text := os.Getenv("LOVE_SOAK_SEED"); text != "" {
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, "LOVE_SOAK_SEED must be a number")
	}
	return duration, seed
}

// addHub starts another hub.
func (s *soak) addHub(opts ...hub.Option) *soakHub {
	opts = append([]hub.Option{
		hub.WithGate(soakGate), hub.WithAuthorizer(authorizer{}), hub.WithTracing(false), hub.WithLimits(soakLimits),
		hub.WithPing(2 * time.Second), hub.WithOrigins(func(o string) bool { return o == "" }),
	}, opts...)
	h := &soakHub{hub: hub.New(opts...), number: len(s.hubs)}
	h.server = httptest.NewServer(h.hub)
	h.url = "ws" + strings.TrimPrefix(h.server.URL, "http")
	s.hubs = append(s.hubs, h)
	return h
}

// run puts the hubs under load, with what else is to go on meanwhile, checks what is left
// of that, and ends them.
func (s *soak) run(besides ...func(ctx context.Context, rng *rand.Rand)) {
	t := s.t
	duration, seed := soakTime(t)
	defer func() {
		if t.Failed() {
			t.Logf("LOVE_SOAK=%s LOVE_SOAK_SEED=%d", duration, seed)
		}
	}()
	before := measureResources()
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	s.fail = func(err error) {
		t.Error(err)
		cancel()
	}
	s.load(ctx, seed, besides)
	if !t.Failed() {
		s.checkEnd(before)
	}
	end, stop := context.WithTimeout(context.Background(), timeout)
	defer stop()
	for _, h := range s.hubs {
		stats := h.hub.Stats()
		t.Logf("%d messages received, %d offered, %d delivered; dropped %v, denied %v, closed %v",
			stats.Received, stats.Offered, stats.Delivered, stats.Dropped, stats.Denied, stats.Closed)
		require.NoError(t, h.hub.Shutdown(end))
		h.server.Close()
	}
}

var soakGate = hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
	p, err := gate(r)
	p.Address = r.RemoteAddr
	return p, err
})

// load runs publishers, clients, checkers and what else is to go on until ctx ends and the
// clients have got their last values.
func (s *soak) load(ctx context.Context, seed uint64, besides []func(context.Context, *rand.Rand)) {
	s.addStreams()
	var publishing, finishing, checking sync.WaitGroup
	silent := make(chan struct{}) // closed when nothing is published any more
	stopSync := s.startSync()
	for i, do := range besides {
		publishing.Go(func() { do(ctx, rand.New(rand.NewPCG(seed, uint64(2000+i)))) })
	}
	for i := range soakPublishers {
		publishing.Go(func() { s.runPublisher(ctx, i, rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	for i := range soakProcesses + soakUsers {
		c := &soakClient{soak: s, rng: rand.New(rand.NewPCG(seed, uint64(1000+i))), lazy: i%2 == 0, probe: s.probes(i)}
		if i >= soakProcesses {
			c.name = "user" + itoa(i%3)
		}
		publishing.Add(1)
		finishing.Go(func() {
			err := c.play(ctx)
			publishing.Done()
			if err == nil {
				err = c.finish(silent)
			}
			if err != nil && !errors.Is(err, errSoakClosed) {
				s.fail(fmt.Errorf("client %d: %w", i, err))
			}
			if c.conn != nil {
				c.drop()
			}
		})
	}
	stop := make(chan struct{})
	for _, h := range s.hubs {
		checking.Go(func() { s.checkAlways(h.hub, stop) })
	}
	publishing.Wait()
	close(silent)
	finishing.Wait()
	close(stop)
	checking.Wait()
	stopSync()
}

const soakPublishers = 4

func (s *soak) addStreams() {
	for i := range soakPublishers {
		for _, category := range []love.Category{love.CategoryEvent, love.CategoryTelemetry} {
			for index := 1; index <= 2; index++ {
				for n := range 3 {
					s.addStream(love.StreamGroup(category, "P"+itoa(i), index, "s"+itoa(n)), i)
				}
			}
		}
	}
	for i := range soakProcesses + soakUsers {
		s.addStream(love.StreamGroup(love.CategoryEvent, "C"+itoa(i), 0, "e"), i)
		s.addStream(love.StreamGroup(love.CategoryTelemetry, "C"+itoa(i), 0, "t"), i)
	}
}

// addStream adds a stream of publisher i.
func (s *soak) addStream(g love.Group, i int) {
	s.model.add(g, s.hubs[i%len(s.hubs)])
	for _, h := range s.hubs {
		h.states = append(h.states, new(soakState))
	}
}

// probes returns the streams that client i publishes.
func (s *soak) probes(i int) []*soakStream {
	return []*soakStream{
		s.model.byGroup[love.StreamGroup(love.CategoryEvent, "C"+itoa(i), 0, "e")],
		s.model.byGroup[love.StreamGroup(love.CategoryTelemetry, "C"+itoa(i), 0, "t")],
	}
}

// group returns a group of any kind.
func (s *soak) group(rng *rand.Rand) love.Group {
	g := s.model.streams[rng.IntN(len(s.model.streams))].group
	switch rng.IntN(8) {
	case 0:
		return love.CategoryGroup(g.Category)
	case 1, 2:
		g.Stream = love.All
	case 3, 4:
		if rng.IntN(2) == 0 {
			g.CSC = "*"
		}
		if rng.IntN(2) == 0 {
			g.SalIndex = "*"
		}
		if rng.IntN(2) == 0 {
			g.Stream = "*"
		}
	}
	return g
}

// message makes a message with the next values of streams of one category.
func (s *soak) message(streams []*soakStream, rng *rand.Rand) love.Message {
	m := love.Message{Category: streams[0].group.Category}
	for _, st := range streams {
		value := fmt.Appendf(nil, `{"i":%d,"pad":%q}`, st.begun.Add(1), strings.Repeat("x", rng.IntN(1000)))
		stream := love.Stream{Name: st.group.Stream, Value: value}
		last := len(m.Data) - 1
		if last >= 0 && m.Data[last].CSC == st.group.CSC && m.Data[last].SalIndex.String() == st.group.SalIndex && rng.IntN(4) > 0 {
			m.Data[last].Streams = append(m.Data[last].Streams, stream)
			continue
		}
		index, _ := strconv.Atoi(st.group.SalIndex)
		m.Data = append(m.Data, love.Item{CSC: st.group.CSC, SalIndex: love.Index(index), Streams: []love.Stream{stream}})
	}
	return m
}

// publish publishes the next values of streams of one category.
func (s *soak) publish(streams []*soakStream, rng *rand.Rand) error {
	home := streams[0].home.Load()
	err := home.hub.Publish(context.Background(), s.message(streams, rng))
	home.routed(streams)
	return err
}

// streamSets returns sets of streams of a component that are published together; they
// overlap.
func (s *soak) streamSets(csc string, rng *rand.Rand) (sets [][]*soakStream) {
	for _, category := range []love.Category{love.CategoryEvent, love.CategoryTelemetry} {
		var all []*soakStream
		for _, st := range s.model.streams {
			if st.group.Category == category && st.group.CSC == csc {
				all = append(all, st)
				sets = append(sets, []*soakStream{st})
			}
		}
		sets = append(sets, all)
		for range 4 {
			some := slices.DeleteFunc(slices.Clone(all), func(*soakStream) bool { return rng.IntN(2) == 0 })
			if len(some) > 0 {
				sets = append(sets, some)
			}
		}
	}
	return sets
}

// runPublisher publishes the streams of component i, every second component over a
// connection.
func (s *soak) runPublisher(ctx context.Context, i int, rng *rand.Rand) {
	sets := s.streamSets("P"+itoa(i), rng)
	pick := func() []*soakStream { return sets[rng.IntN(len(sets))] }
	c := &soakClient{soak: s, rng: rng}
	publish := func() error { return s.publish(pick(), rng) }
	if i%2 == 1 {
		publish = func() error { return c.publishBurst(pick) }
	}
	for ctx.Err() == nil {
		if err := publish(); err != nil {
			s.fail(fmt.Errorf("publisher %d: %w", i, err))
			break
		}
		if rng.IntN(300) == 0 && s.move(ctx, sets, rng) && c.conn != nil {
			c.drop()
		}
		time.Sleep(time.Duration(rng.IntN(8)) * time.Millisecond)
	}
	if c.conn != nil {
		c.drop()
	}
}

// publishBurst publishes some messages over the connection, and waits until they were
// routed.
func (c *soakClient) publishBurst(pick func() []*soakStream) error {
	if c.conn == nil {
		if err := c.dial(pick()[0].home.Load()); err != nil {
			return err
		}
	}
	var all []*soakStream
	for range 1 + c.rng.IntN(3) {
		streams := pick()
		all = append(all, streams...)
		if err := c.write(ws.NewTextFrame(c.soak.message(streams, c.rng).AppendJSON(nil))); err != nil {
			return err
		}
	}
	if err := c.await(); err != nil {
		return err
	}
	c.hub.routed(all)
	if c.rng.IntN(100) == 0 {
		c.drop()
	}
	return nil
}

// wasBehind reports whether the hub of the client has conflated what it sent to it, or
// no longer has the connection. It waits a moment, because the hub counts what it has
// dropped after it has queued what follows.
func (c *soakClient) wasBehind() bool {
	address := c.conn.LocalAddr().String()
	for until := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		list := c.hub.hub.Sessions()
		i := slices.IndexFunc(list, func(st hub.SessionStats) bool { return st.Address == address })
		if i < 0 || list[i].Dropped > 0 {
			return true
		}
		if time.Now().After(until) {
			return false
		}
	}
}

// checkAlways checks what must hold at every moment.
func (s *soak) checkAlways(h *hub.Hub, stop <-chan struct{}) {
	var last hub.Stats
	for {
		st := h.Stats()
		counted := st.Delivered + st.Dropped["backlog"] + st.Dropped["rate"] + st.Dropped["closed"]
		if counted > st.Offered || st.Offered < last.Offered || st.Delivered < last.Delivered || st.Received < last.Received {
			s.fail(fmt.Errorf("more counted than offered, or a counter went back: %+v", st))
			return
		}
		last = st
		for _, session := range h.Sessions() {
			if session.Waiting < 0 || session.Groups > soakLimits.Subscriptions || session.Lag < 0 {
				s.fail(fmt.Errorf("%+v", session))
				return
			}
		}
		h.Groups()
		select {
		case <-stop:
			return
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// checkEnd checks that nothing is left of the clients.
func (s *soak) checkEnd(before resources) {
	t := s.t
	sessions := func() (n int) {
		for _, h := range s.hubs {
			n += len(h.hub.Sessions())
		}
		return n
	}
	for until := time.Now().Add(3 * timeout); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		now := measureResources()
		if sessions() == 0 && now.goroutines <= before.goroutines && now.files <= before.files {
			break
		}
	}
	require.Zero(t, sessions())
	now := measureResources()
	require.LessOrEqual(t, now.goroutines, before.goroutines)
	require.LessOrEqual(t, now.files, before.files)
	require.Less(t, now.heap, before.heap+4<<20, "bytes")
	for _, h := range s.hubs {
		s.checkEmpty(h)
	}
}

// checkEmpty checks the counts of a hub without clients.
func (s *soak) checkEmpty(h *soakHub) {
	t, st := s.t, h.hub.Stats()
	requireBalance(t, st, 0)
	require.Equal(t, h.hub.Offered(), st.Offered)
	require.Zero(t, st.SubscriptionBytes)
	require.Zero(t, st.QueueBytes)
	for _, g := range h.hub.Groups() {
		require.Zero(t, g.Members, g.Group)
		name, err := love.ParseGroup(g.Group)
		require.NoError(t, err)
		switch st := s.model.byGroup[name]; {
		case st == nil && name.Category == soakCategory:
		case st == nil:
			require.Equal(t, "event-Hub-0-sources", g.Group, "it has neither a member nor a value")
		case len(s.hubs) == 1: // of several, each gets what its clients want
			require.EqualValues(t, st.begun.Load(), g.Messages, g.Group)
			fallthrough
		default:
			require.Positive(t, g.Messages, "%s has neither a member nor a value", g.Group)
		}
	}
}

// resources is what the process uses.
type resources struct {
	goroutines, files int
	heap              uint64 // bytes
}

func measureResources() resources {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, _ := os.ReadDir("/proc/self/fd") // empty on other systems
	return resources{runtime.NumGoroutine(), len(files), m.HeapAlloc}
}
