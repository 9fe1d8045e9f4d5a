package redis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/rubin-love/love-go/love/hub"
)

// session is the time of one connection to Redis: one for commands, one for messages.
type session struct {
	*Broker
	layout   layout
	client   rueidis.Client
	commands rueidis.DedicatedClient // of the goroutine that flushes, once it runs
	messages rueidis.DedicatedClient // of the goroutine that subscribes
	inbox    inbox
	ctx      context.Context
	fail     context.CancelCauseFunc
	running  sync.WaitGroup
	ending   chan struct{} // closed to send what waits, and no more
	ended    chan struct{} // closed when it has been sent

	beatMu   sync.Mutex
	beatSeen time.Time // when our own sign of life came back last

	readsMu sync.Mutex
	reads   map[uint64]*reading // whose markers have not come back, by number
	number  uint64              // of the last

	// Of the goroutine that flushes:
	fullUntil time.Time // no values are written before
	sent      uint64    // number of the last message that does not wait
	channels  map[hub.Topic]string
	kept      map[string]struct{} // hashes that were made to last
}

// run connects again and again until ctx ends.
func (b *Broker) run(ctx context.Context) {
	var tried sync.Once
	begun := func() { tried.Do(func() { close(b.tried) }) }
	defer begun()
	for ctx.Err() == nil {
		err := b.serve(ctx, begun)
		if ctx.Err() != nil {
			return
		}
		b.status.failed(explain(err))
		begun()
		select {
		case <-ctx.Done():
		case <-time.After(retryPause + rand.N(retryPause)):
		}
	}
}

// serve connects, and carries messages until the connection fails or ctx ends.
func (b *Broker) serve(ctx context.Context, begun func()) error {
	client, err := rueidis.NewClient(b.client)
	if err != nil {
		return err
	}
	defer client.Close()
	s := &session{
		Broker: b, client: client, ending: make(chan struct{}), ended: make(chan struct{}), beatSeen: time.Now(),
		reads: make(map[uint64]*reading), channels: make(map[hub.Topic]string), kept: make(map[string]struct{}),
	}
	s.layout = newLayout(b.Prefix, client.Mode() == rueidis.ClientModeCluster)
	s.ctx, s.fail = context.WithCancelCause(context.WithoutCancel(ctx))
	s.inbox.init()
	commands, release := client.Dedicate()
	defer release()
	messages, releaseMessages := client.Dedicate()
	defer releaseMessages()
	s.commands, s.messages = commands, messages
	err = s.work(ctx, begun)
	s.fail(err)
	s.messages.Close()
	s.commands.Close()
	s.inbox.close()
	s.running.Wait()
	b.queue.setAway()
	for _, w := range b.topics.detach() {
		w.link.call(func(receiver hub.Receiver) { receiver.Ready(w.topic) }) // it waits no longer
	}
	return err
}

// work does what serve does once there are connections.
func (s *session) work(ctx context.Context, begun func()) error {
	s.topics.attach(s.layout, s.layout.control(), s.layout.marker(s.origin))
	lost := s.messages.SetPubSubHooks(rueidis.PubSubHooks{
		OnMessage:      func(m rueidis.PubSubMessage) { s.inbox.add(item{channel: m.Channel, text: m.Message}) },
		OnSubscription: s.subscribed,
	})
	s.running.Go(s.receive)
	s.running.Go(s.subscribe)
	s.running.Go(func() {
		select {
		case err := <-lost:
			s.fail(fmt.Errorf("the connection for messages was lost: %w", orClosed(err)))
		case <-s.ctx.Done():
		}
	})
	if err := s.waitUntilSubscribed(ctx); err != nil {
		return err
	}
	if err := s.begin(); err != nil {
		return err
	}
	s.status.ok(s.layout.sharded)
	begun()
	s.running.Go(s.beat)
	s.running.Go(s.flushAll)
	select {
	case <-ctx.Done():
		return s.end()
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
}

var errClosed = errors.New("closed")

func orClosed(err error) error {
	if err == nil {
		return errClosed
	}
	return err
}

// waitUntilSubscribed returns when all that the managers say to each other is received.
func (s *session) waitUntilSubscribed(ctx context.Context) error {
	late := time.NewTimer(s.Timeout)
	defer late.Stop()
	for {
		if s.topics.isSubscribed(channelName{name: s.layout.control()}) && s.topics.isSubscribed(channelName{name: s.layout.marker(s.origin)}) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		case <-late.C:
			return fmt.Errorf("no confirmation of a subscription within %v", s.Timeout)
		case <-s.inbox.confirmed:
		}
	}
}

// subscribe keeps the subscriptions as they are wanted.
func (s *session) subscribe() {
	tick := time.NewTicker(s.Beat)
	defer tick.Stop()
	for {
		if err := s.changeSubscriptions(s.topics.change(time.Now(), s.Linger)); err != nil {
			s.fail(fmt.Errorf("subscribing failed: %w", err))
			return
		}
		select {
		case <-s.ctx.Done():
			return
		case <-s.topics.changed:
		case <-s.topics.confirm:
			s.inbox.add(item{poke: true})
		case <-tick.C:
		}
	}
}

// maxChannels is how many channels one command names.
const maxChannels = 500

func (s *session) changeSubscriptions(ch changes) error {
	var cmds rueidis.Commands
	for _, c := range [...]struct {
		name, sharded string
		channels      []string
	}{
		{"SUBSCRIBE", "SSUBSCRIBE", ch.subscribe}, {"PSUBSCRIBE", "", ch.psubscribe},
		{"UNSUBSCRIBE", "SUNSUBSCRIBE", ch.unsubscribe}, {"PUNSUBSCRIBE", "", ch.punsubscribe},
	} {
		for len(c.channels) > 0 {
			n := min(len(c.channels), maxChannels)
			cmds = append(cmds, s.subscription(c.name, c.channels[:n]))
			c.channels = c.channels[n:]
		}
	}
	for _, cmd := range cmds {
		if err := s.messages.Do(s.ctx, cmd).Error(); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) subscription(name string, channels []string) rueidis.Completed {
	b := s.messages.B()
	switch {
	case name == "SUBSCRIBE" && s.layout.sharded:
		return b.Ssubscribe().Channel(channels...).Build()
	case name == "SUBSCRIBE":
		return b.Subscribe().Channel(channels...).Build()
	case name == "PSUBSCRIBE":
		return b.Psubscribe().Pattern(channels...).Build()
	case name == "UNSUBSCRIBE" && s.layout.sharded:
		return b.Sunsubscribe().Channel(channels...).Build()
	case name == "UNSUBSCRIBE":
		return b.Unsubscribe().Channel(channels...).Build()
	}
	return b.Punsubscribe().Pattern(channels...).Build()
}

// subscribed notes a confirmation, at its place among the messages. A cluster that moves our channels to
// another server ends the subscriptions unasked.
func (s *session) subscribed(c rueidis.PubSubSubscription) {
	switch c.Kind {
	case "subscribe", "ssubscribe", "psubscribe":
		s.inbox.add(item{subscribed: true, channel: c.Channel, pattern: c.Kind == "psubscribe"})
	case "sunsubscribe":
		if s.topics.isSubscribed(channelName{name: c.Channel}) {
			s.fail(errors.New("the cluster has moved the channels to another server"))
		}
	}
}

// begin tells the others, in Redis, what there is at this manager, and learns the same of
// them. What waits is sent before the last values are written: they must not be read
// before the message comes that they belong to.
func (s *session) begin() error {
	if err := s.register(); err != nil {
		return err
	}
	managers, err := s.commands.Do(direct(), s.commands.B().Smembers().Key(s.layout.managers()).Build()).AsStrSlice()
	if err != nil {
		return err
	}
	if err := s.readPeers(managers); err != nil {
		return err
	}
	if _, err := s.flush(nil); err != nil {
		return err
	}
	return s.writeOwn()
}

// register writes that this manager is there, with its sources.
func (s *session) register() error {
	sources, _ := s.queue.live()
	b, live := s.commands.B(), s.layout.live(s.origin)
	_, err := s.exec(rueidis.Commands{
		b.Sadd().Key(s.layout.managers()).Member(hex(s.origin)).Build(), // others remove one without live sources
		b.Del().Key(live).Build(),
		b.Sadd().Key(live).Member(append(sources, self)...).Build(),
		b.Pexpire().Key(live).Milliseconds(s.lifetime()).Build(),
	}, true)
	if isFull(err) {
		s.foundFull(err)
		return nil
	}
	return err
}

// foundFull notes that Redis takes no values for a while.
func (s *session) foundFull(err error) {
	s.fullUntil = time.Now().Add(fullPause)
	s.status.setFull(explain(err))
}

// lifetime is how long the set of live sources lasts without a sign of life, in ms.
func (s *session) lifetime() int64 { return (s.DeadAfter + s.Beat).Milliseconds() }

// readPeers reads the sources of managers, and publishes the marker of that place.
func (s *session) readPeers(managers []string) error {
	r := &reading{done: make(chan struct{}), peers: make(map[uint64][]string)}
	s.expect(r)
	defer close(r.done)
	b := s.commands.B()
	var origins []uint64
	for _, name := range managers {
		if origin, err := strconv.ParseUint(name, 16, 64); err == nil && origin != s.origin {
			origins = append(origins, origin)
		}
	}
	read := func() (cmds rueidis.Commands) {
		for _, origin := range origins {
			cmds = append(cmds, b.Smembers().Key(s.layout.live(origin)).Build())
		}
		return append(cmds, s.marker(r))
	}
	answers, err := s.exec(read(), true)
	if isFull(err) {
		answers, err = s.exec(read(), false)
	}
	if err != nil {
		return err
	}
	var dead []string
	for i, origin := range origins {
		sources, err := answers[i].AsStrSlice()
		if err != nil {
			return err
		}
		r.peers[origin] = sources
		if len(sources) == 0 {
			dead = append(dead, hex(origin))
		}
	}
	if len(dead) == 0 {
		return nil
	}
	return s.all(rueidis.Commands{b.Srem().Key(s.layout.managers()).Member(dead...).Build()})
}

// beat gives signs of life, and fails the session if they do not come back.
func (s *session) beat() {
	tick := time.NewTicker(s.Beat)
	defer tick.Stop()
	renew := time.NewTicker(max(s.Expiry/8, s.Beat))
	defer renew.Stop()
	for {
		s.queue.control(kindBeat, []byte(s.Name))
		select {
		case <-s.ctx.Done():
			return
		case <-renew.C:
			s.queue.setRenew()
		case <-tick.C:
		}
		s.beatMu.Lock()
		silent := time.Since(s.beatSeen)
		s.beatMu.Unlock()
		if silent > max(3*s.Beat, s.Timeout) {
			s.fail(fmt.Errorf("messages of this manager have not come back from Redis for %v", silent.Round(time.Millisecond)))
			return
		}
	}
}

// end sends what waits, and tells the others that this manager ends.
func (s *session) end() error {
	s.queue.control(kindBye, nil)
	close(s.ending)
	late := time.NewTimer(endTime)
	defer late.Stop()
	select {
	case <-s.ended:
	case <-s.ctx.Done():
	case <-late.C:
	}
	return errClosed
}

// endTime is how long the end of a broker waits for Redis.
const endTime = time.Second
