package metrics

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
)

// Config says where the figures come from that are asked for when metrics are
// collected. Metrics of what is nil are left out.
type Config struct {
	// Hub returns the counts of the hub: hub.Hub.Stats.
	Hub func() hub.Stats
	// HTTP returns the figures of the HTTP server.
	HTTP func() HTTPStats
	// Archive returns the figures of the archive, and whether it can be written.
	Archive func() (s archive.Stats, writable bool)
	// CertificateExpiry returns when the certificate of the server ends; the zero time if
	// that is not known.
	CertificateExpiry func() time.Time
	// Dependencies returns what the manager needs and whether it works, as /readyz
	// shows it: manager.Manager.Dependencies.
	Dependencies func(context.Context) []manager.DependencyState
}

// HTTPStats are the figures of an HTTP server.
type HTTPStats struct {
	Connections int64  // open, without websockets
	Refused     uint64 // connections and requests beyond the bound of their address
	Full        uint64 // requests for which there were too few file descriptors
	Slow        uint64 // connections whose client did not take an answer in time
	Ambiguous   uint64 // requests whose length could be understood in two ways
}

// Metrics collects the metrics of one manager. It implements [hub.Observer],
// [manager.Observer] and [prometheus.Collector]. Make one with [New]. The fields of Config
// may be set until it is first collected.
type Metrics struct {
	Config
	hub.NopObserver // most of what it is told the hub counts itself

	delivery prometheus.Histogram
	waiting  prometheus.Histogram
	opened   *prometheus.CounterVec
	command  *prometheus.HistogramVec
	logIn    *prometheus.HistogramVec
	user     prometheus.Counter // of opened
	process  prometheus.Counter
}

// New returns metrics that have counted nothing. They are in no registry.
func New(c Config) *Metrics {
	histogram := func(name, help string, buckets ...float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	}
	m := &Metrics{
		Config: c,
		delivery: prometheus.NewHistogram(histogram("love_hub_delivery_seconds",
			"From the producer (producer_snd) to the end of the write, of the oldest message of each write to a connection.",
			.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10)),
		waiting: prometheus.NewHistogram(histogram("love_hub_waiting_bytes",
			"Bytes that still waited for a connection after each write to it.", 0, 1<<10, 16<<10, 256<<10, 1<<20, 4<<20, 16<<20, 64<<20)),
		opened: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "love_hub_opened_total", Help: "Connections that were opened."}, []string{"kind"}),
		command: prometheus.NewHistogramVec(histogram("love_command_seconds",
			"From a command's arrival to its answer, by its outcome.", .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15, 30, 60, 300),
			[]string{"outcome"}),
		logIn: prometheus.NewHistogramVec(histogram("love_login_seconds",
			"How long log-ins took, by their outcome.", .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10), []string{"outcome"}),
	}
	m.user, m.process = m.opened.WithLabelValues("user"), m.opened.WithLabelValues("process")
	for _, o := range manager.CommandOutcomes() {
		m.command.WithLabelValues(string(o))
	}
	for _, o := range manager.LogInOutcomes() {
		m.logIn.WithLabelValues(string(o))
	}
	return m
}

// Opened implements [hub.Observer].
func (m *Metrics) Opened(process bool) {
	if process {
		m.process.Inc()
	} else {
		m.user.Inc()
	}
}

// Written implements [hub.Observer].
func (m *Metrics) Written(w hub.Write) {
	if w.Age >= 0 {
		m.delivery.Observe(w.Age.Seconds())
	}
	m.waiting.Observe(float64(w.Waiting))
}

// Commanded implements [manager.Observer].
func (m *Metrics) Commanded(o love.CommandState, took time.Duration) {
	m.command.WithLabelValues(string(o)).Observe(took.Seconds())
}

// LoggedIn implements [manager.Observer].
func (m *Metrics) LoggedIn(o manager.LogInOutcome, took time.Duration) {
	m.logIn.WithLabelValues(string(o)).Observe(took.Seconds())
}

// Handler returns what serves the metrics, with those of the Go runtime, of the process
// and of others, in the formats of Prometheus. It is an error if two of them have a metric
// of the same name.
func (m *Metrics) Handler(others ...prometheus.Collector) (http.Handler, error) {
	all := []prometheus.Collector{
		m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector(),
	}
	r := prometheus.NewRegistry()
	for _, c := range append(all, others...) {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
	}
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes}), nil
}

// maxScrapes bounds the scrapes under way; those beyond it are answered 503.
const maxScrapes = 8

var _ interface {
	hub.Observer
	manager.Observer
	prometheus.Collector
} = (*Metrics)(nil)
