package external_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/external"
)

// jiraTakes makes Jira take new tickets, as OBS-7, comments on OBS-3, and its time lost,
// of which 1.5 h are there.
func (h *harness) jiraTakes() {
	h.jira.answer("POST /rest/api/latest/issue/", 201, `{"id": "1", "key": "OBS-7"}`)
	h.jira.answer("POST /rest/api/latest/issue/OBS-3/comment", 201, `{"id": "1"}`)
	h.jira.answer("GET /rest/api/latest/issue/OBS-3", 200, `{"fields": {"customfield_10106": 1.5}}`)
	h.jira.answer("PUT /rest/api/latest/issue/OBS-3", 204, "")
}

func TestAMessageMakesATicket(t *testing.T) {
	h := newHarness(t)
	h.jiraTakes()
	h.keepsFiles()
	f := formData{
		values: map[string]string{
			"message_text": "The dome *stopped*.", "date_begin": "2026-03-14T01:59:26.535", "date_end": "2026-03-14T02:10:00.000", "time_lost": "0.25",
			"jira": "true", "jira_new": "true", "jira_issue_title": "Dome", "jira_obs_selection": `{"selection": [[{"name": "AuxTel", "id": "1"}]]}`,
			"urls": "http://a.example",
		},
		files: map[string]string{"plot.png": "1"},
	}
	h.requireJSON(h.sendForm("POST", narratives, f), 200, `{"path": "/narrativelog/messages"}`)
	asked := h.jira.only(t)
	require.Equal(t, "POST /rest/api/latest/issue/", asked.method+" "+asked.path)
	require.Equal(t, "Basic "+jiraToken, asked.header.Get("Authorization"))
	require.JSONEq(t, `{"fields": {"project": {"id": "10063"}, "issuetype": {"id": "10065"}, "summary": "Dome", "customfield_10106": 0.25,
		"customfield_10476": {"selection": [[{"name": "AuxTel", "id": "1"}]]},
		"description": "*Author:* user@summit.example (LOVE)\n*From:* 2026-03-14 01:59:26 UTC\n*To:* 2026-03-14 02:10:00 UTC\n*File:* http://lfa.example/plot.png\n\nThe dome *stopped*."}}`, asked.body)
	require.Equal(t, []any{h.jira.URL + "/browse/OBS-7", "http://a.example", "http://lfa.example/plot.png"}, decoded(t, h.logs.only(t).body)["urls"])

	h.sendForm("POST", exposures, formData{values: map[string]string{
		"obs_id": "a,b", "instrument": "LATISS", "exposure_flag": "junk", "message_text": "x", "jira": "true", "jira_new": "true",
	}})
	fields := decoded(t, h.jira.only(t).body)["fields"].(map[string]any)
	require.Equal(t, "LOVE: exposure log", fields["summary"])
	require.Equal(t, "*Author:* user@summit.example (LOVE)\n*Observations:* a, b\n*Instrument:* LATISS\n*Exposure flag:* junk\n\nx", fields["description"])
	require.Equal(t, 0.0, fields["customfield_10106"])
}

func TestAMessageCommentsOnATicketAndAddsTheTimeLost(t *testing.T) {
	h := newHarness(t)
	h.jiraTakes()
	comment := func(issue, timeLost string) response {
		return h.sendForm("PUT", narratives+"1/", formData{values: map[string]string{
			"message_text": "again", "jira": "true", "jira_new": "false", "jira_issue_id": issue, "time_lost": timeLost,
		}})
	}
	h.requireJSON(comment("OBS-3", "0.25"), 200, `{"path": "/narrativelog/messages/1"}`)
	asked := h.jira.asked()
	require.Len(t, asked, 3)
	require.JSONEq(t, `{"body": "*Author:* user@summit.example (LOVE)\n\nagain"}`, asked[0].body)
	require.JSONEq(t, `{"fields": {"customfield_10106": 1.75}}`, asked[2].body)
	require.Equal(t, []any{h.jira.URL + "/browse/OBS-3"}, decoded(t, h.logs.only(t).body)["urls"])

	h.jira.answer("GET /rest/api/latest/issue/OBS-3", 200, `{"fields": {"customfield_10106": null}}`)
	comment("OBS-3", "2")
	require.JSONEq(t, `{"fields": {"customfield_10106": 2}}`, h.jira.asked()[5].body)
	comment("OBS-3", "0")
	require.Len(t, h.jira.asked(), 7, "nothing to add")
	h.jira.answer("POST /rest/api/latest/issue/DM-1/comment", 201, `{}`)
	comment("DM-1", "1")
	require.Len(t, h.jira.asked(), 8, "other projects have no such field")

	h.jira.answer("PUT /rest/api/latest/issue/OBS-3", 400, `{"errors": {"customfield_10106": "not on this screen"}}`)
	got := comment("OBS-3", "1")
	h.requireProblem(got, 502, "customfield_10106: not on this screen.")
	h.requireProblem(got, 502, "The comment on OBS-3 is written, but not the time that was lost")
}

func TestJiraThatRefusesATicketStopsTheMessage(t *testing.T) {
	h := newHarness(t)
	f := formData{values: map[string]string{"obs_id": "a", "jira": "true", "jira_new": "true"}}
	for _, c := range []struct {
		status int
		body   string
		want   int
		text   string
	}{
		{400, `{"errorMessages": ["Bad"], "errors": {"summary": "too long", "b": {"c": 1}}}`, 400, `Jira refused the ticket (status 400): Bad; b: {"c": 1}; summary: too long. The message is not written.`},
		{403, `{}`, 502, "Jira refused the ticket (status 403): {}."},
		{401, `{}`, 502, "does not know this manager's credentials"},
		{201, `{"key": "../x"}`, 502, "Jira refused"},
		{500, `<html>`, 502, "no JSON"},
	} {
		h.jira.answer("POST /rest/api/latest/issue/", c.status, c.body)
		h.requireProblem(h.sendForm("POST", exposures, f), c.want, c.text)
	}
	f.values["jira_new"], f.values["jira_issue_id"] = "false", "OBS-404"
	h.jira.answer("POST /rest/api/latest/issue/OBS-404/comment", 404, `{"errorMessages": ["Issue does not exist"]}`)
	h.requireProblem(h.sendForm("POST", exposures, f), 400, "Jira refused the comment (status 404): Issue does not exist.")
	h.requireProblem(h.sendForm("POST", exposures, formData{values: map[string]string{"obs_id": "a", "jira": "true", "jira_issue_id": "OBS-1/../../x"}}), 400, "is not a Jira ticket")
	require.Empty(t, h.logs.asked())
}

func TestAMessageThatFailsAfterItsTicketSaysSo(t *testing.T) {
	h := newHarness(t)
	h.jiraTakes()
	h.logs.on("POST /exposurelog/messages", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(422)
		_, _ = io.WriteString(w, `{"detail": "level is missing"}`)
	})
	got := h.sendForm("POST", exposures, formData{values: map[string]string{"obs_id": "a", "jira": "true", "jira_new": "true"}})
	h.requireProblem(got, 502, "level is missing")
	h.requireProblem(got, 502, "the ticket is written ("+h.jira.URL+"/browse/OBS-7), and the message is not written.")
}

func TestJiraNeedsItsToken(t *testing.T) {
	h := newHarness(t, func(c *external.Config) { c.Jira.Token = "" })
	f := formData{values: map[string]string{"obs_id": "a", "jira": "true", "jira_new": "true"}}
	h.requireProblem(h.sendForm("POST", exposures, f), 503, "JIRA_API_TOKEN")
	h.requireProblem(h.get("jira/report/OBS/"), 503, "JIRA_API_TOKEN")
	require.Empty(t, h.jira.asked())
}

func TestFaultsAreThoseOfANight(t *testing.T) {
	h := newHarness(t)
	h.jira.answer("GET /rest/api/latest/myself", 200, `{"timeZone": "America/Santiago"}`)
	pages := 0
	h.jira.on("GET /rest/api/latest/search/jql", func(w http.ResponseWriter, r *http.Request) {
		if pages++; pages == 1 {
			_, _ = io.WriteString(w, `{"nextPageToken": "t", "issues": [{"key": "OBS-1", "fields": {"summary": "Dome", "created": "2026-03-13T22:00:00.000-0300",
				"creator": {"displayName": "Ada"}, "customfield_10106": 0.5, "customfield_10476": {"selection": [[{"name": "AuxTel"}, {"name": "ATDome"}]]}}}]}`)
			return
		}
		if r.URL.Query().Get("nextPageToken") != "t" {
			panic(r.URL.RawQuery)
		}
		_, _ = io.WriteString(w, `{"issues": [{"key": "OBS-2", "fields": {"summary": "x", "created": "c", "creator": null, "customfield_10106": null, "customfield_10476": null}}]}`)
	})
	h.requireJSON(h.get("jira/report/OBS/?day_obs=20260313"), 200, `[
		{"key": "OBS-1", "summary": "Dome", "time_lost": 0.5, "reporter": "Ada", "created": "2026-03-13T22:00:00", "systems": ["AuxTel", "ATDome"]},
		{"key": "OBS-2", "summary": "x", "time_lost": 0, "reporter": "", "created": "c", "systems": []}]`)
	asked := h.jira.asked()
	require.Contains(t, asked[1].query, "jql=project+%3D+OBS+AND+created+%3E%3D+%222026-03-13+09%3A00%22+AND+created+%3C+%222026-03-14+09%3A00%22")
	pages = 0
	require.Equal(t, 200, h.get("jira/report/OBS/").StatusCode)
	require.Equal(t, asked[1].query, h.jira.asked()[4].query, "today's by default")

	h.requireProblem(h.get("jira/report/OBS/?day_obs=2026-03-13"), 400, "day_obs")
	h.requireProblem(h.get("jira/report/DM/"), 400, "DM")
	h.jira.answer("GET /rest/api/latest/search/jql", 400, `{"errorMessages": ["bad JQL"]}`)
	h.requireProblem(h.get("jira/report/OBS/"), 400, "bad JQL")
	h.jira.answer("GET /rest/api/latest/myself", 200, `{"timeZone": "Nowhere/Land"}`)
	h.requireProblem(h.get("jira/report/OBS/"), 502, "Nowhere/Land")
}
