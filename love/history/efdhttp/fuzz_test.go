package efdhttp_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/efdhttp"
)

func FuzzRequest(f *testing.F) {
	f.Add("timeseries", `{"efd_instance":"archive","start_date":"2026-03-14T02:00:00","time_window":15,"resample":"1min","cscs":{"ATDome":{"0":{"position":["azimuthPosition","doors1"]}}}}`)
	f.Add("timeseries", `{"efd_instance":"archive","start_date":"2026-03-14 02:00","time_window":"1e3","resample":"1h.5min","cscs":{"ATDome":{"-1":{"logevent_logMessage":"level"}}}}`)
	f.Add("top_timeseries", `{"efd_instance":"archive","num":2.5,"time_cut":"2026-03-14","cscs":{"MTHexapod":{"1":{"logevent_summaryState":["summaryState"]}}}}`)
	f.Add("logmessages", `{"efd_instance":"archive","start_date":"2026-03-14T01:00:00+02:00","end_date":"2026-03-15","scale":"tai","cscs":{"ATDome":{"0":{"command_x":[]}}}}`)
	m := &history.Memory{}
	m.Add(observed()...)
	api := efdhttp.New(efdhttp.Config{Sources: map[string]history.Source{"archive": m}})
	f.Fuzz(func(t *testing.T, path, body string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/efd/", strings.NewReader(body))
		r.URL.Path = "/efd/" + path
		api.ServeHTTP(w, r)
		require.True(t, json.Valid(w.Body.Bytes()), w.Body)
		require.Contains(t, []int{200, 400, 404, 405}, w.Code)
	})
}
