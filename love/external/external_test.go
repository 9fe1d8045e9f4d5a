package external_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/external"
)

// requests has a good request for every path and method.
var requests = []struct{ method, path, body string }{
	{"GET", "api/efd/efd_clients", ""}, {"POST", "api/efd/timeseries", "{}"}, {"POST", "api/efd/top_timeseries", "{}"}, {"POST", "api/efd/logmessages", "{}"},
	{"POST", "api/reports/m1m3-bump-tests", "{}"},
	{"POST", "api/tcs/aux", "{}"}, {"POST", "api/tcs/main", "{}"}, {"GET", "api/tcs/aux/docstrings", ""}, {"GET", "api/tcs/main/docstrings", ""},
	{"GET", "api/ole/exposurelog/exposures", ""}, {"GET", "api/ole/exposurelog/instruments", ""},
	{"GET", "api/ole/exposurelog/messages/", ""}, {"POST", "api/ole/exposurelog/messages/", "form"},
	{"GET", "api/ole/exposurelog/messages/1/", ""}, {"PUT", "api/ole/exposurelog/messages/1/", "form"}, {"DELETE", "api/ole/exposurelog/messages/1/", ""},
	{"GET", "api/ole/narrativelog/messages/", ""}, {"POST", "api/ole/narrativelog/messages/", "form"},
	{"GET", "api/ole/narrativelog/messages/1/", ""}, {"PUT", "api/ole/narrativelog/messages/1/", "form"}, {"DELETE", "api/ole/narrativelog/messages/1/", ""},
	{"GET", "api/ole/nightreport/reports/", ""}, {"POST", "api/ole/nightreport/reports/", someReport},
	{"GET", "api/ole/nightreport/reports/1/", ""}, {"PUT", "api/ole/nightreport/reports/1/", someReport}, {"DELETE", "api/ole/nightreport/reports/1/", ""},
	{"POST", "api/ole/nightreport/send/1/", `{"day_obs": 20260313}`},
	{"GET", "api/jira/report/OBS/", ""},
	{"GET", "redirect/dashboards/summit/M1M3_Actuator_Forces?id=101&lower=2026-03-14T01:00:00&upper=2026-03-14T02:00:00", ""},
}

const someReport = `{"day_obs": 20260313, "summary": " s ", "weather": "w", "maintel_summary": "m", "auxtel_summary": "a", "confluence_url": "", "observers_crew": ["Ada"]}`

func (h *harness) request(user, method, path, body string) response {
	if body == "form" {
		contentType, form := formData{values: map[string]string{"message_text": "x", "obs_id": "a"}}.encode(h.t)
		return h.call(user, method, path, contentType, form)
	}
	return h.call(user, method, path, "application/json", body)
}

func TestEveryPathIsDocumentedAndTested(t *testing.T) {
	h := newHarness(t)
	doc, err := document()
	require.NoError(t, err)
	served, tested := map[string][]string{}, map[string]int{}
	for _, r := range h.routes {
		for method := range r.Methods {
			served[r.Path] = append(served[r.Path], method)
		}
	}
	documented := doc.Routes("external")
	for path, methods := range documented {
		require.ElementsMatch(t, methods, served[path], path)
		tested[path] = len(methods)
	}
	require.Len(t, served, len(documented))
	n := 0
	for _, count := range tested {
		n += count
	}
	require.Len(t, requests, n)
}

func TestEveryPathButTheDashboardNeedsALogIn(t *testing.T) {
	h := newHarness(t)
	for _, r := range requests {
		got := h.request("", r.method, r.path, r.body)
		if strings.HasPrefix(r.path, "redirect/") {
			require.Equal(t, 302, got.StatusCode)
			continue
		}
		h.requireJSON(got, 401, `{"detail": "Authentication credentials were not provided."}`)
	}
	require.Empty(t, h.commander.asked())
	require.Empty(t, h.logs.asked())
}

func TestOnlyTelescopeControlNeedsThePermissionToCommand(t *testing.T) {
	h := newHarness(t)
	for _, r := range requests {
		got := h.request("user", r.method, r.path, r.body)
		if r.method == "POST" && strings.HasPrefix(r.path, "api/tcs/") {
			h.requireJSON(got, 403, `{"ack": "Your user is not allowed to command the observatory."}`)
			require.NotEqual(t, 403, h.request("cmd_user", r.method, r.path, r.body).StatusCode)
			continue
		}
		require.NotContains(t, []int{401, 403, 405}, got.StatusCode, r.path)
	}
}

func TestAPathWithoutTheSlashThatItNeedsIsRedirected(t *testing.T) {
	h := newHarness(t)
	got := h.get("ole/nightreport/reports?order_by=-date_added")
	require.Equal(t, 301, got.StatusCode)
	require.Equal(t, "/manager/api/ole/nightreport/reports/?order_by=-date_added", got.Header.Get("Location"))
	require.Equal(t, 405, h.send("POST", "ole/exposurelog/exposures", "{}").StatusCode)
}

func TestWhatIsNotConfiguredIsNamed(t *testing.T) {
	h := newHarness(t, func(c *external.Config) { *c = external.Config{} })
	for _, r := range requests {
		got := h.request("cmd_user", r.method, r.path, r.body)
		if strings.HasPrefix(r.path, "redirect/") {
			continue
		}
		h.requireProblem(got, 503, "This manager has no ")
		setting := "OLE_API_HOSTNAME"
		switch {
		case strings.HasPrefix(r.path, "api/jira"):
			setting = "JIRA_API_HOSTNAME"
		case !strings.HasPrefix(r.path, "api/ole"):
			setting = "COMMANDER_HOSTNAME"
		}
		require.Contains(t, got.body, setting)
	}
}

func TestSettingsThatAreWrongAreNamed(t *testing.T) {
	for text, c := range map[string]external.Config{
		"commander":        {Commander: "ftp://x"},
		"the log services": {Logs: "http://user:secret@x"},
		"Jira":             {Jira: external.Jira{Host: "http://"}},
	} {
		_, err := external.New(c)
		require.ErrorContains(t, err, text)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestADashboardIsThatOfTheSiteAndTheActuator(t *testing.T) {
	h := newHarness(t)
	at := func(site, query string) response {
		return h.call("", "GET", "redirect/dashboards/"+site+"/M1M3_Actuator_Forces?"+query, "", "")
	}
	const times = "&lower=2026-03-14T01:00:00&upper=2026-03-14T02:00:00"
	for id, want := range map[string][4]string{ // x, y, z, s
		"101": {"0", "0", "101", "0"}, "102": {"0", "102", "102", "102"}, "112": {"112", "0", "112", "112"}, "443": {"0", "0", "443", "0"},
		"228": {"228", "0", "228", "228"}, "313": {"0", "313", "313", "313"}, "407": {"0", "0", "407", "0"},
	} {
		got := at("summit", "id="+id+times)
		require.Equal(t, 302, got.StatusCode)
		to, err := got.Location()
		require.NoError(t, err)
		require.Equal(t, "https://summit-lsp.lsst.codes/chronograf/sources/1/dashboards/199", "https://"+to.Host+to.Path)
		q := to.Query()
		require.Equal(t, want, [4]string{q.Get("tempVars[x_index]"), q.Get("tempVars[y_index]"), q.Get("tempVars[z_index]"), q.Get("tempVars[s_index]")})
		require.Equal(t, "Paused 2026-03-14T01:00:00Z 2026-03-14T02:00:00Z", q.Get("refresh")+" "+q.Get("lower")+" "+q.Get("upper"))
	}
	require.Contains(t, at("usdf", "id=101"+times).Header.Get("Location"), "https://usdf-rsp.slac.stanford.edu/chronograf/sources/1/dashboards/61?")
	for _, bad := range []string{"id=100", "id=144", "id=206", "id=213", "id=226", "id=501", "id=x", ""} {
		require.Equal(t, 400, at("summit", bad+times).StatusCode, bad)
	}
	require.Equal(t, 400, at("summit", "id=101&lower=2026-03-14T01:00:00").StatusCode)
	require.Equal(t, 400, at("tucson", "id=101"+times).StatusCode)
	count := 0
	for id := range 600 {
		if at("summit", fmt.Sprintf("id=%d", id)+times).StatusCode == 302 {
			count++
		}
	}
	require.Equal(t, 156, count)
}
