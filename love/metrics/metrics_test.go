package metrics_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
	"github.com/rubin-love/love-go/love/metrics"
)

// scrape returns the samples at a handler, by name with labels.
func scrape(t *testing.T, m *metrics.Metrics, others ...prometheus.Collector) map[string]float64 {
	t.Helper()
	handler, err := m.Handler(others...)
	require.NoError(t, err)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, w.Code)
	all := map[string]float64{}
	for lines := bufio.NewScanner(w.Body); lines.Scan(); {
		if line := lines.Text(); !strings.HasPrefix(line, "#") {
			i := strings.LastIndexByte(line, ' ')
			value, err := strconv.ParseFloat(line[i+1:], 64)
			require.NoError(t, err)
			all[line[:i]] = value
		}
	}
	return all
}

// gate lets everybody in as a process.
type gate struct{}

func (gate) Admit(*http.Request) (auth.Principal, error) {
	return auth.Principal{Process: true}, nil
}

const timeout = 30 * time.Second

func TestTheCountsAndHistogramsOfAHub(t *testing.T) {
	m := metrics.New(metrics.Config{})
	h := hub.New(hub.WithObserver(m), hub.WithGate(gate{}))
	m.Hub = h.Stats
	server := httptest.NewServer(h)
	defer server.Close()
	defer func() { require.NoError(t, h.Shutdown(context.Background())) }()

	conn, _, _, err := ws.Dial(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(timeout)))
	send := func(text string) { require.NoError(t, wsutil.WriteClientText(conn, []byte(text))) }
	receive := func() string {
		text, err := wsutil.ReadServerText(conn)
		require.NoError(t, err)
		return string(text)
	}
	send(`{"option":"subscribe","category":"event","csc":"A","salindex":"0","stream":"s"}`)
	require.Contains(t, receive(), "Successfully subscribed")
	const message = `{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]%s}`
	send(fmt.Sprintf(message, `,"producer_snd":`+strconv.FormatFloat(love.UnixSeconds(time.Now())-2, 'f', 6, 64)))
	receive()
	send(fmt.Sprintf(message, ``))
	receive()
	send(fmt.Sprintf(message, `,"producer_snd":1.5`)) // a recording, of no age
	receive()
	send(`{"nonsense":1}`)
	receive()

	var got map[string]float64
	require.Eventually(t, func() bool { // a write is observed after the peer has got it
		got = scrape(t, m)
		return got["love_hub_waiting_bytes_count"] == 3
	}, timeout, 5*time.Millisecond)
	require.EqualValues(t, 1, got["love_hub_delivery_seconds_count"])
	require.GreaterOrEqual(t, got["love_hub_delivery_seconds_sum"], 1.99)
	require.Less(t, got["love_hub_delivery_seconds_sum"], timeout.Seconds(), "it is no offset between time scales")
	require.Zero(t, got[`love_hub_delivery_seconds_bucket{le="1"}`])
	require.EqualValues(t, 3, got[`love_hub_waiting_bytes_bucket{le="0"}`])
	for name, want := range map[string]float64{
		"love_hub_sessions": 1, `love_hub_opened_total{kind="process"}`: 1, `love_hub_opened_total{kind="user"}`: 0,
		"love_hub_received_total": 3, "love_hub_offered_total": 3, "love_hub_delivered_total": 3,
		`love_hub_denied_total{reason="malformed"}`: 1, `love_hub_closed_total{reason="slow"}`: 0, `love_hub_dropped_total{reason="backlog"}`: 0,
	} {
		value, ok := got[name]
		require.True(t, ok, name)
		require.Equal(t, want, value, name)
	}
	for reason := range h.Stats().Dropped {
		require.Contains(t, got, `love_hub_dropped_total{reason="`+reason+`"}`)
	}
	require.Positive(t, got["go_goroutines"])
	require.Positive(t, got["process_max_fds"])
	require.Positive(t, got["love_leap_seconds_expiry_timestamp_seconds"])
	for _, without := range []string{"love_http_connections", "love_archive_writable", "love_broker_peers"} {
		require.NotContains(t, got, without)
	}
}

func TestWhatIsAskedForWhenItIsCollected(t *testing.T) {
	m := metrics.New(metrics.Config{
		HTTP: func() metrics.HTTPStats { return metrics.HTTPStats{Connections: 4, Refused: 3, Slow: 2, Ambiguous: 1} },
		Archive: func() (archive.Stats, bool) {
			return archive.Stats{Recorded: 9, DroppedTelemetry: 8, DroppedEvents: 7, Files: 6, Bytes: 5}, true
		},
		Dependencies: func(context.Context) []manager.DependencyState {
			return []manager.DependencyState{{Name: "database"}, {Name: "commander", Err: errors.New("refused")}}
		},
	})
	got := scrape(t, m)
	for name, want := range map[string]float64{
		"love_http_connections": 4, `love_http_refused_total{reason="address"}`: 3, `love_http_refused_total{reason="slow"}`: 2, `love_http_refused_total{reason="ambiguous"}`: 1,
		"love_archive_writable": 1, "love_archive_recorded_total": 9, `love_archive_dropped_total{kind="telemetry"}`: 8, `love_archive_dropped_total{kind="event"}`: 7,
		"love_archive_files": 6, "love_archive_bytes": 5,
		`love_dependency_up{dependency="database"}`: 1, `love_dependency_up{dependency="commander"}`: 0,
	} {
		require.Equal(t, want, got[name], name)
	}
}

func TestTheFiguresOfABroker(t *testing.T) {
	got := scrape(t, metrics.New(metrics.Config{}), metrics.Broker(func() metrics.BrokerStats {
		return metrics.BrokerStats{Peers: 9, Published: 8, Received: 7, Queued: 6, Conflated: 5, Dropped: 4, Repeated: 3, Malformed: 2, Reconnects: 1}
	}))
	for name, want := range map[string]float64{
		"love_broker_peers": 9, "love_broker_published_total": 8, "love_broker_received_total": 7, "love_broker_queue_bytes": 6,
		"love_broker_conflated_total": 5, "love_broker_dropped_total": 4, "love_broker_repeated_total": 3, "love_broker_malformed_total": 2,
		"love_broker_reconnects_total": 1,
	} {
		require.Equal(t, want, got[name], name)
	}
}

func TestTheTimesOfCommandsAndLogIns(t *testing.T) {
	m := metrics.New(metrics.Config{})
	for i, o := range manager.CommandOutcomes() {
		m.Commanded(o, time.Duration(i+1)*time.Second)
	}
	for _, o := range manager.LogInOutcomes() {
		m.LoggedIn(o, time.Second/2)
	}
	got := scrape(t, m)
	for i, o := range manager.CommandOutcomes() {
		require.EqualValues(t, i+1, got[`love_command_seconds_sum{outcome="`+string(o)+`"}`], o)
		require.EqualValues(t, 1, got[`love_command_seconds_count{outcome="`+string(o)+`"}`], o)
	}
	for _, o := range manager.LogInOutcomes() {
		require.EqualValues(t, 1, got[`love_login_seconds_bucket{outcome="`+string(o)+`",le="0.5"}`], o)
		require.Zero(t, got[`love_login_seconds_bucket{outcome="`+string(o)+`",le="0.25"}`], o)
	}
}

func TestTheMetricsFollowTheRulesOfPrometheus(t *testing.T) {
	m := metrics.New(metrics.Config{
		Hub: func() hub.Stats { return hub.Stats{} }, HTTP: func() metrics.HTTPStats { return metrics.HTTPStats{} },
		Archive: func() (archive.Stats, bool) { return archive.Stats{}, false },
	})
	for _, c := range []prometheus.Collector{m, metrics.Broker(func() metrics.BrokerStats { return metrics.BrokerStats{} })} {
		problems, err := testutil.CollectAndLint(c)
		require.NoError(t, err)
		require.Empty(t, problems)
	}
}

func TestDependenciesOfOneNameAreOneMetric(t *testing.T) {
	failed := errors.New("away")
	m := metrics.New(metrics.Config{Dependencies: func(context.Context) []manager.DependencyState {
		return []manager.DependencyState{
			{Name: "issuer a"}, {Name: "issuer a", Err: failed}, {Name: "issuer b", Err: failed}, {Name: "issuer b"}, {Name: "issuer c"}, {Name: "issuer c"},
			{Name: "sign-in by \xff"},
		}
	}})
	require.NoError(t, testutil.CollectAndCompare(m, strings.NewReader(`# HELP love_dependency_up 1 if what the manager needs works, as /readyz shows it, else 0.
# TYPE love_dependency_up gauge
love_dependency_up{dependency="issuer a"} 0
love_dependency_up{dependency="issuer b"} 0
love_dependency_up{dependency="issuer c"} 1
love_dependency_up{dependency="sign-in by ?"} 1
`), "love_dependency_up"))
}

func TestTwoMetricsOfOneNameAreAnError(t *testing.T) {
	twice := prometheus.NewCounter(prometheus.CounterOpts{Name: "love_hub_received_total", Help: "Other."})
	_, err := metrics.New(metrics.Config{}).Handler(twice)
	require.ErrorContains(t, err, "love_hub_received_total")
	more := prometheus.NewCounter(prometheus.CounterOpts{Name: "site_visitors_total", Help: "Visitors."})
	_, err = metrics.New(metrics.Config{}).Handler(more)
	require.NoError(t, err)
}

// BenchmarkWritten is what each write to a connection costs; the write itself takes
// some microseconds.
func BenchmarkWritten(b *testing.B) {
	m := metrics.New(metrics.Config{})
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			m.Written(hub.Write{Age: 7 * time.Millisecond})
		}
	})
}
