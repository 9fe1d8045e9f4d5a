package lovetest

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

func historyUnknown(t *testing.T, s history.Source) {
	for name, c := range map[string]struct {
		stream love.Group
		field  string
		want   error
	}{
		"component": {love.StreamGroup(love.CategoryTelemetry, "NoSuch", 0, "position"), "azimuthPosition", history.ErrUnknownStream},
		"stream":    {love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "noSuch"), "azimuthPosition", history.ErrUnknownStream},
		"category":  {love.StreamGroup(love.CategoryEvent, "ATDome", 0, "position"), "azimuthPosition", history.ErrUnknownStream},
		"field":     {historyPosition, "noSuch", history.ErrUnknownField},
		"element":   {historyPosition, "azimuthPosition7", history.ErrUnknownField},
		"quotes":    {historyPosition, `azimuthPosition" FROM "x`, history.ErrUnknownField},
	} {
		_, err := s.Series(t.Context(), history.SeriesQuery{Stream: c.stream, Fields: []string{c.field}, Span: historyAll()})
		require.ErrorIs(t, err, c.want, name)
		_, err = s.Newest(t.Context(), history.NewestQuery{Stream: c.stream, Fields: []string{c.field}})
		require.ErrorIs(t, err, c.want, name)
		require.ErrorContains(t, err, c.stream.Stream, "the error names what is unknown")
	}
}

func historyEmptySpan(t *testing.T, s history.Source) {
	later := history.Span{From: historyStart.Add(2 * time.Hour), To: historyStart.Add(3 * time.Hour)}
	one := historySeries(t, s, history.SeriesQuery{Stream: historyPosition, Fields: []string{"azimuthPosition"}, Span: later})[0]
	require.Empty(t, one.Samples)
	require.Empty(t, one.Bins)
	page, err := s.Events(t.Context(), history.EventQuery{Streams: []love.Group{historyLog}, Span: later})
	require.NoError(t, err)
	require.Empty(t, page.Records)
	require.Empty(t, page.Next)
}

func historyNewest(t *testing.T, s history.Source) {
	all, err := s.Newest(t.Context(), history.NewestQuery{Stream: historyPosition, Fields: []string{"serial", "mode"}, N: 3, Before: historyTime(50)})
	require.NoError(t, err)
	require.Len(t, all, 2)
	for i := range 3 {
		require.Equal(t, historyTime(49-i), all[0].Samples[i].Time)
		require.Equal(t, strconv.Itoa(9007199254740993+49-i), string(all[0].Samples[i].Value))
	}
	require.Len(t, all[1].Samples, 3)
	one, err := s.Newest(t.Context(), history.NewestQuery{Stream: historyPosition, Fields: []string{"azimuthPosition"}})
	require.NoError(t, err)
	require.Len(t, one[0].Samples, 1)
	require.Equal(t, historyTime(historySamplesOf-1), one[0].Samples[0].Time)
	none, err := s.Newest(t.Context(), history.NewestQuery{Stream: historyPosition, Fields: []string{"azimuthPosition"}, N: 5, Before: historyStart})
	require.NoError(t, err)
	require.Empty(t, none[0].Samples)
}

func historyEvents(t *testing.T, s history.Source) {
	q := history.EventQuery{Streams: []love.Group{historyLog}, Span: historyAll(), Limit: 10}
	n := historyLogs
	for page := 1; ; page++ {
		p, err := s.Events(t.Context(), q)
		require.NoError(t, err)
		for _, r := range p.Records {
			n--
			require.Equal(t, historyTime(n).Add(time.Millisecond), r.Time)
			require.Equal(t, historyLog, r.Group)
			require.JSONEq(t, fmt.Sprintf(`{"level":%d,"message":"log \"%d\" añ","traceback":""}`, 10+n, n), string(r.Fields))
		}
		if p.Next == "" {
			require.Equal(t, 3, page)
			break
		}
		require.Len(t, p.Records, 10)
		q.Before = p.Next
	}
	require.Zero(t, n)
	q.Before, q.From, q.To = "", historyTime(3), historyTime(5)
	p, err := s.Events(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, p.Records, 2)
}

func historyEventPatterns(t *testing.T, s history.Source) {
	for pattern, want := range map[string]int{
		"event-all-all-all": historyLogs + 1, "event-*-*-*": historyLogs + 1, "event-ATDome-all-all": historyLogs + 1,
		"event-ATDome-0-summaryState": 1, "event-*-*-logMessage": historyLogs, "event-MTHexapod-all-all": 0, "event-NoSuch-0-logMessage": 0,
	} {
		g, err := love.ParseGroup(pattern)
		require.NoError(t, err)
		p, err := s.Events(t.Context(), history.EventQuery{Streams: []love.Group{g, g}, Span: historyAll()})
		require.NoError(t, err)
		require.Len(t, p.Records, want, pattern)
		for i := 1; i < len(p.Records); i++ {
			require.False(t, p.Records[i].Time.After(p.Records[i-1].Time), "of several streams, the newest first")
		}
	}
}

func historyQueries(t *testing.T, s history.Source) {
	good := history.SeriesQuery{Stream: historyPosition, Fields: []string{"azimuthPosition"}, Span: historyAll()}
	for name, change := range map[string]func(*history.SeriesQuery){
		"from after to": func(q *history.SeriesQuery) { q.From, q.To = q.To, q.From },
		"an empty span": func(q *history.SeriesQuery) { q.To = q.From },
		"no span":       func(q *history.SeriesQuery) { q.Span = history.Span{} },
		"no fields":     func(q *history.SeriesQuery) { q.Fields = nil },
		"an empty name": func(q *history.SeriesQuery) { q.Fields = []string{""} },
		"a pattern":     func(q *history.SeriesQuery) { q.Stream.SalIndex = love.All },
		"points":        func(q *history.SeriesQuery) { q.Points = -1 },
	} {
		q := good
		change(&q)
		_, err := s.Series(t.Context(), q)
		require.ErrorIs(t, err, history.ErrQuery, name)
	}
	q := good
	q.Every, q.To = time.Second, q.From.AddDate(3, 0, 0)
	_, err := s.Series(t.Context(), q)
	require.ErrorIs(t, err, history.ErrTooMuch, "years in seconds")
	_, err = s.Newest(t.Context(), history.NewestQuery{Stream: historyPosition, Fields: []string{"azimuthPosition"}, N: -1})
	require.ErrorIs(t, err, history.ErrQuery)
	_, err = s.Events(t.Context(), history.EventQuery{Span: historyAll()})
	require.ErrorIs(t, err, history.ErrQuery)
	_, err = s.Events(t.Context(), history.EventQuery{Span: historyAll(), Streams: []love.Group{historyLog}, Before: "no page's next"})
	require.ErrorIs(t, err, history.ErrQuery)
	_, err = s.Events(t.Context(), history.EventQuery{Span: historyAll(), Streams: []love.Group{historyLog}, Limit: history.MaxPage + 1})
	require.ErrorIs(t, err, history.ErrTooMuch)
}

func historyContexts(t *testing.T, s history.Source) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Streams(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Series(ctx, history.SeriesQuery{Stream: historyPosition, Fields: []string{"azimuthPosition"}, Span: historyAll()})
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Newest(ctx, history.NewestQuery{Stream: historyPosition, Fields: []string{"azimuthPosition"}})
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Events(ctx, history.EventQuery{Streams: []love.Group{historyLog}, Span: historyAll()})
	require.ErrorIs(t, err, context.Canceled)
}

func historyNothing(t *testing.T, s history.Source) {
	all, err := s.Streams(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)
	_, err = s.Series(t.Context(), history.SeriesQuery{Stream: historyPosition, Fields: []string{"azimuthPosition"}, Span: historyAll()})
	require.ErrorIs(t, err, history.ErrUnknownStream)
	p, err := s.Events(t.Context(), history.EventQuery{Streams: []love.Group{historyLog}, Span: historyAll()})
	require.NoError(t, err)
	require.Empty(t, p.Records)
	require.Empty(t, p.Next)
}
