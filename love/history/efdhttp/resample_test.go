package efdhttp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// point is a value of an answer.
type point struct {
	TS    string   `json:"ts"`
	Value *float64 `json:"value"`
}

func TestBinsAreThoseOfPandas(t *testing.T) {
	text, err := os.ReadFile("testdata/resample.json") // made by resample.py beside it
	require.NoError(t, err)
	var made struct {
		Samples []struct {
			Time  time.Time
			Value *float64
		}
		Rules map[string]struct {
			Bins   int
			Points []point
		}
	}
	require.NoError(t, json.Unmarshal(text, &made))
	var records []history.Record
	for _, s := range made.Samples {
		x := "NaN"
		if s.Value != nil {
			x = string(love.AppendFloat(nil, *s.Value))
		}
		records = append(records, record(s.Time, group(love.CategoryTelemetry, "X", 0, "t"), `{"x":%s,"row":1}`, x))
	}
	eachSource(t, records, func(t *testing.T, api http.Handler) {
		for rule, want := range made.Rules {
			w := ask(t, api, "/efd/timeseries", fmt.Sprintf(
				`{"efd_instance":"summit_efd","start_date":"2026-03-14T01:00:00","time_window":200,"resample":%q,"cscs":{"X":{"0":{"t":["x","row"]}}}}`, rule))
			require.Equal(t, 200, w.Code, w.Body)
			var answer map[string]map[string][]point
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
			got := answer["X-0-t"]["x"]
			require.Len(t, got, want.Bins, rule)
			var kept []point
			for _, p := range got {
				if p.Value != nil || want.Bins < 200 {
					kept = append(kept, p)
				}
			}
			require.Equal(t, want.Points, kept, rule)
		}
	})
}

func TestRulesInTheSpellingOfOlderPandas(t *testing.T) {
	records := []history.Record{record(night, group(love.CategoryTelemetry, "X", 0, "t"), `{"x":1.5}`)}
	eachSource(t, records, func(t *testing.T, api http.Handler) {
		for rule, start := range map[string]string{
			"1T": "01:59:00", "2H": "00:00:00", "30S": "01:59:00", "100L": "01:59:26.500000", "1h30T": "01:30:00", "100us": "01:59:26.535800", "7U": "", "0.5D": "00:00:00", "d": "00:00:00", ".5min": "01:59:00",
		} {
			w := ask(t, api, "/efd/timeseries", fmt.Sprintf(
				`{"efd_instance":"summit_efd","start_date":"2026-03-14T01:59:26","time_window":1,"resample":%q,"cscs":{"X":{"0":{"t":["x"]}}}}`, rule))
			if rule == "7U" || rule == "100us" { // more bins than an answer may have
				require.Equal(t, 400, w.Code)
				require.Contains(t, w.Body.String(), "wider bins")
				continue
			}
			require.Equal(t, 200, w.Code, w.Body)
			require.Equal(t, `{"X-0-t":{"x":[{"ts":"2026-03-14 `+start+`+00:00","value":1.5}]}}`, w.Body.String(), rule)
		}
	})
}
