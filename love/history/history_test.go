package history_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMemoryIsASource(t *testing.T) {
	lovetest.RunHistory(t, func(t *testing.T, records []history.Record) history.Source {
		var m history.Memory
		m.Add(records...)
		return &m
	})
}

func TestFieldsAreFoundInWhatProducersSend(t *testing.T) {
	const v = ` { "a" : {"value": 1.50, "dataType":"Float","units":"deg"}, "b\u0063":{"value":"x\"y"}, "list":{"value":[1,[2,3],"4"]},
		"list1": {"value": 7}, "n":NaN, "nested":{"other":1}, "list20":{"value":[5]}, "deep":{"x":{"a":"\"a\":9"}} }`
	for name, want := range map[string]string{
		"a": "1.50", "bc": `"x\"y"`, "list": `[1,[2,3],"4"]`, "list0": "1", "list1": "7", "list2": `"4"`, "n": "NaN",
		"nested": `{"other":1}`, "list200": "5", "list20": "[5]",
	} {
		got, ok := history.FieldOf(love.RawValue(v[1:]), name)
		require.True(t, ok, name)
		require.Equal(t, want, string(got), name)
	}
	for _, name := range []string{"", "x", "list3", "list01", "other", "value", "a0", "1", "99999999999999999999", `a" `} {
		_, ok := history.FieldOf(love.RawValue(v[1:]), name)
		require.False(t, ok, name)
	}
	for _, broken := range []string{"", "[", "7", `{"a"`, `{"a":`, `{"a":}`, `{"b":1 "a":2}`, `{b:1}`} {
		_, ok := history.FieldOf(love.RawValue(broken), "a")
		require.False(t, ok, broken)
	}
	require.Equal(t, `{"a":1.50,"n":NaN,"o":{"x":1}}`, string(history.PlainFields(love.RawValue(`{"a":{"value":1.50,"units":"m"},"n":NaN,"o":{"x":1}}`))))
}

func TestACollectorIgnoresWhatIsNotFinite(t *testing.T) {
	from := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	c := history.NewCollector(history.SeriesQuery{Fields: []string{"x", "y"}, Span: history.Span{From: from, To: from.Add(time.Hour)}, Every: time.Hour})
	for i, v := range []string{"NaN", "-2", "Infinity", "4", "-Infinity", `"text"`, "null"} {
		c.Add(from.Add(time.Duration(i)*time.Second), []byte(`[{"x":{"value":`+v+`}}]`))
	}
	c.Add(from.Add(-1), []byte(`{"x":100}`))
	c.Add(from.Add(time.Hour), []byte(`{"x":100}`))
	all := c.Series()
	require.Equal(t, []history.Bin{{Start: from, Count: 7, Min: -2, Max: 4, Mean: 1, Last: love.RawValue("null")}}, all[0].Bins)
	require.Empty(t, all[1].Bins)
	require.Equal(t, []string{"y"}, c.Unseen())
}

func TestBinsAreJSONWithNullForWhatIsNotANumber(t *testing.T) {
	start := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	text, err := json.Marshal([]history.Bin{{Start: start, Count: 1, Min: 1, Max: 2, Mean: 1.5, Last: love.RawValue("NaN")}, {Start: start, Min: math.NaN(), Max: math.NaN(), Mean: math.NaN()}})
	require.NoError(t, err)
	require.JSONEq(t, `[{"start":"2026-03-14T00:00:00Z","count":1,"min":1,"max":2,"mean":1.5,"last":null},{"start":"2026-03-14T00:00:00Z","count":0,"min":null,"max":null,"mean":null,"last":null}]`, string(text))
	var back []history.Bin
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, history.Bin{Start: start, Count: 1, Min: 1, Max: 2, Mean: 1.5, Last: love.RawValue("null")}, back[0])
	require.True(t, math.IsNaN(back[1].Min) && math.IsNaN(back[1].Max) && math.IsNaN(back[1].Mean))
	require.Error(t, json.Unmarshal([]byte(`[{"count":"x"}]`), &back))
}

func TestPatternsSelectStreams(t *testing.T) {
	s := love.StreamGroup(love.CategoryEvent, "ATDome", 0, "logMessage")
	for pattern, want := range map[string]bool{
		"event-ATDome-0-logMessage": true, "event-all-all-all": true, "event-*-0-*": true, "event-ATDome-all-logMessage": true,
		"telemetry-all-all-all": false, "event-ATDome-1-all": false, "event-MTDome-all-all": false,
	} {
		g, err := love.ParseGroup(pattern)
		require.NoError(t, err)
		require.Equal(t, want, history.Selects(g, s), pattern)
	}
}
