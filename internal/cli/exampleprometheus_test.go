package cli

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// promtool runs Prometheus' own checker in the user's home, and returns what it prints.
func (u *user) promtool(args ...string) (string, error) {
	program := os.Getenv("LOVE_TEST_PROMTOOL")
	if program == "" {
		u.t.Skip("LOVE_TEST_PROMTOOL names no promtool")
	}
	c := exec.CommandContext(u.t.Context(), program, args...)
	c.Dir = u.env["HOME"]
	out, err := c.CombinedOutput()
	return string(out), err
}

// metricNames are the names at a manager's /metrics, with those of the parts of
// histograms.
func metricNames(t *testing.T, text string) map[string]bool {
	names := map[string]bool{"up": true} // Prometheus' own
	for _, m := range regexp.MustCompile(`(?m)^(?:# TYPE )?([a-z_]+)[{ ]`).FindAllStringSubmatch(text, -1) {
		names[m[1]] = true
	}
	require.True(t, names["love_hub_delivery_seconds_bucket"])
	return names
}

// metricsOfAll returns what a manager has at /metrics that has everything that it can have.
func (u *user) metricsOfAll() string {
	cert, key := filepath.Join(u.env["HOME"], "cert.pem"), filepath.Join(u.env["HOME"], "key.pem")
	trusted := writeCertificate(u.t, cert, key, "love.example")
	_, url := u.startManager("--archive", u.t.TempDir(), "--tls-cert", cert, "--tls-key", key, "--broker", "redis://127.0.0.1:1")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	response, err := client.Get(url + "/metrics")
	require.NoError(u.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(u.t, err)
	return string(text)
}

// board is a board of Grafana.
type board struct {
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr string }
	}
}

// expressions are those of the board, with values for its variables.
func (b *board) expressions() (all []string) {
	for _, p := range b.Panels {
		for _, target := range p.Targets {
			all = append(all, strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*").Replace(target.Expr))
		}
	}
	return all
}

func TestBoardAndAlertsUseTheMetricsThatThereAre(t *testing.T) {
	u := newUser(t)
	names := metricNames(t, u.metricsOfAll())
	var b board
	require.NoError(t, json.Unmarshal([]byte(u.mustRun("", "example", "grafana")), &b))
	require.NotEmpty(t, b.Panels)
	text := strings.Join(b.expressions(), "\n") + "\n" + u.mustRun("", "example", "alerts")
	used := 0
	for _, name := range regexp.MustCompile(`\b(?:love|process|go)_[a-z_]+\b`).FindAllString(text, -1) {
		used++
		require.True(t, names[name], "%s is no metric of a manager", name)
	}
	require.Greater(t, used, 40)

	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, p := range b.Panels {
		require.False(t, ids[p.ID], p.Title)
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				require.Less(t, x, 24, p.Title)
				require.Empty(t, taken[[2]int{x, y}], "%s lies on another panel", p.Title)
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

func TestPrometheusTakesTheRulesTheBoardsQueriesAndTheMetrics(t *testing.T) {
	u := newUser(t)
	u.writeFile("alerts.yml", u.mustRun("", "example", "alerts"))
	out, err := u.promtool("check", "rules", "--lint-fatal", "alerts.yml")
	require.NoError(t, err, out)

	var b board
	require.NoError(t, json.Unmarshal([]byte(u.mustRun("", "example", "grafana")), &b))
	var rules []map[string]string
	for i, e := range b.expressions() {
		rules = append(rules, map[string]string{"record": fmt.Sprint("board:", i), "expr": e})
	}
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "board", "rules": rules}}})
	require.NoError(t, err)
	u.writeFile("board.yml", string(text))
	out, err = u.promtool("check", "rules", "board.yml")
	require.NoError(t, err, out)

	metrics := u.writeFile("metrics", u.metricsOfAll())
	check := exec.CommandContext(t.Context(), os.Getenv("LOVE_TEST_PROMTOOL"), "check", "metrics")
	check.Stdin, err = os.Open(metrics)
	require.NoError(t, err)
	lint, err := check.CombinedOutput()
	require.NoError(t, err, "%s", lint)
}

// ruleTests are situations, and the alerts that each must raise.
const ruleTests = `
rule_files: [alerts.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'up{job="love", instance="a:8000"}', values: '0x10'}
      - {series: 'love_dependency_up{dependency="commander", instance="b:8000"}', values: '1 1 0x10'}
      - {series: 'love_dependency_up{dependency="database", instance="b:8000"}', values: '1x12'}
      - {series: 'love_archive_writable{instance="b:8000"}', values: '1x12'}
      - {series: 'love_command_seconds_count{outcome="timed_out", instance="b:8000"}', values: '0x6 1x6'}
      - {series: 'love_command_seconds_count{outcome="done", instance="c:8000"}', values: '0+9x12'}
    alert_rule_test:
      - {eval_time: 5m, alertname: LoveManagerDown, exp_alerts: [{exp_labels: {severity: critical, job: love, instance: "a:8000"}, exp_annotations: {summary: "The LOVE manager a:8000 does not answer.", description: "Screens show nothing, and nobody can command. See whether loved runs, and its log."}}]}
      - {eval_time: 1m, alertname: LoveDependencyDown, exp_alerts: []}
      - {eval_time: 5m, alertname: LoveDependencyDown, exp_alerts: [{exp_labels: {severity: critical, dependency: commander, instance: "b:8000"}, exp_annotations: {summary: "The commander of b:8000 does not work.", description: "/readyz of the manager says why; loved check says what to do."}}]}
      - {eval_time: 9m, alertname: LoveArchiveNotWritten, exp_alerts: []}
      - {eval_time: 5m, alertname: LoveCommandsWithoutAnswer, exp_alerts: []}
      - {eval_time: 9m, alertname: LoveCommandsWithoutAnswer, exp_alerts: [{exp_labels: {severity: warning, instance: "b:8000"}, exp_annotations: {summary: "Commands through b:8000 had no answer.", description: "Whether they were executed is not known. loved commands shows them; look at the commander and at the component."}}]}
  - interval: 1m
    input_series:
      - {series: 'love_hub_delivery_seconds_bucket{instance="a:8000", le="0.1"}', values: '0+100x20'}
      - {series: 'love_hub_delivery_seconds_bucket{instance="a:8000", le="2.5"}', values: '0+100x20'}
      - {series: 'love_hub_delivery_seconds_bucket{instance="a:8000", le="+Inf"}', values: '0+100x20'}
      - {series: 'love_hub_received_total{instance="a:8000"}', values: '5x20'}
      - {series: 'love_hub_received_total{instance="b:8000"}', values: '0+5x20'}
    alert_rule_test:
      - {eval_time: 15m, alertname: LoveSlowDelivery, exp_alerts: []}
      - {eval_time: 15m, alertname: LoveNoMessages, exp_alerts: [{exp_labels: {severity: critical, instance: "a:8000"}, exp_annotations: {summary: "No producer has published to a:8000 for ten minutes.", description: "See whether the producers run, and whether they have the right process password."}}]}
  - interval: 1m
    input_series:
      - {series: 'love_hub_delivery_seconds_bucket{instance="a:8000", le="1"}', values: '0+10x20'}
      - {series: 'love_hub_delivery_seconds_bucket{instance="a:8000", le="5"}', values: '0+100x20'}
      - {series: 'love_hub_delivery_seconds_bucket{instance="a:8000", le="+Inf"}', values: '0+100x20'}
    alert_rule_test:
      - {eval_time: 15m, alertname: LoveSlowDelivery, exp_alerts: [{exp_labels: {severity: warning, instance: "a:8000"}, exp_annotations: {summary: "Screens of a:8000 are 4.956s behind.", description: "One of a hundred writes delivers messages that old. Either the clocks of producers and manager differ, or clients are slow (love_hub_waiting_bytes), or the manager has too little CPU."}}]}
  - interval: 1m
    input_series:
      - {series: 'love_dependency_up{dependency="broker", instance="a:8000"}', values: '1 1 0x10'}
      - {series: 'love_dependency_up{dependency="broker", instance="b:8000"}', values: '1x12'}
      - {series: 'love_broker_dropped_total{instance="a:8000"}', values: '0x3 5x9'}
      - {series: 'love_broker_dropped_total{instance="b:8000"}', values: '7x12'}
    alert_rule_test:
      - {eval_time: 5m, alertname: LoveDependencyDown, exp_alerts: []}
      - {eval_time: 2m, alertname: LoveManagersApart, exp_alerts: []}
      - {eval_time: 5m, alertname: LoveManagersApart, exp_alerts: [{exp_labels: {severity: critical, dependency: broker, instance: "a:8000"}, exp_annotations: {summary: "a:8000 cannot use Redis: the managers are apart.", description: "Its screens and producers reach each other, but not those of other managers. /readyz says why; loved check says what to do."}}]}
      - {eval_time: 3m, alertname: LoveMessagesForManagersDropped, exp_alerts: []}
      - {eval_time: 5m, alertname: LoveMessagesForManagersDropped, exp_alerts: [{exp_labels: {severity: warning, instance: "a:8000"}, exp_annotations: {summary: "Other managers did not get all that was published to a:8000.", description: "Redis was away for long, or takes less than what comes. Of each stream they get the last value when Redis is back; what came before it is lost."}}]}
`

func TestTheAlertsAreRaisedWhenTheyShouldBe(t *testing.T) {
	u := newUser(t)
	u.writeFile("alerts.yml", u.mustRun("", "example", "alerts"))
	u.writeFile("tests.yml", ruleTests)
	out, err := u.promtool("test", "rules", "tests.yml")
	require.NoError(t, err, out)
}
