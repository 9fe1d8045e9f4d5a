package kafka

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/internal/outage"
)

// brokerMonitor logs which brokers stop answering and when they answer again. The client
// calls it for each connection and request.
type brokerMonitor struct {
	bus *Bus

	mu     sync.Mutex
	states map[brokerAddress]*outage.Log // of the brokers that have failed once
}

type brokerAddress struct {
	host string
	port int32
}

var (
	_ kgo.HookBrokerConnect = (*brokerMonitor)(nil)
	_ kgo.HookBrokerE2E     = (*brokerMonitor)(nil)
)

func newBrokerMonitor(b *Bus) *brokerMonitor {
	return &brokerMonitor{bus: b, states: map[brokerAddress]*outage.Log{}}
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (m *brokerMonitor) OnBrokerConnect(broker kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	m.note(broker, err)
}

// OnBrokerE2E implements kgo.HookBrokerE2E.
func (m *brokerMonitor) OnBrokerE2E(broker kgo.BrokerMetadata, _ int16, e kgo.BrokerE2E) {
	m.note(broker, e.Err())
}

func (m *brokerMonitor) note(broker kgo.BrokerMetadata, err error) {
	switch o := m.outage(broker, err != nil); {
	case o == nil || m.bus.ctx.Err() != nil || errors.Is(err, context.Canceled): // given up by us
	case err != nil:
		o.Failed(time.Now(), err)
	default:
		o.Succeeded(time.Now())
	}
}

// outage returns that of a broker, nil if it does not exist and is not to be created.
func (m *brokerMonitor) outage(broker kgo.BrokerMetadata, create bool) *outage.Log {
	m.mu.Lock()
	defer m.mu.Unlock()
	address := brokerAddress{broker.Host, broker.Port}
	o := m.states[address]
	if o == nil && create {
		at := net.JoinHostPort(broker.Host, strconv.Itoa(int(broker.Port)))
		o = outage.New(m.bus.log.With("broker", at), slog.LevelWarn, "a Kafka broker does not answer, trying again", "a Kafka broker answers again")
		m.states[address] = o
	}
	return o
}
