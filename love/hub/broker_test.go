package hub_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestTheMemoryBrokerConforms(t *testing.T) {
	lovetest.RunBroker(t, lovetest.BrokerFeatures{LastValues: true}, func(*testing.T) func() hub.Broker {
		b := hub.NewMemoryBroker()
		return func() hub.Broker { return b }
	})
}

// exported is like a broker between processes: it carries the exported fields.
type exported struct{ hub.Broker }

func (b exported) Publish(batch []hub.Envelope) error {
	copies := make([]hub.Envelope, len(batch))
	for i, e := range batch {
		copies[i] = hub.Envelope{Kind: e.Kind, Payload: append([]byte(nil), e.Payload...), Received: e.Received, Source: e.Source}
	}
	return b.Broker.Publish(copies)
}

func TestHubsOfDifferentProcessesActAsOne(t *testing.T) {
	broker := exported{hub.NewMemoryBroker()}
	_, urlA := start(t, hub.WithBroker(broker))
	_, urlB := start(t, hub.WithBroker(broker))
	watcher := dialProcess(t, urlA).subscribe("event-Hub-0-sources")
	producer := dialProcess(t, urlB).subscribe("initial_state-A-all-all")
	dialProcess(t, urlA).subscribe("event-A-1-s")
	require.Equal(t, initialState("A", "1", "s"), producer.next())
	producer.send(telemetry("s", 1))
	require.Contains(t, watcher.next(), `"connected":{"value":true`)
	producer.close(nil)
	producer.waitClosed()
	require.Contains(t, watcher.next(), `"components":{"value":["A"]`)
	for _, url := range []string{urlA, urlB} {
		c := dialProcess(t, url)
		c.send(withOptions("telemetry-A-1-s", `"snapshot":true`))
		c.next()
		require.Contains(t, c.next(), `"snapshot":true,"stale":true}`)
	}
}

func TestMessagesThatTheBrokerFailsToPublishAreCounted(t *testing.T) {
	h, url := start(t, hub.WithBroker(brokenBroker{}))
	c := dialProcess(t, url)
	c.send(telemetry("s", 1))
	c.sync()
	require.Positive(t, h.Stats().Denied["broker"])
}

type brokenBroker struct{}

func (brokenBroker) Publish([]hub.Envelope) error { return fmt.Errorf("no connection") }

func (brokenBroker) Attach(func([]hub.Envelope)) func() { return func() {} }

func TestTwoHubsOnOneBrokerActAsOne(t *testing.T) {
	broker := hub.NewMemoryBroker()
	_, urlA := start(t, hub.WithBroker(broker))
	_, urlB := start(t, hub.WithBroker(broker))
	sub := dialProcess(t, urlA).subscribe("event-A-0-s")
	producer := dialProcess(t, urlB).subscribe("initial_state-A-all-all")
	sub.subscribe("event-A-0-s")
	require.Equal(t, initialState("A", "0", "s"), producer.next())
	producer.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	require.Contains(t, sub.next(), `{"s":1}`)
}

// slowBroker reaches other hubs when flushed is closed.
type slowBroker struct {
	hub.Broker
	flushing chan struct{}
	flushed  chan struct{}
}

func (b *slowBroker) Flush(ctx context.Context) error {
	close(b.flushing)
	select {
	case <-b.flushed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Who comes back at another hub finds there what it had at the one that ended.
func TestAHubThatEndsClosesItsSubscribersWhenTheOtherHubsHaveWhatTheyHad(t *testing.T) {
	broker := &slowBroker{hub.NewMemoryBroker(), make(chan struct{}), make(chan struct{})}
	h, url := start(t, hub.WithBroker(broker))
	subscriber := dialProcess(t, url).subscribe("telemetry-A-1-s")
	publisher := dialProcess(t, url)
	publisher.send(telemetry("s", 1))
	subscriber.next()

	ended := make(chan error, 1)
	go func() { ended <- h.Shutdown(t.Context()) }()
	code, _ := publisher.waitClosed()
	require.EqualValues(t, 1012, code)
	<-broker.flushing
	subscriber.sync() // it is served meanwhile
	close(broker.flushed)
	code, _ = subscriber.waitClosed()
	require.EqualValues(t, 1012, code)
	require.NoError(t, <-ended)
}
