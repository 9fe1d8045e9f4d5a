package kafka_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestSimulatedDefinitionsAreRefused(t *testing.T) {
	k := newFakeKafka(t)
	_, err := kafka.NewBus(k.config(), sim.Definitions())
	require.ErrorIs(t, err, kafka.ErrSimulated)

	bus := k.bus(t, interfaces(t))
	_, err = sal.NewDomain(bus, sim.Definitions()).Remote(withTimeout(t), "ATDome", 0)
	require.ErrorContains(t, err, "other definitions")
	require.False(t, k.registry.SubjectExists("lsst.test.ATDome.logevent_summaryState-value"))
}

func TestNamesAreThoseOfTheObservatory(t *testing.T) {
	defs := interfaces(t)
	for attr, want := range map[string]struct{ name, key string }{
		"evt_inPosition": {"lsst.sal.Hexapod.logevent_inPosition", `{ "name": "Hexapod", "index": 3, "topic": "logevent_inPosition" }`},
		"cmd_move":       {"lsst.sal.Hexapod.command_move", `{ "name": "Hexapod", "index": 3, "topic": "command_move" }`},
		"ack_ackcmd":     {"lsst.sal.Hexapod.ackcmd", `{ "name": "Hexapod", "index": 3, "topic": "ackcmd" }`},
	} {
		top := topic(t, defs, "Hexapod", attr)
		require.Equal(t, want.name, kafka.TopicName("sal", top))
		require.Equal(t, want.name+"-value", kafka.Subject("sal", top))
		require.Equal(t, want.key, string(kafka.Key(top, 3)))
	}
	require.Equal(t, `{ "name": "Lamp", "topic": "logevent_burning" }`, string(kafka.Key(topic(t, defs, "Lamp", "evt_burning"), 0)))
	require.Equal(t, []byte{}, kafka.Key(topic(t, defs, "Lamp", "tel_light"), 0))
}

func TestKeyHasTheIndexOfTheWriter(t *testing.T) {
	k := newFakeKafka(t)
	r, err := k.domain(t, interfaces(t)).Remote(withTimeout(t), "Hexapod", 0)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := make(chan struct{})
	go func() {
		defer close(cancelled)
		_, _ = r.Command(ctx, "move", sal.Values{"salIndex": 3, "x": 1})
	}()
	c := k.client(t, kgo.ConsumeTopics("lsst.test.Hexapod.command_move"))
	record := c.PollFetches(withTimeout(t)).Records()[0]
	cancel()
	<-cancelled
	require.Equal(t, `{ "name": "Hexapod", "index": 0, "topic": "command_move" }`, string(record.Key))
}

func TestRemotesAnnounceCommandsAndControllersAllTheyWrite(t *testing.T) {
	k := newFakeKafka(t)
	d := k.domain(t, interfaces(t))
	_, err := d.Remote(withTimeout(t), "Lamp", 0, sal.WithTopics())
	require.NoError(t, err)
	require.NotNil(t, k.TopicInfo("lsst.test.Lamp.command_switchOn"))
	require.NotNil(t, k.TopicInfo("lsst.test.Lamp.ackcmd"))
	require.Nil(t, k.TopicInfo("lsst.test.Lamp.light"))
	_, err = d.Controller(withTimeout(t), "Hexapod", 1, sal.WriteOnly())
	require.NoError(t, err)
	require.True(t, k.registry.SubjectExists("lsst.test.Hexapod.logevent_inPosition-value"))
}

func TestHistorySizesComeFromTheConfiguration(t *testing.T) {
	k := newFakeKafka(t)
	require.Equal(t, 500, k.bus(t, interfaces(t)).HistorySize("Lamp"))
	config := k.config()
	config.History, config.HistoryOf = 20, map[string]int{"Hexapod": 30}
	bus := newBus(t, config, interfaces(t))
	require.Equal(t, 20, bus.HistorySize("Lamp"))
	require.Equal(t, 30, bus.HistorySize("Hexapod"))
}

func TestClosingABusEndsWaitingCalls(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	bus, err := kafka.NewBus(k.config(), defs)
	require.NoError(t, err)
	sub, err := bus.Subscribe(withTimeout(t), []sal.TopicRequest{{Topic: topic(t, defs, "Lamp", "tel_light")}})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() {
		_, err := sub.Receive(withTimeout(t))
		ended <- err
	}()
	require.NoError(t, bus.Close())
	require.NoError(t, bus.Close())
	require.ErrorIs(t, <-ended, kafka.ErrClosed)
	require.NoError(t, sub.Close())
	_, err = bus.Subscribe(withTimeout(t), []sal.TopicRequest{{Topic: topic(t, defs, "Lamp", "tel_light")}})
	require.ErrorIs(t, err, kafka.ErrClosed)
	s, err := sal.NewSample(topic(t, defs, "Lamp", "tel_light"), nil)
	require.NoError(t, err)
	require.ErrorIs(t, bus.Publish(withTimeout(t), s), kafka.ErrClosed)
}
