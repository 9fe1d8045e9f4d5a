package manager

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love"
)

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
		metric(&b, "love_hub_subscription_bytes", "gauge", "Memory of the subscriptions.", s.SubscriptionBytes)
		metric(&b, "love_hub_queue_bytes", "gauge", "Bytes that wait for sessions that are behind.", s.QueueBytes)
		reasons(&b, "love_hub_dropped_total", "Messages not delivered, or not kept.", s.Dropped)
		reasons(&b, "love_hub_denied_total", "Requests and handshakes refused.", s.Denied)
		reasons(&b, "love_hub_closed_total", "Sessions ended.", s.Closed)
	}
	metric(&b, "love_leap_seconds_expiry_timestamp_seconds", "gauge",
		"Until when the table of leap seconds is known to be complete.", love.LeapSecondsExpiry().Unix())
	writeText(w, http.StatusOK, b.String())
}

func metric[N int | int64 | uint64](b *strings.Builder, name, kind, help string, value N) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n%s %d\n", name, help, name, kind, name, value)
}

func reasons(b *strings.Builder, name, help string, counts map[string]uint64) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s counter\n", name, help, name)
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(b, "%s{reason=%q} %d\n", name, reason, counts[reason])
	}
}
