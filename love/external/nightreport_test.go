package external_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/external"
)

const reports = "ole/nightreport/reports/"

// lastReport makes the service answer that the report is the last of a night; empty: that
// there is none.
func (h *harness) lastReport(report string) {
	h.logs.answer("GET /nightreport/reports", 200, "["+report+"]")
}

func report(id, sent string) string {
	return fmt.Sprintf(`{"id": %q, "day_obs": 20260313, "summary": "All <b>well</b>\nand quiet", "weather": null, "maintel_summary": "m", "auxtel_summary": "a",
		"confluence_url": "https://plan.example", "observers_crew": ["Ada", "Ben"], "date_sent": %s}`, id, sent)
}

func TestTheReportOfTheNightIsWrittenOnce(t *testing.T) {
	h := newHarness(t)
	h.lastReport("")
	h.requireJSON(h.send("POST", reports, `{"summary": " s\n", "weather": "w", "maintel_summary": "m", "auxtel_summary": "a", "confluence_url": " ",
		"observers_crew": ["Ada"], "day_obs": 1, "user_id": "forged", "date_sent": "2026"}`), 200, `{"path": "/nightreport/reports/"}`)
	asked := h.logs.asked()
	require.Equal(t, "max_day_obs=20260314&min_day_obs=20260313&order_by=-date_added", asked[0].query)
	require.JSONEq(t, `{"summary": "s", "weather": "w", "maintel_summary": "m", "auxtel_summary": "a", "confluence_url": "", "observers_crew": ["Ada"],
		"day_obs": 20260313, "user_id": "user@summit.example", "user_agent": "LOVE"}`, asked[1].body)

	h.lastReport(report("1", "null"))
	h.requireJSON(h.send("POST", reports, someReport), 409, `{"ack": "Somebody else has written or changed the report of this night in the meantime. Load it again; nothing was changed.",
		"error": "Somebody else has written or changed the report of this night in the meantime. Load it again; nothing was changed."}`)
	h.requireProblem(h.send("POST", reports, `{"summary": "s"}`), 400, `"weather" has to be a text`)
	for answer, status := range map[string]int{`{"detail": "down"}`: 200, `[1]`: 200, `{"detail": "x"}`: 500} {
		h.logs.answer("GET /nightreport/reports", status, answer)
		h.requireProblem(h.send("POST", reports, someReport), 502, "Nothing was changed")
	}
	require.Len(t, h.logs.asked(), 6)
}

func TestTwoWhoWriteTheReportAtOnceGetOne(t *testing.T) {
	h := newHarness(t)
	var mu sync.Mutex
	written := []string{}
	h.logs.on("GET /nightreport/reports", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.WriteString(w, "["+strings.Join(written, ",")+"]")
	})
	h.logs.on("POST /nightreport/reports/", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		written = append(written, report("1", "null"))
		_, _ = io.WriteString(w, "{}")
	})
	statuses := make(chan int)
	for range 5 {
		go func() { statuses <- h.send("POST", reports, someReport).StatusCode }()
	}
	count := map[int]int{}
	for range 5 {
		count[<-statuses]++
	}
	require.Equal(t, map[int]int{200: 1, 409: 4}, count)
}

func TestOnlyTheLastReportOfANightIsChanged(t *testing.T) {
	h := newHarness(t)
	h.lastReport(report("2", "null"))
	h.requireJSON(h.send("PUT", reports+"2/", someReport), 200, `{"path": "/nightreport/reports/2"}`)
	asked := h.logs.asked()[1]
	require.Equal(t, "PATCH", asked.method)
	require.JSONEq(t, `{"day_obs": 20260313, "summary": "s", "weather": "w", "maintel_summary": "m", "auxtel_summary": "a", "confluence_url": "", "observers_crew": ["Ada"]}`, asked.body)
	require.Equal(t, 409, h.send("PUT", reports+"1/", someReport).StatusCode)
	h.lastReport("")
	require.Equal(t, 409, h.send("PUT", reports+"2/", someReport).StatusCode)
	h.requireProblem(h.send("PUT", reports+"2/", strings.Replace(someReport, "20260313", `"x"`, 1)), 400, "day_obs")
	require.Equal(t, 404, h.send("PUT", reports+"%2e%2e/", someReport).StatusCode)
}

// summitState makes the EFD tell some of the observatory's state, and Jira a fault.
func (h *harness) summitState() {
	h.commander.on("POST /efd/top_timeseries", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"MTMount-0-elevation": {"actualPosition": [{"ts": "x", "value": 86.5}]}, "MTMount-0-azimuth": {"actualPosition": [{"value": NaN}]},
			"MTMount-0-logevent_mirrorCoversMotionState": {"state": [{"value": 1}]}, "MTMount-0-logevent_oilSupplySystemState": {"powerState": [{"value": 77}]},
			"ATPneumatics-0-logevent_m1CoverState": {"state": [{"value": 7}]}, "MTDome-0-azimuth": {"positionActual": []},
			"MTHexapod-2-logevent_summaryState": {"summaryState": [{"value": 3}]}, "ATDome-0-logevent_summaryState": {"summaryState": [{"value": 2}]}}`)
	})
	h.jira.answer("GET /rest/api/latest/myself", 200, `{"timeZone": "UTC"}`)
	h.jira.answer("GET /rest/api/latest/search/jql", 200, `{"issues": [{"key": "OBS-1", "fields": {"summary": "Dome <script>", "created": "2026-03-13T22:00:00.000+0000", "creator": {"displayName": "Ada"}}}]}`)
}

func TestAReportIsSentWithTheStateOfTheObservatoryAndNoted(t *testing.T) {
	h := newHarness(t)
	h.summitState()
	h.lastReport(report("2", "null"))
	h.requireJSON(h.send("POST", "ole/nightreport/send/2/", `{"day_obs": 20260313}`), 200, `{"path": "/nightreport/reports/2"}`)

	mails := h.mailer.sent()
	require.Len(t, mails, 1)
	require.Equal(t, "night@love.example: Rubin Observatory Night Report 2026-03-13", mails[0].To+": "+mails[0].Subject)
	for _, line := range []string{
		"SUMMARY\nAll <b>well</b>\nand quiet\n\nWEATHER\n–\n", "Elevation: Simonyi 86.50°, auxiliary unknown\n", "Azimuth: Simonyi unknown, ",
		"Mirror covers: Simonyi DEPLOYED, auxiliary OPENED\n", "Oil supply: Simonyi unknown\n", "MTHexapod:1 unknown\nMTHexapod:2 FAULT\n", "ATDome:0 ENABLED\n",
		"OBS-1 Dome <script> (Ada, 0 h lost) " + h.jira.URL + "/browse/OBS-1\n",
		"Nightly digest: https://usdf-rsp.slac.stanford.edu/nightlydigest/?startDayobs=20260313&endDayobs=20260313&telescope=Simonyi\nNight plan: https://plan.example\n",
		"From Ada, Ben",
	} {
		require.Contains(t, mails[0].Plain, line)
	}
	for _, piece := range []string{"All &lt;b&gt;well&lt;/b&gt;<br>and quiet", "Dome &lt;script&gt;", "/browse/OBS-1\">OBS-1</a>", `class="fault">FAULT`} {
		require.Contains(t, mails[0].HTML, piece)
	}
	asked := h.logs.asked()
	require.JSONEq(t, `{"day_obs": 20260313, "date_sent": "2026-03-14T02:00:03.000000"}`, asked[len(asked)-1].body)
	efd := decoded(t, h.commander.asked()[0].body)
	require.Equal(t, "summit_efd 2026-03-14T02:00:03.000000 1", fmt.Sprint(efd["efd_instance"], " ", efd["time_cut"], " ", efd["num"]))
	require.Equal(t, []any{"actualPosition"}, efd["cscs"].(map[string]any)["MTMount"].(map[string]any)["0"].(map[string]any)["azimuth"])
	components := decoded(t, h.commander.asked()[1].body)["cscs"].(map[string]any)
	require.Len(t, components["MTHexapod"], 2)
	require.Contains(t, h.log.String(), "a night report was sent")
}

func TestTheReportOfAPastNightHasTheStateAtItsEnd(t *testing.T) {
	h := newHarness(t)
	h.summitState()
	h.lastReport(report("2", "null"))
	h.clock.Advance(48 * time.Hour)
	require.Equal(t, 200, h.send("POST", "ole/nightreport/send/2/", `{"day_obs": "20260313"}`).StatusCode)
	require.Equal(t, "2026-03-14T12:00:37.000000", decoded(t, h.commander.asked()[0].body)["time_cut"])
}

func TestAReportIsNotSentTwiceNorIfSomethingIsMissing(t *testing.T) {
	h := newHarness(t)
	h.summitState()
	send := func() response { return h.send("POST", "ole/nightreport/send/2/", `{"day_obs": 20260313}`) }
	h.lastReport(report("2", `"2026-03-14T01:00:00"`))
	h.requireProblem(send(), 400, "sent already")
	h.lastReport(report("3", "null"))
	require.Equal(t, 409, send().StatusCode)
	h.lastReport(report("2", "null"))
	h.requireProblem(h.send("POST", "ole/nightreport/send/2/", `{}`), 400, "day_obs")
	for _, answer := range []string{`{"ack": "no such EFD"}`, `<html>`} {
		h.commander.answer("POST /efd/top_timeseries", 400, answer)
		got := send()
		require.Equal(t, 502, got.StatusCode)
		require.Contains(t, got.body, "The report was not sent")
	}
	h.summitState()
	h.jira.answer("GET /rest/api/latest/myself", 500, `{}`)
	require.Equal(t, 502, send().StatusCode)
	h.summitState()
	h.mailer.err = errors.New("535 authentication failed")
	h.requireProblem(send(), 502, "535 authentication failed")
	require.Empty(t, h.mailer.sent())
	for _, asked := range h.logs.asked() {
		require.Equal(t, "GET", asked.method, "nothing was noted")
	}
}

func TestAReportThatWasSentButNotNotedSaysSo(t *testing.T) {
	h := newHarness(t)
	h.summitState()
	h.lastReport(report("2", "null"))
	for _, body := range []string{`{"detail": "down"}`, "oops"} {
		h.logs.answer("PATCH /nightreport/reports/2", 500, body)
		h.requireProblem(h.send("POST", "ole/nightreport/send/2/", `{"day_obs": 20260313}`), 502, "The report was sent by e-mail, but that is not noted: do not send it again.")
	}
}

func TestSendingNamesWhatIsNotConfigured(t *testing.T) {
	for setting, remove := range map[string]func(*external.Config){
		"SMTP_USER":                func(c *external.Config) { c.Mailer = nil },
		"NIGHTREPORT_MAIL_ADDRESS": func(c *external.Config) { c.ReportTo = "" },
		"COMMANDER_HOSTNAME":       func(c *external.Config) { c.Commander = "" },
		"JIRA_API_HOSTNAME":        func(c *external.Config) { c.Jira.Host = "" },
		"OLE_API_HOSTNAME":         func(c *external.Config) { c.Logs = "" },
	} {
		h := newHarness(t, remove)
		h.requireProblem(h.send("POST", "ole/nightreport/send/2/", `{"day_obs": 20260313}`), 503, setting)
		require.Empty(t, h.logs.asked())
	}
}

func TestAnEFDOfThisProcessTellsTheStateOfTheObservatory(t *testing.T) {
	h := newHarness(t, func(c *external.Config) {
		c.Commander, c.EFDInstance, c.NightlyDigest = "", "archive", "https://digest.example"
		c.EFD = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var query struct {
				Instance string `json:"efd_instance"`
			}
			if err := json.NewDecoder(r.Body).Decode(&query); err != nil || query.Instance != "archive" {
				panic(fmt.Sprint(query, err))
			}
			_, _ = io.WriteString(w, `{"ATDome-0-position": {"azimuthPosition": [{"value": 90}]}}`)
		})
	})
	h.summitState()
	h.lastReport(report("2", "null"))
	require.Equal(t, 200, h.send("POST", "ole/nightreport/send/2/", `{"day_obs": 20260313}`).StatusCode)
	require.Contains(t, h.mailer.sent()[0].Plain, "Dome azimuth: Simonyi unknown, auxiliary 90.00°\n")
	require.Contains(t, h.mailer.sent()[0].Plain, "https://digest.example/?start")
}
