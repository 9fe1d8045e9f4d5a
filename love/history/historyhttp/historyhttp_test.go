package historyhttp_test

import (
	"encoding/json"
	"fmt"
	"io"

	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/history/historyhttp"
)

func TestEveryPathIsDocumented(t *testing.T) {
	doc, err := document()
	require.NoError(t, err)
	served := map[string][]string{}
	for _, r := range historyhttp.New(historyhttp.Config{}).Routes() {
		for method := range r.Methods {
			served[r.Path] = append(served[r.Path], method)
		}
	}
	require.Equal(t, doc.Routes("history"), served)
}

func TestOnlyThoseWhoHaveLoggedInMayAsk(t *testing.T) {
	h := newHarness(t, map[string]history.Source{"memory": memory()}, historyhttp.Limits{})
	for _, path := range []string{"streams/", "series/", "events/", "download/"} {
		require.Equal(t, 401, h.ask("GET", path, "").StatusCode)
		require.Equal(t, 405, h.ask("POST", path, h.token).StatusCode)
	}
	require.Equal(t, 200, h.get("streams").StatusCode, "it is redirected")
}

func TestAManagerWithoutAPastHasNoHistory(t *testing.T) {
	require.Equal(t, 404, newHarness(t, nil, historyhttp.Limits{}).get("streams/").StatusCode)
}

func TestStreamsAreThoseOfASource(t *testing.T) {
	h := newHarness(t, map[string]history.Source{
		"memory": memory(record(position, 0, `{"a":1}`), record(position, 60, `{"a":2}`), record(logs, 1, `{"m":"x"}`)), "summit": memory(),
	}, historyhttp.Limits{})
	h.mustGet(`{"source":"memory","sources":["memory","summit"],"streams":[
		{"group":"event-MTMount-1-logMessage","messages":1,"first":"2026-03-14T03:00:01Z","last":"2026-03-14T03:00:01Z"},
		{"group":"telemetry-ATDome-0-position","messages":2,"first":"2026-03-14T03:00:00Z","last":"2026-03-14T03:01:00Z"}]}`, "streams/")
	h.mustGet(`{"source":"memory","sources":["memory","summit"],"streams":[
		{"group":"event-MTMount-1-logMessage","messages":1,"first":"2026-03-14T03:00:01Z","last":"2026-03-14T03:00:01Z"}]}`, "streams/", "csc", "MTMount")
	h.mustGet(`{"source":"summit","sources":["memory","summit"],"streams":[]}`, "streams/", "source", "summit")
}

func TestSeriesAreSamplesOrBinsThatKeepEveryPeak(t *testing.T) {
	var records []history.Record
	for n := range 100 {
		v := "1.50"
		if n == 42 {
			v = "1e6"
		}
		records = append(records, record(position, n, `{"a":{"value":`+v+`,"units":"deg"},"b":NaN,"list":[1,2]}`))
	}
	records = append(records, record(state, 5, `{"summaryState":{"value":2}}`), record(logs, 5, `{"m":"x"}`))
	h := newHarness(t, map[string]history.Source{"memory": memory(records...)}, historyhttp.Limits{})
	span := func(query ...string) []string {
		return append([]string{"csc", "ATDome", "topic", "position", "from", "2026-03-14T03:00:00Z", "to", "2026-03-14T03:01:40Z"}, query...)
	}
	h.mustGet(`{"source":"memory","group":"telemetry-ATDome-0-position","from":"2026-03-14T03:00:00Z","to":"2026-03-14T03:01:40Z","series":[
		{"field":"a","every":50,"bins":[
			{"start":"2026-03-14T03:00:00Z","count":50,"min":1.5,"max":1000000,"mean":20001.47,"last":1.50},
			{"start":"2026-03-14T03:00:50Z","count":50,"min":1.5,"max":1.5,"mean":1.5,"last":1.50}]},
		{"field":"b","every":50,"bins":[
			{"start":"2026-03-14T03:00:00Z","count":50,"min":null,"max":null,"mean":null,"last":null},
			{"start":"2026-03-14T03:00:50Z","count":50,"min":null,"max":null,"mean":null,"last":null}]}
	]}`, "series/", span("field", "a", "field", "b", "points", "2")...)
	h.mustGet(`{"source":"memory","group":"telemetry-ATDome-0-position","from":"2026-03-14T03:00:42Z","to":"2026-03-14T03:00:43.5Z","series":[
		{"field":"a","samples":[{"time":"2026-03-14T03:00:42Z","value":1e6},{"time":"2026-03-14T03:00:43Z","value":1.50}]},
		{"field":"list1","samples":[{"time":"2026-03-14T03:00:42Z","value":2},{"time":"2026-03-14T03:00:43Z","value":2}]}
	]}`, "series/", "csc", "ATDome", "salindex", "0", "topic", "position", "field", "a,list1", "from", fmt.Sprint(night.Unix()+42), "to", fmt.Sprint(night.Unix()+43)+".5")
	h.mustGet(`{"source":"memory","group":"event-ATDome-0-summaryState","from":"2026-03-14T03:00:00Z","to":"2026-03-14T04:00:00Z","series":[
		{"field":"summaryState","samples":[{"time":"2026-03-14T03:00:05Z","value":2}]}
	]}`, "series/", "csc", "ATDome", "topic", "logevent_summaryState", "field", "summaryState", "to", "2026-03-14T04:00:00Z")
	h.mustGet(`{"source":"memory","group":"telemetry-ATDome-0-position","from":"2025-03-14T03:00:00Z","to":"2025-03-14T04:00:00Z","series":[
		{"field":"a","samples":[]}
	]}`, "series/", "csc", "ATDome", "topic", "position", "field", "a", "to", "2025-03-14T04:00:00Z")
	for _, unknown := range [][]string{span("field", "x"), {"csc", "ATDome", "salindex", "7", "topic", "position", "field", "a"}, {"csc", "ATDome", "topic", "logevent_position", "field", "a"}} {
		got := h.get("series/", unknown...)
		require.Equal(t, 404, got.StatusCode, got.body)
		require.Contains(t, got.body, "Unknown")
	}
}

func TestTheDefaultSpanIsTheLastHour(t *testing.T) {
	now := time.Now()
	old := history.Record{Time: now.Add(-2 * time.Hour), Group: position, Fields: love.RawValue(`{"a":1}`)}
	young := history.Record{Time: now.Add(-time.Minute), Group: position, Fields: love.RawValue(`{"a":2}`)}
	h := newHarness(t, map[string]history.Source{"memory": memory(old, young)}, historyhttp.Limits{})
	got := h.get("series/", "csc", "ATDome", "topic", "position", "field", "a")
	require.Equal(t, 1, strings.Count(got.body, `"value"`), got.body)
}

func TestEventsComeInPages(t *testing.T) {
	var records []history.Record
	for n := range 25 {
		records = append(records, record(state, n, fmt.Sprintf(`{"n":%d,"x":NaN}`, n)), record(position, n, `{"a":1}`))
	}
	records = append(records, record(logs, 30, `{"m":"x"}`))
	h := newHarness(t, map[string]history.Source{"memory": memory(records...)}, historyhttp.Limits{})
	ask := func(query ...string) (groups []string, next string) {
		got := h.get("events/", append(query, "from", "2026-03-14T03:00:00Z", "to", "2026-03-14T03:01:00Z")...)
		require.Equal(t, 200, got.StatusCode, got.body)
		var page history.Page
		require.NoError(t, json.Unmarshal([]byte(got.body), &page))
		for _, r := range page.Records {
			groups = append(groups, r.Group.String()+string(r.Fields))
		}
		return groups, page.Next
	}
	var all []string
	for next := ""; ; {
		query := []string{"csc", "ATDome", "limit", "10"}
		if next != "" {
			query = append(query, "before", next)
		}
		var page []string
		page, next = ask(query...)
		require.LessOrEqual(t, len(page), 10)
		all = append(all, page...)
		if next == "" {
			break
		}
	}
	require.Len(t, all, 25, "no telemetry")
	for i, text := range all {
		require.Equal(t, fmt.Sprintf(`event-ATDome-0-summaryState{"n":%d,"x":null}`, 24-i), text)
	}
	groups, _ := ask("topic", "logevent_logMessage", "topic", "position,logevent_nothing", "limit", "2")
	require.Equal(t, []string{`event-MTMount-1-logMessage{"m":"x"}`, `telemetry-ATDome-0-position{"a":1}`}, groups)
	groups, next := ask("salindex", "1")
	require.Equal(t, []string{`event-MTMount-1-logMessage{"m":"x"}`}, groups)
	require.Empty(t, next)
}

func TestADownloadIsAFileOfASpan(t *testing.T) {
	var records []history.Record
	for n := range 100 {
		records = append(records, record(position, n, fmt.Sprintf(`{"n":%d}`, n)), record(state, n, `[{}]`))
	}
	h := newHarness(t, map[string]history.Source{"local": newArchive(t, records...), "memory": memory()}, historyhttp.Limits{})
	span := []string{"from", "2026-03-14T03:00:10Z", "to", "2026-03-14T03:00:20Z"}
	got := h.get("download/", append(span, "groups", "telemetry-*-*-*")...)
	require.Equal(t, 200, got.StatusCode, got.body)
	require.Equal(t, `attachment; filename="love-20260314T030010Z-20260314T030020Z.mcap"`, got.Header.Get("Content-Disposition"))
	path := filepath.Join(t.TempDir(), "x.mcap")
	require.NoError(t, os.WriteFile(path, []byte(got.body), 0o600))
	f, err := archive.OpenFile(path)
	require.NoError(t, err)
	require.True(t, f.Closed())
	n := 10
	for m, err := range f.Messages(t.Context(), history.Span{}) {
		require.NoError(t, err)
		require.Equal(t, position, m.Group)
		require.Equal(t, fmt.Sprintf(`{"n":%d}`, n), string(m.Value))
		n++
	}
	require.Equal(t, 20, n)
	require.Greater(t, len(h.get("download/", span...).body), len(got.body), "all streams")
	head := h.ask("HEAD", "download/", h.token, span...)
	require.Equal(t, 200, head.StatusCode)
	require.Equal(t, "application/octet-stream", head.Header.Get("Content-Type"))
	refused := h.get("download/", "source", "memory")
	require.Equal(t, 400, refused.StatusCode)
	require.JSONEq(t, `{"source":["Only an archive can be downloaded from."]}`, refused.body)
}

func TestADownloadThatFailsOnTheWayIsBrokenOff(t *testing.T) {
	h := newHarness(t, map[string]history.Source{"begun": &fake{exported: "the beginning", err: errFailed}, "failed": &fake{err: errFailed}}, historyhttp.Limits{})
	resp, err := h.manager.HTTP.Do(h.request(t.Context(), "GET", "download/?source=begun", h.token))
	if err == nil {
		defer resp.Body.Close()
		_, err = io.ReadAll(resp.Body)
	}
	require.Error(t, err, "a client notices")
	require.Equal(t, 500, h.get("download/", "source", "failed").StatusCode, "nothing was sent yet")
}

func TestWrongParametersAreNamed(t *testing.T) {
	h := newHarness(t, map[string]history.Source{"memory": memory(record(position, 0, `{"a":1}`)), "b": memory()}, historyhttp.Limits{Span: 2 * time.Hour, DownloadSpan: time.Hour})
	series := []string{"csc", "ATDome", "topic", "position", "field", "a"}
	for _, c := range []struct {
		path  string
		query []string
		body  string
	}{
		{"streams/", []string{"cscs", "x"}, `{"cscs":["There is no such parameter."]}`},
		{"streams/", []string{"source", "x"}, `{"source":["There is no such source: there are b, memory."]}`},
		{"streams/", []string{"csc", ""}, `{"csc":["Give a value, or leave it out."]}`},
		{"series/", nil, `{"csc":["This parameter is required."],"topic":["This parameter is required."],"field":["This parameter is required."]}`},
		{"series/", append(series, "csc", "x"), `{"csc":["Give it once."]}`},
		{"series/", append(series, "points", "0"), `{"points":["Give a number from 1 to 100000."]}`},
		{"series/", append(series, "points", "100001"), `{"points":["Give a number from 1 to 100000."]}`},
		{"series/", append(series, "field", "b", "points", "50001"), `{"points":["With 2 fields, give 50000 at most."]}`},
		{"series/", append(series, "field", "a,,b"), `{"field":["A value is empty."]}`},
		{"series/", append(series, "from", "yesterday"), `{"from":["Give a time such as 2026-03-14T01:59:26.5Z, or seconds since 1970."]}`},
		{"series/", append(series, "from", "2026-03-14T00:00:00Z", "to", "2026-03-14T02:00:01Z"), `{"from":["The span is longer than 2 hours: ask for parts of it."]}`},
		{"series/", append(series, "from", "2026-03-14T00:00:01Z", "to", "2026-03-14T00:00:00Z"), `{"detail":"Not a valid query: the span begins at 2026-03-14T00:00:01Z and ends at 2026-03-14T00:00:00Z: give a \"from\" before \"to\"."}`},
		{"series/", []string{"csc", "ATDome", "topic", "*", "field", "a"}, `{"detail":"Not a valid query: \"telemetry-ATDome-0-*\" is not one stream: give a name for each of its parts, such as telemetry-ATDome-0-position."}`},
		{"events/", []string{"limit", "1001"}, `{"limit":["Give a number from 1 to 1000."]}`},
		{"events/", []string{"before", "x"}, `{"detail":"Not a valid query: \"before\" is \"x\": give the \"next\" of a page."}`},
		{"download/", []string{"groups", "x", "from", "2026-03-14T00:00:00Z", "to", "2026-03-14T02:00:00Z", "source", "memory"},
			`{"source":["Only an archive can be downloaded from."],"groups":["\"x\" is not a group: give some such as telemetry-ATDome-0-position or event-*-*-*."],"from":["The span is longer than 1 hours: ask for parts of it."]}`},
	} {
		got := h.get(c.path, append([]string{}, withSource(c.query)...)...)
		require.Equal(t, 400, got.StatusCode, "%s %v: %s", c.path, c.query, got.body)
		require.JSONEq(t, c.body, got.body, "%s %v", c.path, c.query)
	}
	for _, text := range []string{"-1", "1.0000000001", "1.x", "1e3", "99999999999", "NaN", "", "2026-03-14", "1.-5"} {
		require.Equal(t, 400, h.get("events/", "to", text, "source", "memory").StatusCode, text)
	}
	resp, err := h.manager.HTTP.Do(h.request(t.Context(), "GET", "events/?a=%zz", h.token))
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, 400, resp.StatusCode)
}

// withSource adds the source to a query that names none.
func withSource(query []string) []string {
	for i := 0; i < len(query); i += 2 {
		if query[i] == "source" {
			return query
		}
	}
	return append([]string{"source", "memory"}, query...)
}

func TestASourceThatDoesNotAnswerIsSaidSo(t *testing.T) {
	h := newHarness(t, map[string]history.Source{"memory": &fake{err: fmt.Errorf("%w: the EFD: connection refused", history.ErrUnavailable)}}, historyhttp.Limits{})
	got := h.get("streams/")
	require.Equal(t, 503, got.StatusCode)
	require.Equal(t, "30", got.Header.Get("Retry-After"))
	require.JSONEq(t, `{"detail":"The history is not available: the EFD: connection refused."}`, got.body)
	h = newHarness(t, map[string]history.Source{"memory": &fake{err: fmt.Errorf("%w: 10 million rows", history.ErrTooMuch)}}, historyhttp.Limits{})
	require.Equal(t, 400, h.get("events/").StatusCode)
	h = newHarness(t, map[string]history.Source{"memory": &fake{err: errFailed}}, historyhttp.Limits{})
	got = h.get("events/")
	require.Equal(t, 500, got.StatusCode)
	require.NotContains(t, got.body, errFailed.Error())
	h = newHarness(t, map[string]history.Source{"memory": memory(history.Record{Time: time.Now().Add(-time.Second), Group: state, Fields: love.RawValue("{\"a\":\"\xff\"}")})}, historyhttp.Limits{})
	require.Equal(t, 500, h.get("events/").StatusCode, "what is recorded is not UTF-8")
}

func TestQueriesUnderWayAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fake{hangs: true, asked: make(chan struct{}, 10)}
		h := newHarness(t, map[string]history.Source{"memory": source}, historyhttp.Limits{
			Queries: 3, UserQueries: 2, Downloads: 1, Wait: 2 * time.Second, Time: 20 * time.Second,
		}, inProcess)
		other := h.logIn("cmd_user")
		answers := make(chan answer, 10)
		for range 2 {
			go func() { answers <- h.get("streams/") }()
			<-source.asked
		}
		begin := time.Now()
		got := h.get("streams/")
		require.Equal(t, 503, got.StatusCode, "two of one user")
		require.Equal(t, 2*time.Second, time.Since(begin))
		require.Equal(t, "5", got.Header.Get("Retry-After"))
		go func() { answers <- h.ask("GET", "streams/", other) }()
		<-source.asked
		require.Equal(t, 503, h.ask("GET", "streams/", other).StatusCode, "three of all")
		go func() { answers <- h.get("download/") }()
		<-source.asked
		require.Equal(t, 503, h.get("download/").StatusCode)
		for range 3 {
			got := <-answers
			require.Equal(t, 503, got.StatusCode)
			require.Contains(t, got.body, "took too long")
		}
		require.Equal(t, 22*time.Second, time.Since(begin))
		source.release()
		require.Equal(t, 500, (<-answers).StatusCode, "downloads have no time limit")
		require.Equal(t, 500, h.get("streams/").StatusCode, "there is room again")
	})
}

func TestAQueryEndsWhenItsClientGoes(t *testing.T) {
	source := &fake{hangs: true, asked: make(chan struct{}, 1), ended: make(chan error, 1)}
	h := newHarness(t, map[string]history.Source{"memory": source}, historyhttp.Limits{})
	for _, path := range []string{"streams/", "download/"} {
		ctx, cancel := newContext(t)
		done := make(chan error, 1)
		go func() {
			resp, err := h.manager.HTTP.Do(h.request(ctx, "GET", path, h.token))
			if err == nil {
				resp.Body.Close()
			}
			done <- err
		}()
		<-source.asked
		cancel()
		require.Error(t, <-done)
		require.Error(t, <-source.ended)
	}
}
