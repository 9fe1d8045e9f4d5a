package lovetest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// RunHistory is the conformance suite of [history.Source]. open returns a source that
// has exactly these records, which are ordered by time, for each test, and closes it
// with t.Cleanup. Their times are of March 2026, to the microsecond; no two records of a
// stream have the same, of whatever instances of the component.
//
//	func TestMySource(t *testing.T) {
//		lovetest.RunHistory(t, func(t *testing.T, records []history.Record) history.Source { … })
//	}
func RunHistory(t *testing.T, open func(t *testing.T, records []history.Record) history.Source) {
	for name, test := range map[string]func(*testing.T, history.Source){
		"streams are listed":                           historyStreams,
		"few samples are returned as they are":         historySamples,
		"many samples become bins that keep each peak": historyBins,
		"bins of a width begin at its multiples":       historyAlignedBins,
		"a text has bins, but no mean":                 historyTexts,
		"elements of lists are fields":                 historyLists,
		"another instance is another stream":           historyInstances,
		"what never was is an error":                   historyUnknown,
		"a span without samples is empty":              historyEmptySpan,
		"the newest samples come first":                historyNewest,
		"events come newest first, in pages":           historyEvents,
		"patterns select events":                       historyEventPatterns,
		"wrong queries are refused":                    historyQueries,
		"the end of a context ends a query":            historyContexts,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, historyRecords())) })
	}
	t.Run("an empty source", func(t *testing.T) { historyNothing(t, open(t, nil)) })
}

const (
	historySamplesOf = 100 // samples of each telemetry stream
	historyPeak      = 57  // the one that is much higher than the others
	historyLogs      = 25  // records of the event
)

var (
	historyStart    = time.Date(2026, 3, 14, 1, 59, 26, 535897000, time.UTC)
	historyPosition = love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")
	historyHexapod1 = love.StreamGroup(love.CategoryTelemetry, "MTHexapod", 1, "application")
	historyHexapod2 = love.StreamGroup(love.CategoryTelemetry, "MTHexapod", 2, "application")
	historyLog      = love.StreamGroup(love.CategoryEvent, "ATDome", 0, "logMessage")
	historyState    = love.StreamGroup(love.CategoryEvent, "ATDome", 0, "summaryState")
)

// historyTime returns the time of sample n.
func historyTime(n int) time.Time { return historyStart.Add(time.Duration(n) * time.Second) }

// historyAzimuth returns the azimuth of sample n.
func historyAzimuth(n int) float64 {
	if n == historyPeak {
		return 359.25
	}
	return 100 + float64(n)/8
}

func historyRecords() (all []history.Record) {
	add := func(t time.Time, g love.Group, format string, args ...any) {
		all = append(all, history.Record{Time: t, Group: g, Fields: love.RawValue(fmt.Sprintf(format, args...))})
	}
	for n := range historySamplesOf {
		t := historyTime(n)
		add(t, historyPosition, `{"azimuthPosition":%s,"serial":%d,"mode":"mode %d","valid":%t,"temperature0":%d.5,"temperature1":%d.25}`,
			love.AppendFloat(nil, historyAzimuth(n)), 9007199254740993+n, n/50, n%2 == 0, n, n)
		add(t, historyHexapod1, `{"position":1.5}`)
		add(t.Add(3*time.Millisecond), historyHexapod2, `{"position":2.5}`)
		if n < historyLogs {
			add(t.Add(time.Millisecond), historyLog, `{"level":%d,"message":"log \"%d\" añ","traceback":""}`, 10+n, n)
		}
		if n == 5 {
			add(t.Add(2*time.Millisecond), historyState, `{"summaryState":2}`)
		}
	}
	slices.SortStableFunc(all, func(a, b history.Record) int { return a.Time.Compare(b.Time) })
	return all
}

// historyAll is a span with all records.
func historyAll() history.Span {
	return history.Span{From: historyStart.Add(-time.Hour), To: historyStart.Add(time.Hour)}
}

func historySeries(t *testing.T, s history.Source, q history.SeriesQuery) []history.Series {
	t.Helper()
	all, err := s.Series(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, all, len(q.Fields))
	for i, one := range all {
		require.Equal(t, q.Fields[i], one.Field)
	}
	return all
}

func historyStreams(t *testing.T, s history.Source) {
	all, err := s.Streams(t.Context())
	require.NoError(t, err)
	var names []string
	for _, one := range all {
		require.NotZero(t, one.Group.Category)
		names = append(names, one.Group.String())
		if one.Messages > 0 && one.Group == historyPosition {
			require.EqualValues(t, historySamplesOf, one.Messages)
		}
		if !one.First.IsZero() {
			require.WithinRange(t, one.First, historyStart.Add(-time.Hour), historyStart.Add(time.Hour))
			require.WithinRange(t, one.Last, one.First, historyStart.Add(time.Hour))
		}
	}
	require.IsIncreasing(t, names)
	for _, want := range []love.Group{historyPosition, historyHexapod1, historyHexapod2, historyLog, historyState} {
		found := false
		for _, one := range all {
			found = found || one.Group == want || one.Group.SalIndex == love.All && history.Selects(one.Group, want)
		}
		require.True(t, found, "%s is not among %s", want, names)
	}
}

func historySamples(t *testing.T, s history.Source) {
	span := history.Span{From: historyTime(10), To: historyTime(20)}
	all := historySeries(t, s, history.SeriesQuery{
		Stream: historyPosition, Span: span, Fields: []string{"serial", "azimuthPosition", "valid", "mode"}, Points: 10,
	})
	for _, one := range all {
		require.Zero(t, one.Every)
		require.Empty(t, one.Bins)
		require.Len(t, one.Samples, 10, "the first of the span belongs to it, the end does not: %s", one.Field)
	}
	for i := range 10 {
		for _, one := range all {
			require.Equal(t, historyTime(10+i), one.Samples[i].Time, "in UTC, oldest first")
		}
		require.Equal(t, strconv.Itoa(9007199254740993+10+i), string(all[0].Samples[i].Value), "all digits of a 64-bit integer")
		x, err := strconv.ParseFloat(string(all[1].Samples[i].Value), 64)
		require.NoError(t, err)
		require.Equal(t, historyAzimuth(10+i), x)
		require.Equal(t, strconv.FormatBool(i%2 == 0), string(all[2].Samples[i].Value))
		require.Equal(t, `"mode 0"`, string(all[3].Samples[i].Value))
	}
}

func historyBins(t *testing.T, s history.Source) {
	q := history.SeriesQuery{Stream: historyPosition, Fields: []string{"azimuthPosition"}, Span: history.Span{From: historyStart, To: historyTime(historySamplesOf)}, Points: 10}
	one := historySeries(t, s, q)[0]
	require.Empty(t, one.Samples)
	require.Equal(t, 10*time.Second, one.Every)
	require.Len(t, one.Bins, 10)
	for i, b := range one.Bins {
		require.Equal(t, historyTime(10*i), b.Start)
		require.Equal(t, 10, b.Count)
		low, high, sum := math.Inf(1), math.Inf(-1), 0.0
		for n := 10 * i; n < 10*i+10; n++ {
			x := historyAzimuth(n)
			low, high, sum = min(low, x), max(high, x), sum+x
		}
		require.Equal(t, low, b.Min)
		require.Equal(t, high, b.Max)
		require.InDelta(t, sum/10, b.Mean, 1e-9)
		last, err := strconv.ParseFloat(string(b.Last), 64)
		require.NoError(t, err)
		require.Equal(t, historyAzimuth(10*i+9), last)
	}
	require.Equal(t, 359.25, one.Bins[historyPeak/10].Max)
	q.Points = historySamplesOf
	require.Len(t, historySeries(t, s, q)[0].Samples, historySamplesOf, "as many samples as points")
}

func historyAlignedBins(t *testing.T, s history.Source) {
	q := history.SeriesQuery{Stream: historyPosition, Fields: []string{"azimuthPosition"}, Span: history.Span{From: historyTime(1), To: historyTime(62)}, Every: 30 * time.Second}
	one := historySeries(t, s, q)[0]
	require.Equal(t, 30*time.Second, one.Every)
	require.Len(t, one.Bins, 3)
	for i, b := range one.Bins {
		require.Equal(t, time.Date(2026, 3, 14, 1, 59, 0, 0, time.UTC).Add(time.Duration(i)*30*time.Second), b.Start)
	}
	require.Equal(t, []int{3, 30, 28}, []int{one.Bins[0].Count, one.Bins[1].Count, one.Bins[2].Count})
	q.Span = history.Span{From: historyStart.Add(-time.Hour), To: historyStart.Add(time.Hour)}
	require.Len(t, historySeries(t, s, q)[0].Bins, 5, "there are no empty bins")
}

func historyTexts(t *testing.T, s history.Source) {
	q := history.SeriesQuery{Stream: historyPosition, Fields: []string{"mode", "valid"}, Span: history.Span{From: historyStart, To: historyTime(historySamplesOf)}, Points: 2}
	all := historySeries(t, s, q)
	require.Len(t, all[0].Bins, 2)
	for i, b := range all[0].Bins {
		require.Equal(t, 50, b.Count)
		require.True(t, math.IsNaN(b.Min) && math.IsNaN(b.Max) && math.IsNaN(b.Mean), "%v", b)
		require.Equal(t, fmt.Sprintf(`"mode %d"`, i), string(b.Last))
	}
	valid := all[1].Bins[0]
	require.Equal(t, []float64{0, 1, 0.5}, []float64{valid.Min, valid.Max, valid.Mean})
	require.Equal(t, "false", string(valid.Last))
}

func historyLists(t *testing.T, s history.Source) {
	q := history.SeriesQuery{Stream: historyPosition, Fields: []string{"temperature0", "temperature1"}, Span: history.Span{From: historyTime(3), To: historyTime(4)}}
	for i, one := range historySeries(t, s, q) {
		require.Len(t, one.Samples, 1)
		require.Equal(t, []string{"3.5", "3.25"}[i], string(one.Samples[0].Value))
	}
}

func historyInstances(t *testing.T, s history.Source) {
	for g, want := range map[love.Group]string{historyHexapod1: "1.5", historyHexapod2: "2.5"} {
		q := history.SeriesQuery{Stream: g, Fields: []string{"position"}, Span: historyAll()}
		one := historySeries(t, s, q)[0]
		require.Len(t, one.Samples, historySamplesOf)
		for _, sample := range one.Samples {
			require.Equal(t, want, string(sample.Value), g)
		}
	}
}
