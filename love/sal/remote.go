package sal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/love/sal/internal/queue"
)

// Remote gives access to a component: it receives the component's events and
// telemetry and sends it commands. It is safe for concurrent use.
type Remote struct {
	domain    *Domain
	component *Component
	index     int
	commands  bool
	topics    map[string]*readTopic // by attribute name

	cancel context.CancelCauseFunc
	done   chan struct{} // closed when both goroutines have ended
	calls  *queue.Queue[call]

	mu      sync.Mutex // guards the fields below and the order of delivery
	subs    map[*Topic][]*subscriber
	queues  map[*Topic][]*queue.Queue[*Sample] // of loops over Samples
	waiters map[*Topic][]chan *Sample
	byIndex map[*Topic]*instances[*Sample] // the newest sample of each instance
	pending map[commandKey]chan Ack
	err     error // why the remote ended; nil while it runs
}

// subscriber is one callback.
type subscriber struct {
	callback  func(*Sample)
	cancelled bool // guarded by Remote.mu
}

// call is a sample that waits for the callback of a subscriber.
type call struct {
	to     *subscriber
	sample *Sample
}

// remoteSettings holds what the options of a remote set.
type remoteSettings struct {
	include, exclude []string
	onlyIncluded     bool
	commands         bool
	anyOrder         []Kind
	history          int // negative: the setting of the bus
	queue            int
}

// RemoteOption changes a default of [Domain.Remote].
type RemoteOption func(*remoteSettings)

// WithTopics limits the remote to events and telemetry with these short names
// ("summaryState"). A name that an event and telemetry share selects both; an
// unknown name is ignored. Without names the remote reads none. Default: all.
func WithTopics(names ...string) RemoteOption {
	return func(s *remoteSettings) { s.include, s.onlyIncluded = names, true }
}

// WithoutTopics leaves out events and telemetry with these short names, even if
// [WithTopics] selects them. Default: none.
func WithoutTopics(names ...string) RemoteOption {
	return func(s *remoteSettings) { s.exclude = names }
}

// ReadOnly makes a remote that cannot send commands and does not read
// acknowledgements.
func ReadOnly() RemoteOption { return func(s *remoteSettings) { s.commands = false } }

// WithHistory sets how many samples of an event of an indexed component to look back
// for the newest of each instance when the remote starts. With 0 the remote has no
// late joiner data: it knows only events that are written after its start, also of
// a component that is not indexed. Default: the setting of the bus, see
// [HistorySizer].
func WithHistory(n int) RemoteOption { return func(s *remoteSettings) { s.history = max(n, 0) } }

// WithAnyOrder delivers samples of these kinds, [Event] or [Telemetry], even if
// they are older than the previous one. Default: such samples are dropped with a
// warning.
func WithAnyOrder(kinds ...Kind) RemoteOption {
	return func(s *remoteSettings) { s.anyOrder = kinds }
}

// WithQueue sets how many samples may wait for callbacks, at least one. Beyond
// that, the oldest is dropped and a warning logged. Default: 10000.
func WithQueue(n int) RemoteOption { return func(s *remoteSettings) { s.queue = max(n, 1) } }

// Remote makes the remote of a component. With index 0 it receives all instances of
// an indexed component and remembers the newest samples of at least the thousand
// instances that wrote last. Remote returns when the late joiner data of all events
// has been read; from then on [Remote.Latest] returns the newest event. ctx limits
// this start only; close the remote or the domain to end it.
func (d *Domain) Remote(ctx context.Context, name string, index int, opts ...RemoteOption) (*Remote, error) {
	c, err := d.component(name, index)
	if err != nil {
		return nil, err
	}
	set := remoteSettings{commands: true, history: -1, queue: 10000}
	for _, o := range opts {
		o(&set)
	}
	r := &Remote{
		domain: d, component: c, index: index, commands: set.commands && len(c.commands) > 0,
		topics: map[string]*readTopic{}, done: make(chan struct{}), calls: queue.New[call](set.queue),
		subs: map[*Topic][]*subscriber{}, queues: map[*Topic][]*queue.Queue[*Sample]{}, waiters: map[*Topic][]chan *Sample{},
		byIndex: map[*Topic]*instances[*Sample]{}, pending: map[commandKey]chan Ack{},
	}
	if r.commands {
		if err := d.announce(ctx, c, Command); err != nil {
			return nil, fmt.Errorf("remote of %s: %w", c.Instance(index), err)
		}
	}
	read, err := d.newReader(ctx, index, r.requests(set), r.deliver)
	if err != nil {
		return nil, fmt.Errorf("remote of %s: %w", c.Instance(index), err)
	}
	for t, rt := range read.topics {
		rt.ordered = rt.ordered && !slices.Contains(set.anyOrder, t.Kind)
		r.topics[t.Attr()] = rt
	}
	return r, r.start(ctx, read)
}

// requests lists what to read: the chosen events and telemetry, and ackcmd.
func (r *Remote) requests(set remoteSettings) []TopicRequest {
	var requests []TopicRequest
	for _, t := range r.component.Topics {
		request := TopicRequest{Topic: t}
		switch t.Kind {
		case AckCmd:
			if !r.commands {
				continue
			}
		case Event, Telemetry:
			if set.onlyIncluded && !slices.Contains(set.include, t.Name) || slices.Contains(set.exclude, t.Name) {
				continue
			}
			switch {
			case t.Kind == Telemetry || set.history == 0:
			case !t.indexed:
				request.History = 1
			case set.history < 0:
				request.History = r.domain.historySize(t.Component)
			default:
				request.History = set.history
			}
		default:
			continue
		}
		requests = append(requests, request)
	}
	return requests
}

// start runs the goroutines of the reader and of the callbacks, and waits for the
// late joiner data.
func (r *Remote) start(ctx context.Context, read *reader) error {
	running, cancel := context.WithCancelCause(context.Background())
	r.cancel = cancel
	started := make(chan struct{})
	var goroutines sync.WaitGroup
	goroutines.Go(func() {
		err := read.run(running, func() { close(started) })
		r.end(fmt.Errorf("remote of %s: %w", r.component.Instance(r.index), err))
	})
	goroutines.Go(func() { r.runCallbacks(running) })
	go func() { goroutines.Wait(); close(r.done) }()

	err := r.domain.register(r)
	if err == nil {
		select {
		case <-started:
			return nil
		case <-ctx.Done():
			err = fmt.Errorf("remote of %s: waiting for late joiner data: %w", r.component.Instance(r.index), context.Cause(ctx))
		case <-r.done:
			err = r.Err()
		}
	}
	return errors.Join(err, r.Close())
}

// end records why the remote ended and wakes all calls that wait for a sample.
func (r *Remote) end(err error) {
	r.cancel(err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	for t, waiting := range r.waiters {
		for _, w := range waiting {
			close(w)
		}
		delete(r.waiters, t)
	}
	for _, queues := range r.queues {
		for _, q := range queues {
			q.Fail(err)
		}
	}
}

// Err returns the reason why the remote ended: [ErrClosed] or the error of the bus.
// It returns nil while the remote runs.
func (r *Remote) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Close ends the remote. Waiting calls return [ErrClosed], and no callback runs
// after Close returns, so it must not be called from one. It may be called more
// than once.
func (r *Remote) Close() error {
	r.cancel(ErrClosed)
	<-r.done
	r.domain.unregister(r)
	return nil
}

// Component returns the interface of the component.
func (r *Remote) Component() *Component { return r.component }

// Index returns the index of the instance that the remote receives, 0 for all.
func (r *Remote) Index() int { return r.index }

// Has reports whether the remote reads the event or telemetry topic.
func (r *Remote) Has(attr string) bool { return r.topics[attr] != nil }

// deliver passes a sample from the reader to callbacks, loops and waiting calls.
func (r *Remote) deliver(t *readTopic, s *Sample) {
	if t.topic.Kind == AckCmd {
		r.acknowledged(s)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remember(t.topic, s)
	for _, sub := range r.subs[t.topic] {
		r.calls.Put(call{sub, s})
	}
	for _, q := range r.queues[t.topic] {
		q.Put(s)
	}
	if waiting := r.waiters[t.topic]; waiting != nil {
		for _, w := range waiting {
			w <- s
		}
		delete(r.waiters, t.topic)
	}
}

// remember keeps the newest sample of each instance.
func (r *Remote) remember(t *Topic, s *Sample) {
	known := r.byIndex[t]
	if known == nil {
		known = newInstances[*Sample]()
		r.byIndex[t] = known
	}
	known.put(s.Index(), s)
}

// runCallbacks is the goroutine of all callbacks.
func (r *Remote) runCallbacks(ctx context.Context) {
	var lost uint64
	for {
		batch, err := r.calls.Take(ctx)
		if err != nil {
			return
		}
		if now := r.calls.Lost(); now > 2*lost || lost == 0 && now > 0 {
			r.domain.log.Warn("callbacks are too slow, samples are lost", "component", r.component.Instance(r.index), "lost", now)
			lost = now
		}
		for _, c := range batch {
			if ctx.Err() != nil {
				return
			}
			r.run(c)
		}
	}
}

func (r *Remote) run(c call) {
	r.mu.Lock()
	cancelled := c.to.cancelled
	r.mu.Unlock()
	if !cancelled {
		c.to.callback(c.sample)
	}
}

// Subscribe calls callback with the newest sample of the event or telemetry, if there
// is one (of each instance, for a remote with index 0), and then with every sample
// that follows; none is missed or repeated between the two. Callbacks of one remote
// run one after another, in the order of arrival: a slow one delays the others of
// this remote, but neither its commands nor other remotes. After cancel no further
// call begins.
func (r *Remote) Subscribe(attr string, callback func(*Sample)) (cancel func(), err error) {
	t, err := r.topic(attr)
	if err != nil {
		return nil, err
	}
	sub := &subscriber{callback: callback}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.byIndex[t.topic].all() {
		r.calls.Put(call{sub, s})
	}
	r.subs[t.topic] = append(r.subs[t.topic], sub)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		sub.cancelled = true
		r.subs[t.topic] = slices.DeleteFunc(slices.Clone(r.subs[t.topic]), func(o *subscriber) bool { return o == sub })
	}, nil
}

// Latest returns the newest sample of the event or telemetry, or false if none has
// been seen or the remote does not read it. It never waits.
func (r *Remote) Latest(attr string) (*Sample, bool) {
	t := r.topics[attr]
	if t == nil {
		return nil, false
	}
	s := t.latest.Load()
	return s, s != nil
}

// Next waits for the next sample of the event or telemetry that arrives after the
// call. It may miss samples between calls; [Remote.Subscribe] misses none.
func (r *Remote) Next(ctx context.Context, attr string) (*Sample, error) {
	return r.wait(ctx, attr, false)
}

// Await returns the newest sample of the event or telemetry. If none has been seen
// yet, it waits for the first.
func (r *Remote) Await(ctx context.Context, attr string) (*Sample, error) {
	return r.wait(ctx, attr, true)
}

func (r *Remote) wait(ctx context.Context, attr string, latest bool) (*Sample, error) {
	t, err := r.topic(attr)
	if err != nil {
		return nil, err
	}
	arrived := make(chan *Sample, 1)
	r.mu.Lock()
	if s := t.latest.Load(); s != nil && latest {
		r.mu.Unlock()
		return s, nil
	}
	if r.err != nil {
		defer r.mu.Unlock()
		return nil, r.err
	}
	r.waiters[t.topic] = append(r.waiters[t.topic], arrived)
	r.mu.Unlock()
	select {
	case s, ok := <-arrived:
		if !ok {
			return nil, r.Err()
		}
		return s, nil
	case <-ctx.Done():
		r.mu.Lock()
		defer r.mu.Unlock()
		r.waiters[t.topic] = slices.DeleteFunc(r.waiters[t.topic], func(w chan *Sample) bool { return w == arrived })
		return nil, fmt.Errorf("waiting for %s %s: %w", r.component.Instance(r.index), attr, context.Cause(ctx))
	}
}

// topic finds an event or telemetry topic that the remote reads.
func (r *Remote) topic(attr string) (*readTopic, error) {
	t, err := r.component.topicOf(attr)
	if err != nil {
		return nil, err
	}
	rt := r.topics[attr]
	if rt == nil || t.Kind == AckCmd {
		return nil, fmt.Errorf("this remote of %s does not read %s: it reads events and telemetry that its options do not leave out", r.component.Instance(r.index), attr)
	}
	return rt, nil
}
