package efdhttp_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// observed is what a dome and two hexapods did.
func observed() (all []history.Record) {
	position := group(love.CategoryTelemetry, "ATDome", 0, "position")
	log := group(love.CategoryEvent, "ATDome", 0, "logMessage")
	for n := range 4 {
		at := night.Add(time.Duration(n) * 20 * time.Second)
		if n == 3 {
			at = at.Add(2 * time.Minute)
		}
		all = append(all,
			record(at, position, `{"azimuthPosition":%d.5,"doors":[%d.25,%d.75],"serial":%d,"shutterOpen":%t,"mode":"m %d","private_sndStamp":1773453603.5}`, 10*n, n, n, 9007199254740993+n, n%2 == 0, n),
			record(at.Add(time.Millisecond), log, `{"level":%d,"message":"log \"%d\" añ","traceback":"","private_sndStamp":%d.5,"private_rcvStamp":%d.75}`, 10+n, n, 1773453603+n, 1773453603+n),
		)
	}
	state := func(csc string, index, n int, at time.Time) {
		all = append(all, record(at, group(love.CategoryEvent, csc, index, "summaryState"), `{"summaryState":%d}`, n))
	}
	state("ATDome", 0, 5, night.Add(-time.Hour))
	state("ATDome", 0, 2, night.Add(time.Minute))
	state("MTHexapod", 1, 1, night.Add(2*time.Minute))
	state("MTHexapod", 2, 3, night.Add(3*time.Minute))
	return all
}

func TestTheFrontendIsAnsweredAlikeByEverySource(t *testing.T) {
	type answers map[string]struct{ path, body, want string }
	calls := answers{
		"the lines of a plot": {
			"/efd/timeseries",
			`{"efd_instance":"summit_efd","start_date":"2026-03-14T02:00:00","time_window":15,"resample":"1min",
			  "cscs":{"ATDome":{"0":{"position":["azimuthPosition","doors1","azimuthPosition","shutterOpen"]}}}}`,
			`{"ATDome-0-position":{
			  "azimuthPosition":[{"ts":"2026-03-14 01:59:00+00:00","value":5.5},{"ts":"2026-03-14 02:00:00+00:00","value":20.5},{"ts":"2026-03-14 02:01:00+00:00","value":null},{"ts":"2026-03-14 02:02:00+00:00","value":30.5}],
			  "doors1":[{"ts":"2026-03-14 01:59:00+00:00","value":1.25},{"ts":"2026-03-14 02:00:00+00:00","value":2.75},{"ts":"2026-03-14 02:01:00+00:00","value":null},{"ts":"2026-03-14 02:02:00+00:00","value":3.75}],
			  "shutterOpen":[{"ts":"2026-03-14 01:59:00+00:00","value":0.5},{"ts":"2026-03-14 02:00:00+00:00","value":1},{"ts":"2026-03-14 02:01:00+00:00","value":null},{"ts":"2026-03-14 02:02:00+00:00","value":0}]}}`,
		},
		"a window around its centre, with both ends": {
			"/efd/timeseries",
			`{"efd_instance":"summit_efd","start_date":"2026-03-14 02:00:16.535897","time_window":"1","resample":"500ms","cscs":{"ATDome":{"0":{"position":"serial"}}}}`,
			``, // see below
		},
		"an event, a topic and a component that never were, and nothing in that time": {
			"/efd/timeseries/",
			`{"efd_instance":"summit_efd","start_date":"2026-03-14T02:00:00Z","time_window":15,"resample":"1h",
			  "cscs":{"MTHexapod":{"2":{"logevent_summaryState":["summaryState"],"nothing":["x"]},"3":{"logevent_summaryState":["summaryState"]}},"Nobody":{"0":{"x":["y"]}}}}`,
			`{"MTHexapod-2-logevent_summaryState":{"summaryState":[{"ts":"2026-03-14 02:00:00+00:00","value":3}]},
			  "MTHexapod-2-nothing":{},"MTHexapod-3-logevent_summaryState":{},"Nobody-0-x":{}}`,
		},
		"a field that the topic does not have": {
			"/efd/timeseries",
			`{"efd_instance":"summit_efd","start_date":"2026-03-14T02:00:00","time_window":2,"resample":"1min","cscs":{"ATDome":{"0":{"position":["azimuthPosition","nothing"]}}}}`,
			`{"ATDome-0-position":{
			  "azimuthPosition":[{"ts":"2026-03-14 01:59:00+00:00","value":5.5},{"ts":"2026-03-14 02:00:00+00:00","value":20.5}],
			  "nothing":[{"ts":"2026-03-14 01:59:00+00:00","value":null},{"ts":"2026-03-14 02:00:00+00:00","value":null}]}}`,
		},
		"the states of a night report": {
			"/efd/top_timeseries",
			`{"efd_instance":"summit_efd","num":1,"time_cut":"2026-03-14T02:00:00",
			  "cscs":{"ATDome":{"0":{"logevent_summaryState":["summaryState"],"position":["serial","mode","shutterOpen","doors0","nothing"]}},"MTHexapod":{"1":{"logevent_summaryState":["summaryState"]}}}}`,
			`{"ATDome-0-logevent_summaryState":{"summaryState":[{"ts":"2026-03-14 00:59:26.535897+00:00","value":5}]},
			  "ATDome-0-position":{"serial":[{"ts":"2026-03-14 01:59:46.535897+00:00","value":9007199254740994}],"mode":[{"ts":"2026-03-14 01:59:46.535897+00:00","value":"m 1"}],
			    "shutterOpen":[{"ts":"2026-03-14 01:59:46.535897+00:00","value":false}],"doors0":[{"ts":"2026-03-14 01:59:46.535897+00:00","value":1.25}]},
			  "MTHexapod-1-logevent_summaryState":{}}`,
		},
		"the newest two, without a cut": {
			"/efd/top_timeseries",
			`{"efd_instance":"summit_efd","num":2,"time_cut":null,"cscs":{"ATDome":{"0":{"logevent_summaryState":["summaryState"]}},"MTHexapod":{"1":{"logevent_summaryState":["summaryState"]}}}}`,
			`{"ATDome-0-logevent_summaryState":{"summaryState":[{"ts":"2026-03-14 02:00:26.535897+00:00","value":2},{"ts":"2026-03-14 00:59:26.535897+00:00","value":5}]},
			  "MTHexapod-1-logevent_summaryState":{"summaryState":[{"ts":"2026-03-14 02:01:26.535897+00:00","value":1}]}}`,
		},
		"the event log": {
			"/efd/logmessages",
			`{"efd_instance":"summit_efd","start_date":"2026-03-14T01:59:26","end_date":"2026-03-14T01:59:46.536897","scale":"utc",
			  "cscs":{"ATDome":{"0":{"logevent_logMessage":["private_sndStamp","level","message","traceback"],"logevent_errorCode":["private_sndStamp","errorCode","errorReport","traceback"]}}}}`,
			`{"ATDome-0-logevent_errorCode":[],"ATDome-0-logevent_logMessage":[
			  {"private_sndStamp":1773453604.5,"level":11,"message":"log \"1\" añ","traceback":"","private_rcvStamp":1773453604.75},
			  {"private_sndStamp":1773453603.5,"level":10,"message":"log \"0\" añ","traceback":"","private_rcvStamp":1773453603.75}]}`,
		},
		"the log of a script, in TAI, and the command that configured it": {
			"/efd/logmessages",
			`{"efd_instance":"summit_efd","start_date":"2026-03-14T02:00:03.5","end_date":"2026-03-14T02:00:04","scale":"tai",
			  "cscs":{"ATDome":{"0":{"logevent_logMessage":["level","missing"],"command_configure":["private_rcvStamp","config"]}}}}`,
			`{"ATDome-0-command_configure":[],"ATDome-0-logevent_logMessage":[{"level":10,"missing":null,"private_rcvStamp":1773453603.75}]}`,
		},
		"which EFDs there are": {"/manager/api/efd/efd_clients", "", `{"instances":["summit_efd"]}`},
	}
	eachSource(t, observed(), func(t *testing.T, api http.Handler) {
		for name, c := range calls {
			t.Run(name, func(t *testing.T) {
				w := ask(t, api, c.path, c.body)
				require.Equal(t, 200, w.Code, w.Body.String())
				if c.want != "" {
					require.JSONEq(t, c.want, w.Body.String())
					return
				}
				require.Contains(t, w.Body.String(), `{"ATDome-0-position":{"serial":[{"ts":"2026-03-14 01:59:46.500000+00:00","value":9007199254740994.0}`)
				require.Contains(t, w.Body.String(), `{"ts":"2026-03-14 02:00:06.500000+00:00","value":9007199254740996.0}]}}`)
			})
		}
	})
}
