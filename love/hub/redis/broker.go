package redis

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"hash/maphash"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love/hub"
)

// Broker connects the hubs of several processes over Redis. Make one with [New], and
// [Broker.Close] it after its hubs.
type Broker struct {
	Options
	address string // without secrets
	client  rueidis.ClientOption
	origin  uint64 // tells the messages of this broker from those of others
	queue   queue
	topics  topics
	peers   peers
	status  status

	// mu is held for reading while the hubs of this process get a batch.
	mu    sync.RWMutex
	links []*link

	received, repeated, malformed atomic.Uint64
	last                          map[uint64]uint64 // number of the last message by its origin; of the receiving goroutine

	unread  *outage.Log // what is in Redis and not ours
	stop    context.CancelFunc
	running sync.WaitGroup
	tried   chan struct{} // closed after the first try to connect
}

// New makes a broker and begins to connect to Redis at an address like
// redis://host:6379, rediss://user:password@host:6380 with TLS, or unix:///path. Several
// servers of a cluster, or sentinels, are given as ?addr=host:port&addr=…, for sentinels
// with master_set=name. A Redis that is away is not an error: the broker
// goes on trying. The error names the setting that is wrong.
func New(address string, o Options) (*Broker, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	client, err := o.client(address)
	if err != nil {
		return nil, err
	}
	b := &Broker{Options: o, address: maskAddress(address), client: client, last: make(map[uint64]uint64), tried: make(chan struct{})}
	var random [8]byte
	_, _ = rand.Read(random[:])
	b.origin = binary.BigEndian.Uint64(random[:])
	if b.Name == "" {
		b.Name = hex(b.origin)
	}
	b.queue = queue{
		origin: b.origin, limit: o.QueueBytes, layout: newLayout(o.Prefix, false), seed: maphash.MakeSeed(), wake: make(chan struct{}, 1),
		known: make(map[hub.Topic]names), sources: make(map[string]*written), away: true,
	}
	b.topics.init()
	b.peers.init(b.Name, o.Logger)
	b.status.init(b)
	b.unread = outage.New(o.Logger, slog.LevelWarn, "Redis has something that is not of this program, which is skipped", "")
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	b.running.Go(func() { b.run(ctx) })
	b.running.Go(func() { b.watchPeers(ctx) })
	return b, nil
}

// Close sends what waits, if Redis takes it within a second, and ends the broker. While a
// connection is being made it takes longer: up to [Options].Timeout for each address.
func (b *Broker) Close() error {
	b.stop()
	b.running.Wait()
	return nil
}

// Publish implements [hub.Broker]. The hubs of this process have routed the batch when it
// returns; for the others it waits. The error says that messages that waited were dropped.
func (b *Broker) Publish(batch []hub.Envelope) error {
	err := b.queue.add(batch)
	b.deliver(batch)
	return err
}

// Flush implements [hub.FlushBroker]: it waits until Redis has what was published before.
func (b *Broker) Flush(ctx context.Context) error { return b.queue.flush(ctx) }

// deliver routes a batch in the hubs of this process.
func (b *Broker) deliver(batch []hub.Envelope) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, l := range b.links {
		l.deliver(batch)
	}
}

// Attach implements [hub.Broker]: the hub gets everything. It returns when that is so,
// unless Redis is away.
func (b *Broker) Attach(deliver func([]hub.Envelope)) (detach func()) {
	l := &link{broker: b, deliver: deliver}
	b.add(l)
	<-b.tried
	k := wantKey{link: l, all: true}
	b.topics.want(k)
	b.topics.wait(k)
	return l.Detach
}

// AttachReceiver implements [hub.InterestBroker]. It waits for the first try to connect.
func (b *Broker) AttachReceiver(r hub.Receiver) hub.Link {
	<-b.tried
	l := &link{broker: b, deliver: r.Deliver, receiver: r}
	b.add(l)
	return l
}

// add adds a hub of this process. It gets the last values that another one has of its own
// sessions, which nobody reads from Redis.
func (b *Broker) add(l *link) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l.receiver != nil {
		mark := l.receiver.Mark()
		for _, other := range b.links {
			if other.receiver == nil {
				continue
			}
			for v := range other.receiver.LastValues(true) {
				l.receiver.Learn(hub.Topic{}, mark, []hub.LastValue{v})
			}
		}
	}
	b.links = append(b.links, l)
}

// Stats returns the counts.
func (b *Broker) Stats() Stats {
	b.queue.mu.Lock()
	st := b.queue.stats
	st.Queued = b.queue.bytes
	b.queue.mu.Unlock()
	st.Received, st.Repeated, st.Malformed = b.received.Load(), b.repeated.Load(), b.malformed.Load()
	st.Reconnects, st.Peers = b.status.reconnects(), len(b.Peers())
	return st
}

// Check returns why other managers may not get what is published here, in words for an
// operator; nil if they do.
func (b *Broker) Check(context.Context) error { return b.status.err() }

// link is a hub of this process.
type link struct {
	broker   *Broker
	deliver  func([]hub.Envelope)
	receiver hub.Receiver // nil: it gets everything
}

// Want implements [hub.Link].
func (l *link) Want(t hub.Topic) (ready bool) {
	return l.broker.topics.want(wantKey{link: l, topic: t})
}

// Unwant implements [hub.Link].
func (l *link) Unwant(t hub.Topic) { l.broker.topics.unwant(wantKey{link: l, topic: t}) }

// call calls the receiver, unless the hub is detached, which waits for it.
func (l *link) call(f func(hub.Receiver)) {
	b := l.broker
	b.mu.RLock()
	defer b.mu.RUnlock()
	if l.receiver != nil && slices.Contains(b.links, l) {
		f(l.receiver)
	}
}

// Detach implements [hub.Link].
func (l *link) Detach() {
	b := l.broker
	b.mu.Lock()
	b.links = slices.DeleteFunc(b.links, func(other *link) bool { return other == l })
	b.mu.Unlock()
	b.topics.unwantAll(l)
}

// retryPause is the least time between two tries to connect; up to as much again is added
// at random, so that not all managers come at the same time.
const retryPause = 150 * time.Millisecond
