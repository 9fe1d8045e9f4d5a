package manager

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love"
)

// HTTPStats are the figures of the server in front of a manager.
type HTTPStats struct {
	Connections int64  // open, without websockets
	Refused     uint64 // connections and requests beyond the bound of their address
	Slow        uint64 // connections whose client did not take an answer in time
	Ambiguous   uint64 // requests whose length could be understood in two ways
}

// Metric is one more figure at /metrics.
type Metric struct {
	Name  string // such as "love_archive_recorded_total"
	Kind  string // "counter" or "gauge"
	Help  string
	Value int64
	// Values, if not nil, are several values by what the Label distinguishes.
	Values map[string]int64
	Label  string
}

func (m Metric) write(b *strings.Builder) {
	if m.Values == nil {
		metric(b, m.Name, m.Kind, m.Help, m.Value)
		return
	}
	labelled(b, m.Name, m.Kind, m.Help, m.Label, m.Values)
}

// metrics answers in Prometheus' text format: the counts of the hub, one label
// per reason, and the expiry of the table of leap seconds. The format is simple
// enough to be written here, so that programs which embed the manager need no
// metrics library.
func (m *Manager) metrics(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	if hub, ok := m.config.Hub.(HubReporter); ok {
		s := hub.Stats()
		metric(&b, "love_hub_sessions", "gauge", "Connections that are open.", s.Sessions)
		metric(&b, "love_hub_groups", "gauge", "Groups with a subscriber or a last value.", s.Groups)
		metric(&b, "love_hub_last_value_bytes", "gauge", "Memory of the last values kept for snapshots.", s.LastBytes)
		metric(&b, "love_hub_received_total", "counter", "Data messages taken in.", s.Received)
		metric(&b, "love_hub_offered_total", "counter", "Messages for subscriptions: delivered, dropped or waiting.", s.Offered)
		metric(&b, "love_hub_delivered_total", "counter", "Messages written to sessions.", s.Delivered)
		metric(&b, "love_hub_writes_total", "counter", "Writes to connections, each of one or more messages.", s.Writes)
		metric(&b, "love_hub_plain_bytes_total", "counter", "Bytes written to clients that take compressed messages, before they were compressed.", s.PlainBytes)
		metric(&b, "love_hub_compressed_bytes_total", "counter", "The same as they were written.", s.CompressedBytes)
		metric(&b, "love_hub_subscription_bytes", "gauge", "Memory of the subscriptions.", s.SubscriptionBytes)
		metric(&b, "love_hub_queue_bytes", "gauge", "Bytes that wait for sessions that are behind.", s.QueueBytes)
		reasons(&b, "love_hub_dropped_total", "Messages not delivered, or not kept.", s.Dropped)
		reasons(&b, "love_hub_denied_total", "Requests and handshakes refused.", s.Denied)
		reasons(&b, "love_hub_closed_total", "Sessions ended.", s.Closed)
	}
	if m.config.HTTP != nil {
		s := m.config.HTTP()
		metric(&b, "love_http_connections", "gauge", "HTTP connections that are open, without websockets.", s.Connections)
		reasons(&b, "love_http_refused_total", "HTTP connections refused or cut: beyond the bound of their address, an answer not taken in time, or a request with two lengths.",
			map[string]uint64{"address": s.Refused, "slow": s.Slow, "ambiguous": s.Ambiguous})
	}
	if m.config.Metrics != nil {
		for _, x := range m.config.Metrics() {
			x.write(&b)
		}
	}
	metric(&b, "love_leap_seconds_expiry_timestamp_seconds", "gauge",
		"Until when the table of leap seconds is known to be complete.", love.LeapSecondsExpiry().Unix())
	writeText(w, http.StatusOK, b.String())
}

func metric[N int | int64 | uint64](b *strings.Builder, name, kind, help string, value N) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n%s %d\n", name, help, name, kind, name, value)
}

func reasons(b *strings.Builder, name, help string, counts map[string]uint64) {
	labelled(b, name, "counter", help, "reason", counts)
}

func labelled[N int64 | uint64](b *strings.Builder, name, kind, help, label string, values map[string]N) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	for _, of := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(b, "%s{%s=%q} %d\n", name, label, of, values[of])
	}
}
