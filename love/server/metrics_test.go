package server_test

import (
	"context"
	"crypto/tls"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/metrics"
	"github.com/rubin-love/love-go/love/server"
)

// metricsOf returns what a server has at /metrics.
func metricsOf(t *testing.T, s *server.Server) string {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, w.Code)
	return w.Body.String()
}

func TestTheDocumentsListEveryMetricAndNoOther(t *testing.T) {
	s, err := server.New(t.Context(), server.Config{
		Archive: archive.Config{Dir: t.TempDir()}, Commander: &lovetest.Commander{}, TLS: &tls.Config{},
		Collectors: []prometheus.Collector{metrics.Broker(func() metrics.BrokerStats { return metrics.BrokerStats{} })},
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close(context.Background())) }()
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) `).FindAllStringSubmatch(metricsOf(t, s), -1) {
		if strings.HasPrefix(m[1], "love_") {
			names = append(names, m[1])
		}
	}
	text, err := os.ReadFile("../../docs/operating.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(text), "\n## Metrics and alerts\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")
	var documented []string
	for row := range strings.Lines(section) {
		if cell, _, ok := strings.Cut(strings.TrimPrefix(row, "| "), " |"); ok && strings.HasPrefix(row, "| ") {
			for _, m := range regexp.MustCompile("`(love_[a-z_]+)`").FindAllStringSubmatch(cell, -1) {
				documented = append(documented, m[1])
			}
		}
	}
	slices.Sort(documented)
	require.Equal(t, names, documented)
}

func TestAServerHasTheMetricsOfItsPartsAndOfItsProgram(t *testing.T) {
	visitors := prometheus.NewCounter(prometheus.CounterOpts{Name: "site_visitors_total", Help: "Visitors."})
	visitors.Add(3)
	s, err := server.New(t.Context(), server.Config{Collectors: []prometheus.Collector{visitors}, Commander: &lovetest.Commander{}})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close(context.Background())) }()
	text := metricsOf(t, s)
	for _, line := range []string{
		"site_visitors_total 3\n", `love_dependency_up{dependency="database"} 1` + "\n", "love_hub_sessions 0\n", "love_http_connections 0\n",
		`love_command_seconds_count{outcome="done"} 0` + "\n", "go_goroutines ", "process_open_fds ",
	} {
		require.Contains(t, text, line)
	}
	require.NotContains(t, text, "love_archive_")

	_, err = server.New(t.Context(), server.Config{Collectors: []prometheus.Collector{visitors, visitors}})
	require.ErrorContains(t, err, "metrics: duplicate")
}
