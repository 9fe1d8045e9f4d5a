package metrics

import "github.com/prometheus/client_golang/prometheus"

// BrokerStats are the figures of what connects several managers. A redis.Stats of package
// love/hub/redis can be converted to it.
type BrokerStats struct {
	Peers      int    // other managers that give signs of life
	Published  uint64 // messages that were taken for other managers
	Received   uint64 // messages of other managers
	Queued     int    // bytes that wait
	Conflated  uint64 // telemetry that a newer value replaced while it waited
	Dropped    uint64 // messages that other managers did not get, because too much waited
	Repeated   uint64 // messages that came a second time, and were skipped
	Malformed  uint64 // what is not of this program, and was skipped
	Reconnects uint64 // times that it could be used again
}

var brokerFigures = []figure[BrokerStats]{
	gauge("love_broker_peers", "Other managers that give signs of life.", func(s BrokerStats) float64 { return float64(s.Peers) }),
	gauge("love_broker_queue_bytes", "Bytes that wait for the broker.", func(s BrokerStats) float64 { return float64(s.Queued) }),
	counter("love_broker_published_total", "Messages that the broker took for other managers.", func(s BrokerStats) uint64 { return s.Published }),
	counter("love_broker_received_total", "Messages of other managers.", func(s BrokerStats) uint64 { return s.Received }),
	counter("love_broker_conflated_total", "Telemetry that a newer value replaced while it waited for the broker.", func(s BrokerStats) uint64 { return s.Conflated }),
	counter("love_broker_dropped_total", "Messages that other managers did not get, because too much waited for the broker.", func(s BrokerStats) uint64 { return s.Dropped }),
	counter("love_broker_repeated_total", "Messages of other managers that came a second time, and were skipped.", func(s BrokerStats) uint64 { return s.Repeated }),
	counter("love_broker_malformed_total", "What was in the broker and is not of this program, and was skipped.", func(s BrokerStats) uint64 { return s.Malformed }),
	counter("love_broker_reconnects_total", "Times that the broker could be used again.", func(s BrokerStats) uint64 { return s.Reconnects }),
}

// broker collects the figures of what connects several managers.
type broker func() BrokerStats

// Broker returns a collector of the figures of what connects several managers, for
// server.Config.Collectors or a registry. It asks for them whenever they are collected.
func Broker(stats func() BrokerStats) prometheus.Collector { return broker(stats) }

// Describe implements [prometheus.Collector].
func (broker) Describe(to chan<- *prometheus.Desc) { describe(brokerFigures, to) }

// Collect implements [prometheus.Collector].
func (b broker) Collect(to chan<- prometheus.Metric) { collect(brokerFigures, b, to) }
