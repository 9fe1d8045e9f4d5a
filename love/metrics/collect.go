package metrics

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/hub"
)

// figure is a metric whose value is read from a source S when it is collected.
type figure[S any] struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(S) float64
	// values are by the value of the only label, instead of value.
	values func(S) map[string]uint64
}

func gauge[S any](name, help string, value func(S) float64) figure[S] {
	return figure[S]{desc: prometheus.NewDesc(name, help, nil, nil), kind: prometheus.GaugeValue, value: value}
}

func counter[S any](name, help string, value func(S) uint64) figure[S] {
	return figure[S]{desc: prometheus.NewDesc(name, help, nil, nil), kind: prometheus.CounterValue, value: func(s S) float64 { return float64(value(s)) }}
}

func counters[S any](name, label, help string, values func(S) map[string]uint64) figure[S] {
	return figure[S]{desc: prometheus.NewDesc(name, help, []string{label}, nil), kind: prometheus.CounterValue, values: values}
}

func (f figure[S]) collect(s S, to chan<- prometheus.Metric) {
	if f.values == nil {
		to <- prometheus.MustNewConstMetric(f.desc, f.kind, f.value(s))
		return
	}
	for label, value := range f.values(s) {
		to <- prometheus.MustNewConstMetric(f.desc, f.kind, float64(value), label)
	}
}

// collect reads a source, if there is one, and collects its figures.
func collect[S any](figures []figure[S], from func() S, to chan<- prometheus.Metric) {
	if from == nil {
		return
	}
	s := from()
	for _, f := range figures {
		f.collect(s, to)
	}
}

func describe[S any](figures []figure[S], to chan<- *prometheus.Desc) {
	for _, f := range figures {
		to <- f.desc
	}
}

var hubFigures = []figure[hub.Stats]{
	gauge("love_hub_sessions", "Connections that are open.", func(s hub.Stats) float64 { return float64(s.Sessions) }),
	gauge("love_hub_groups", "Groups with a subscriber or a last value.", func(s hub.Stats) float64 { return float64(s.Groups) }),
	gauge("love_hub_last_value_bytes", "Memory of the last values kept for snapshots.", func(s hub.Stats) float64 { return float64(s.LastBytes) }),
	gauge("love_hub_subscription_bytes", "Memory of the subscriptions.", func(s hub.Stats) float64 { return float64(s.SubscriptionBytes) }),
	gauge("love_hub_queue_bytes", "Bytes that wait for sessions that are behind.", func(s hub.Stats) float64 { return float64(s.QueueBytes) }),
	counter("love_hub_received_total", "Data messages taken in.", func(s hub.Stats) uint64 { return s.Received }),
	counter("love_hub_offered_total", "Messages for subscriptions: delivered, dropped or waiting.", func(s hub.Stats) uint64 { return s.Offered }),
	counter("love_hub_delivered_total", "Messages written to sessions.", func(s hub.Stats) uint64 { return s.Delivered }),
	counter("love_hub_writes_total", "Writes to connections, each of one or more messages.", func(s hub.Stats) uint64 { return s.Writes }),
	counter("love_hub_plain_bytes_total", "Bytes written to clients that take compressed messages, before they were compressed.",
		func(s hub.Stats) uint64 { return s.PlainBytes }),
	counter("love_hub_compressed_bytes_total", "The same as they were written.", func(s hub.Stats) uint64 { return s.CompressedBytes }),
	counters("love_hub_dropped_total", "reason", "Messages not delivered, or not kept.", func(s hub.Stats) map[string]uint64 { return s.Dropped }),
	counters("love_hub_denied_total", "reason", "Requests and handshakes refused.", func(s hub.Stats) map[string]uint64 { return s.Denied }),
	counters("love_hub_closed_total", "reason", "Sessions ended.", func(s hub.Stats) map[string]uint64 { return s.Closed }),
}

var httpFigures = []figure[HTTPStats]{
	gauge("love_http_connections", "HTTP connections that are open, without websockets.", func(s HTTPStats) float64 { return float64(s.Connections) }),
	counters("love_http_refused_total", "reason",
		"HTTP connections refused or cut: beyond the bound of their address, too few file descriptors, an answer not taken in time, or a request with two lengths.",
		func(s HTTPStats) map[string]uint64 {
			return map[string]uint64{"address": s.Refused, "full": s.Full, "slow": s.Slow, "ambiguous": s.Ambiguous}
		}),
}

// archived are the figures of an archive.
type archived struct {
	archive.Stats
	writable bool
}

var archiveFigures = []figure[archived]{
	gauge("love_archive_writable", "1 while the archive can be written, else 0.", func(s archived) float64 { return boolean(s.writable) }),
	counter("love_archive_recorded_total", "Messages recorded, each of one stream.", func(s archived) uint64 { return s.Recorded }),
	counters("love_archive_dropped_total", "kind", "Messages that were not recorded.", func(s archived) map[string]uint64 {
		return map[string]uint64{"telemetry": s.DroppedTelemetry, "event": s.DroppedEvents}
	}),
	gauge("love_archive_files", "Files of the archive.", func(s archived) float64 { return float64(s.Files) }),
	gauge("love_archive_bytes", "Bytes of the files of the archive.", func(s archived) float64 { return float64(s.Bytes) }),
}

var timeFigures = []figure[time.Time]{
	gauge("love_leap_seconds_expiry_timestamp_seconds", "Until when the table of leap seconds is known to be complete.",
		func(t time.Time) float64 { return float64(t.Unix()) }),
}

var certificateFigures = []figure[time.Time]{
	gauge("love_tls_certificate_expiry_timestamp_seconds", "When the certificate of the server ends; 0 if that is not known.",
		func(t time.Time) float64 { return float64(max(0, t.Unix())) }),
}

var dependencyUp = prometheus.NewDesc("love_dependency_up", "1 if what the manager needs works, as /readyz shows it, else 0.",
	[]string{"dependency"}, nil)

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// observed are the metrics of what the observer is told.
func (m *Metrics) observed() []prometheus.Collector {
	return []prometheus.Collector{m.delivery, m.waiting, m.opened, m.command, m.logIn}
}

// Describe implements [prometheus.Collector].
func (m *Metrics) Describe(to chan<- *prometheus.Desc) {
	describe(hubFigures, to)
	describe(httpFigures, to)
	describe(archiveFigures, to)
	describe(timeFigures, to)
	describe(certificateFigures, to)
	to <- dependencyUp
	for _, c := range m.observed() {
		c.Describe(to)
	}
}

// Collect implements [prometheus.Collector]. It checks the Dependencies, for two seconds
// at most.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	collect(hubFigures, m.Hub, to)
	collect(httpFigures, m.HTTP, to)
	if m.Archive != nil {
		collect(archiveFigures, func() archived {
			s, writable := m.Archive()
			return archived{s, writable}
		}, to)
	}
	collect(timeFigures, love.LeapSecondsExpiry, to)
	collect(certificateFigures, m.CertificateExpiry, to)
	if m.Dependencies != nil {
		// Two of one name, such as two issuers at one host, are one metric: Prometheus refuses
		// all metrics of a program with a double one, and with text that is not UTF-8.
		up := make(map[string]bool)
		for _, d := range m.Dependencies(context.Background()) {
			name := strings.ToValidUTF8(d.Name, "?")
			before, twice := up[name]
			up[name] = d.Err == nil && (before || !twice)
		}
		for name, isUp := range up {
			to <- prometheus.MustNewConstMetric(dependencyUp, prometheus.GaugeValue, boolean(isUp), name)
		}
	}
	for _, c := range m.observed() {
		c.Collect(to)
	}
}
