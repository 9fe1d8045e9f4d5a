package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Load publishes at a constant rate to subscribers of everything that is
// published, so that a message makes Subscribers × Streams deliveries, or Subscribers of
// them with Component.
type Load struct {
	URL string // websocket of the manager, credentials in the query
	// ReaderURLs are the same for subscribers, which a manager treats otherwise if they are
	// users, and which may be at other managers, in turn. Default: URL.
	ReaderURLs []string
	PID        int // of the manager, to measure what it uses; 0: not measured

	Publishers  int
	Subscribers int
	Stopped     int     // further subscribers that never read
	Streams     int     // per message
	Rate        float64 // messages per second, of all publishers together
	Payload     int     // bytes of each stream's value, about
	Category    string  // "telemetry" or "event"
	Events      float64 // events per second of one further publisher, each of one stream

	// Component: subscribers subscribe to components instead of streams, and get all
	// streams of a message in one.
	Component bool
	// Random: each message is due at a random time of its turn, as those of sources that
	// know nothing of each other. Events always are.
	Random bool
	// Compressed: subscribers offer permessage-deflate, and must get it.
	Compressed bool

	Warmup   time.Duration // published, but not measured
	Duration time.Duration // measured
	Settle   time.Duration // how long to wait at the end for what is in transit
}

// Check returns an error if the load is invalid.
func (l Load) Check() error {
	switch {
	case l.Publishers < 1 || l.Publishers >= 1000:
		return fmt.Errorf("publishers: %d is not between 1 and 999", l.Publishers)
	case l.Streams < 1 || l.Streams >= 1000:
		return fmt.Errorf("streams per message: %d is not between 1 and 999", l.Streams)
	case l.Subscribers < 0 || l.Stopped < 0 || l.Payload < 0:
		return errors.New("subscribers and payload must not be negative")
	case l.Rate <= 0 || l.Rate > 1e6:
		return fmt.Errorf("rate: %g is not between 0 and 1000000 messages per second", l.Rate)
	case l.Events < 0 || l.Events > 1e6:
		return fmt.Errorf("events: %g is not between 0 and 1000000 per second", l.Events)
	case l.Category != "telemetry" && l.Category != "event":
		return fmt.Errorf("category: %q is neither telemetry nor event", l.Category)
	case l.Duration <= 0 || l.Warmup < 0 || l.Settle < 0 || l.Warmup+l.Duration > time.Hour:
		return errors.New("duration must be above 0, and an hour at most with the warm-up")
	}
	return nil
}

// readerURLs returns where subscribers connect.
func (l Load) readerURLs() []string {
	if len(l.ReaderURLs) == 0 {
		return []string{l.URL}
	}
	return l.ReaderURLs
}

// maxDialing is how many connections are opened at the same time.
const maxDialing = 32

// load is a Load while it runs.
type load struct {
	Load
	clients
	start       time.Time // of publishing
	publishers  []*publisher
	subscribers []*subscriber
}

// Run connects, publishes, and reports what arrived.
func (l Load) Run(ctx context.Context) (Report, error) {
	if err := l.Check(); err != nil {
		return Report{}, err
	}
	run := &load{Load: l}
	defer run.close()
	defer run.closeWith(ctx)()
	if err := run.connect(ctx); err != nil {
		return Report{}, cmp.Or(ctx.Err(), err)
	}
	r, err := run.publish(ctx)
	if err != nil { // a connection that was closed with ctx fails as well
		return Report{}, cmp.Or(ctx.Err(), err)
	}
	run.settle(ctx)
	run.close()
	run.collect(&r)
	return r, ctx.Err()
}

func (l *load) connect(ctx context.Context) error {
	requests, urls := l.requests(), l.readerURLs()
	l.subscribers = make([]*subscriber, l.Subscribers)
	l.publishers = make([]*publisher, l.Publishers+l.eventPublishers())
	err := parallel(l.Subscribers+l.Stopped, maxDialing, func(i int) error {
		c, err := l.dial(ctx, urls[i%len(urls)], l.Compressed, readBuffer)
		if err != nil {
			return err
		}
		if i < l.Subscribers {
			l.subscribers[i] = newSubscriber(l, c)
		}
		return c.subscribe(requests, nil)
	})
	if err != nil {
		return err
	}
	return parallel(len(l.publishers), maxDialing, func(i int) error {
		c, err := l.dial(ctx, l.URL, false, 4<<10)
		switch {
		case err != nil:
		case i < l.Publishers:
			l.publishers[i] = newPublisher(l, i, c)
		default:
			l.publishers[i] = newEventPublisher(l, i, c)
		}
		return err
	})
}

// requests returns the subscriptions of each subscriber.
func (l *load) requests() (requests []string) {
	for p := range l.Publishers {
		if l.Component {
			requests = append(requests, requestNamed(l.Category, p+1, "all"))
			continue
		}
		for s := range l.Streams {
			requests = append(requests, request(l.Category, p+1, s))
		}
	}
	for p := range l.eventPublishers() {
		requests = append(requests, request("event", l.Publishers+p+1, 0))
	}
	return requests
}

// eventPublishers returns how many publishers of events there are besides the others.
func (l *load) eventPublishers() int {
	if l.Events > 0 {
		return 1
	}
	return 0
}

// perMessage returns how many messages a subscriber gets for one of publisher i.
func (l *load) perMessage(i int) int {
	if l.Component || i >= l.Publishers {
		return 1
	}
	return l.Streams
}

// readBuffer is how much a subscriber reads at once.
const readBuffer = 16 << 10

// publish starts the readers, publishes everything, and measures the manager and
// the generator after the warm-up.
func (l *load) publish(ctx context.Context) (r Report, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	l.start = time.Now()
	for _, s := range l.subscribers {
		l.reading.Go(s.run)
	}
	failed := make(chan error, len(l.publishers))
	for _, p := range l.publishers {
		l.reading.Go(p.listen)
		l.reading.Go(func() { failed <- p.run(ctx) })
	}
	manager, self, err := l.startUsageAfterWarmup(ctx)
	if err != nil {
		return r, err
	}
	for range l.publishers {
		if err := <-failed; err != nil {
			return r, err
		}
	}
	if r.Manager, err = manager(); err != nil {
		return r, err
	}
	r.Generator, err = self()
	return r, err
}

func (l *load) startUsageAfterWarmup(ctx context.Context) (manager, self func() (Usage, error), err error) {
	if err := pause(ctx, l.Warmup); err != nil {
		return nil, nil, err
	}
	if manager, err = startUsage(l.PID); err != nil {
		return nil, nil, err
	}
	return manager, startOwnUsage(), nil
}

// settle waits until everything has arrived, but for Settle at most.
func (l *load) settle(ctx context.Context) {
	var expected uint64
	for i, p := range l.publishers {
		expected += p.sent * uint64(l.perMessage(i))
	}
	deadline := time.Now().Add(l.Settle)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		complete := true
		for _, s := range l.subscribers {
			complete = complete && s.seen.Load() >= expected
		}
		if complete {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (l *load) collect(r *Report) {
	r.Load = l.Load
	for _, p := range l.publishers {
		r.Published += p.measured
		r.note(p.err)
	}
	for _, s := range l.subscribers {
		r.Delivered += s.latency.Count() + s.events.Count()
		r.Bytes += s.bytes
		r.WireBytes += s.wireBytes
		r.Latency.Merge(&s.latency)
		r.Events.Merge(&s.events)
		for i, p := range l.publishers {
			for _, c := range s.losses[i] {
				r.Expected += p.sent
				r.Lost += c.lost(p.sent)
				r.Reordered += c.reordered
			}
		}
		r.note(s.err)
	}
}

// parallel calls f for 0 to n-1, at most width at a time, and returns the first
// error after all calls under way have ended.
func parallel(n, width int, f func(i int) error) error {
	var next atomic.Int64
	var running sync.WaitGroup
	errs := make(chan error, width)
	for range min(n, width) {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := f(i); err != nil {
					next.Store(int64(n))
					errs <- err
					return
				}
			}
		})
	}
	running.Wait()
	close(errs)
	return <-errs
}
