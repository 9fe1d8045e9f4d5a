package efdhttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/efdhttp"
)

func TestWhatIsWrongWithARequestIsSaid(t *testing.T) {
	const (
		plot = `"efd_instance":"summit_efd","start_date":"2026-03-14T02:00:00","time_window":15,"resample":"1min"`
		cscs = `,"cscs":{"ATDome":{"0":{"position":["azimuthPosition"]}}}`
		logs = `"efd_instance":"summit_efd","start_date":"2026-03-14T02:00:00","end_date":"2026-03-14T03:00:00"`
	)
	without := func(body, part string) string { return strings.Replace(body, part, `"x":1`, 1) }
	eachSource(t, observed(), func(t *testing.T, api http.Handler) {
		for name, c := range map[string]struct{ path, body, want string }{
			"half a JSON":             {"timeseries", `{"efd_instance":`, "The request is not a JSON object"},
			"nothing":                 {"timeseries", ` `, "The request is not a JSON object"},
			"a list":                  {"timeseries", `[]`, "The request is not a JSON object."},
			"a key twice":             {"timeseries", `{"num":1,"num":2}`, `the key "num" occurs twice`},
			"no instance":             {"timeseries", `{}`, `"efd_instance" is missing: give a text, such as "summit_efd".`},
			"another instance":        {"timeseries", `{` + strings.Replace(plot, "summit_efd", "usdf", 1) + cscs + `}`, `There is no EFD "usdf" here: known are summit_efd.`},
			"no date":                 {"timeseries", `{` + without(plot, `"start_date":"2026-03-14T02:00:00"`) + cscs + `}`, `"start_date" is missing`},
			"a date that is none":     {"timeseries", `{` + strings.Replace(plot, "2026-03-14T02", "14.3.2026", 1) + cscs + `}`, `is not a time: write it as 2026-03-14T01:59:26.`},
			"a date that is a number": {"timeseries", `{` + strings.Replace(plot, `"2026-03-14T02:00:00"`, "5", 1) + cscs + `}`, `"start_date" must be a text`},
			"a date before 1970":      {"timeseries", `{` + strings.Replace(plot, "2026", "1950", 1) + cscs + `}`, `1970`},
			"no window":               {"timeseries", `{` + without(plot, `"time_window":15`) + cscs + `}`, `"time_window" is missing`},
			"a negative window":       {"timeseries", `{` + strings.Replace(plot, `15`, `-15`, 1) + cscs + `}`, `"time_window" must be a number from 1 to`},
			"a window of centuries":   {"timeseries", `{` + strings.Replace(plot, `15`, `1e300`, 1) + cscs + `}`, `"time_window" must be a number from 1 to`},
			"years in minutes":        {"timeseries", `{` + strings.Replace(plot, `15`, `5000000`, 1) + cscs + `}`, `more than the 100000 of an answer: give wider bins in "resample" or a shorter "time_window".`},
			"no rule":                 {"timeseries", `{` + without(plot, `"resample":"1min"`) + cscs + `}`, `"resample" is missing`},
			"months":                  {"timeseries", `{` + strings.Replace(plot, `1min`, `1ME`, 1) + cscs + `}`, `"resample": "1ME" is not the width of bins`},
			"a rule of nothing":       {"timeseries", `{` + strings.Replace(plot, `1min`, `0s`, 1) + cscs + `}`, `"resample": "0s" is not the width of bins`},
			"an injected rule":        {"timeseries", `{` + strings.Replace(plot, `1min`, `1s); DROP`, 1) + cscs + `}`, `is not the width of bins`},
			"no topics":               {"timeseries", `{` + plot + `}`, `"cscs" is missing: give {"CSC": {"INDEX": {"TOPIC": ["FIELD"]}}}.`},
			"topics in a list":        {"timeseries", `{` + plot + `,"cscs":["ATDome"]}`, `"cscs" must be {"CSC": {"INDEX": {"TOPIC": ["FIELD"]}}}.`},
			"an index that is none":   {"timeseries", `{` + plot + `,"cscs":{"ATDome":{"all":{"position":["x"]}}}}`, `ATDome: "all" is not the index of a component`},
			"every component":         {"logmessages", `{` + logs + `,"cscs":{"*":{"0":{"logevent_logMessage":[]}}}}`, `"*.logevent_logMessage" is not the name of a topic.`},
			"a field without a name":  {"timeseries", `{` + plot + `,"cscs":{"ATDome":{"0":{"position":[""]}}}}`, `has no name`},
			"many topics":             {"timeseries", `{` + plot + `,"cscs":{"ATDome":{` + numbered(600, `"%d":{"position":["x"]}`) + `}}}`, `"cscs" names 600 topics: give 500 at most.`},
			"many fields":             {"timeseries", `{` + plot + `,"cscs":{"ATDome":{"0":{"position":[` + numbered(101, `"x%d"`) + `]}}}}`, `ATDome.position has 101 fields: give 100 at most.`},
			"a mean of texts":         {"timeseries", `{` + plot + `,"cscs":{"ATDome":{"0":{"position":["azimuthPosition","mode"]}}}}`, `The field "mode" of ATDome-0-position is a text: only numbers have a mean.`},
			"no newest":               {"top_timeseries", `{"efd_instance":"summit_efd","num":0` + cscs + `}`, `"num" must be a number from 1 to 100000.`},
			"a cut that is none":      {"top_timeseries", `{"efd_instance":"summit_efd","time_cut":"now"` + cscs + `}`, `"time_cut": "now" is not a time`},
			"too many newest":         {"top_timeseries", `{"efd_instance":"summit_efd","num":90000,"cscs":{"ATDome":{"0":{"position":["a","b"]}}}}`, `give a smaller "num".`},
			"the end first":           {"logmessages", `{` + strings.Replace(logs, "T03", "T01", 1) + cscs + `}`, `"end_date" is before "start_date".`},
			"no end":                  {"logmessages", `{` + without(logs, `"end_date":"2026-03-14T03:00:00"`) + cscs + `}`, `"end_date" is missing`},
			"another scale":           {"logmessages", `{` + logs + `,"scale":"tt"` + cscs + `}`, `"scale" must be "utc" or "tai", not "tt".`},
		} {
			t.Run(name, func(t *testing.T) {
				w := ask(t, api, "/efd/"+c.path, c.body)
				require.Equal(t, 400, w.Code, w.Body)
				var answer struct{ Ack string }
				require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
				require.Contains(t, answer.Ack, c.want)
			})
		}
	})
}

// numbered returns a list of n items with numbers.
func numbered(n int, format string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return strings.Join(all, ",")
}

func TestAListHasNoMean(t *testing.T) {
	m := &history.Memory{}
	m.Add(record(night, group(love.CategoryTelemetry, "X", 0, "t"), `{"x":[1,2]}`))
	w := ask(t, efdhttp.New(efdhttp.Config{Sources: map[string]history.Source{"archive": m}}), "/efd/timeseries",
		`{"efd_instance":"archive","start_date":"2026-03-14T02:00:00","time_window":15,"resample":"1min","cscs":{"X":{"0":{"t":["x"]}}}}`)
	require.Equal(t, 400, w.Code)
	require.Contains(t, w.Body.String(), "is a list, whose elements are fields of their own (name0, name1, …)")
}

func TestOtherPathsAndMethods(t *testing.T) {
	api := efdhttp.New(efdhttp.Config{})
	for _, c := range []struct {
		method, path string
		status       int
		want         string
	}{
		{"GET", "/efd/timeseries", 405, "/efd/timeseries takes POST, not GET."},
		{"POST", "/efd/efd_clients", 405, "/efd/efd_clients takes GET, not POST."},
		{"GET", "/efd/nothing", 404, "There is no /efd/nothing."},
		{"POST", "/efd/top_timeseries", 400, "No EFD and no archive is configured here."},
	} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(`{"efd_instance":"archive","cscs":{}}`)))
		require.Equal(t, c.status, w.Code)
		require.JSONEq(t, fmt.Sprintf(`{"ack":%q}`, c.want), w.Body.String())
		require.Equal(t, c.status == 405, w.Header().Get("Allow") != "")
	}
	w := ask(t, api, "/efd/timeseries", strings.Repeat("x", 2<<20))
	require.Equal(t, 413, w.Code)
	require.Len(t, efdhttp.Paths(), 4)
}

// failing is a source whose queries end in an error, once they are let.
type failing struct {
	history.Source
	err  error
	hold chan struct{} // nil: at once
}

func (f failing) Newest(ctx context.Context, _ history.NewestQuery) ([]history.Series, error) {
	select {
	case <-f.hold:
		return nil, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

const newest = `{"efd_instance":"summit_efd","cscs":{"X":{"0":{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]}}}}`

func TestASourceThatFailsIsSaidAndLogged(t *testing.T) {
	var log bytes.Buffer
	f := failing{err: fmt.Errorf("%w: the EFD: it refuses the user", history.ErrUnavailable), hold: make(chan struct{})}
	close(f.hold)
	api := efdhttp.New(efdhttp.Config{Sources: map[string]history.Source{"summit_efd": f}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	w := ask(t, api, "/efd/top_timeseries", newest)
	require.Equal(t, 400, w.Code)
	require.JSONEq(t, `{"ack":"The history is not available: the EFD: it refuses the user."}`, w.Body.String())
	require.Equal(t, 1, strings.Count(log.String(), "\n"))
	require.Contains(t, log.String(), "refuses the user")
}

func TestASourceThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := efdhttp.New(efdhttp.Config{Sources: map[string]history.Source{"summit_efd": failing{hold: make(chan struct{})}}})
		start := time.Now()
		w := ask(t, api, "/efd/top_timeseries", newest)
		require.Equal(t, 30*time.Second, time.Since(start))
		require.Equal(t, 400, w.Code)
		require.Contains(t, w.Body.String(), "there was no answer within 30s: ask for a shorter time, or for fewer topics.")
	})
}

func TestTooManyRequestsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := failing{err: errors.New("done"), hold: make(chan struct{})}
		api := efdhttp.New(efdhttp.Config{Sources: map[string]history.Source{"summit_efd": f}})
		answers := make(chan int)
		for range 64 {
			go func() { answers <- ask(t, api, "/efd/top_timeseries", newest).Code }()
		}
		synctest.Wait()
		w := ask(t, api, "/efd/top_timeseries", newest)
		require.Equal(t, 503, w.Code)
		require.Equal(t, "2", w.Header().Get("Retry-After"))
		require.Contains(t, w.Body.String(), "try again in a moment")
		close(f.hold)
		for range 64 {
			require.Equal(t, 400, <-answers)
		}
	})
}

func TestMoreRecordsThanAnAnswerMayHave(t *testing.T) {
	m := &history.Memory{}
	var all []history.Record
	for n := range 20_001 {
		all = append(all, record(night.Add(time.Duration(n)), group(love.CategoryEvent, "X", 0, "logMessage"), `{"level":%d}`, n))
	}
	m.Add(all...)
	api := efdhttp.New(efdhttp.Config{Sources: map[string]history.Source{"archive": m}})
	body := `{"efd_instance":"archive","start_date":"%s","end_date":"2026-03-14T03:00:00","cscs":{"X":{"0":{"logevent_logMessage":["level"]}}}}`
	w := ask(t, api, "/efd/logmessages", fmt.Sprintf(body, "2026-03-14T01:00:00"))
	require.Equal(t, 400, w.Code)
	require.Contains(t, w.Body.String(), "more than 20000 records")
	w = ask(t, api, "/efd/logmessages", fmt.Sprintf(body, "2026-03-14T01:59:26.535897001"))
	require.Equal(t, 200, w.Code, "all pages")
	var answer map[string][]struct{ Level int }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Len(t, answer["X-0-logevent_logMessage"], 20_000)
	require.Equal(t, 20_000, answer["X-0-logevent_logMessage"][0].Level, "newest first")
}
