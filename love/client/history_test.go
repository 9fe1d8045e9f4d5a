package client_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/history"
	mcap "github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/server"
)

func TestAClientAsksAManagerForThePast(t *testing.T) {
	night := time.Date(2026, 3, 14, 1, 59, 26, 535897000, time.UTC)
	position := love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")
	log := love.StreamGroup(love.CategoryEvent, "ATDome", 0, "logMessage")
	state := love.StreamGroup(love.CategoryEvent, "ATDome", 0, "summaryState")
	var records []history.Record
	for n := range 100 {
		at := night.Add(time.Duration(n) * time.Second)
		records = append(records, history.Record{Time: at, Group: position, Fields: love.RawValue(fmt.Sprintf(`{"azimuth":%d.5,"mode":"m%d"}`, n, n))})
		if n%10 == 0 {
			records = append(records, history.Record{Time: at.Add(time.Millisecond), Group: log, Fields: love.RawValue(fmt.Sprintf(`{"level":%d}`, n))})
		}
	}
	memory := &history.Memory{}
	memory.Add(records...)
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "love-2026-03-13-001.mcap"))
	require.NoError(t, err)
	w := mcap.NewWriter(f)
	for _, r := range records {
		require.NoError(t, w.Write(mcap.Message{Group: r.Group, Value: r.Fields, Received: r.Time, Published: r.Time}))
	}
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	manager := lovetest.NewManager(t, lovetest.WithConfig(func(c *server.Config) {
		c.History = map[string]history.Source{"efd": memory}
		c.Archive = mcap.Config{Dir: dir}
	}))
	c := manager.LogIn("user", "user")
	ctx := t.Context()
	span := history.Span{From: night, To: night.Add(100 * time.Second)}

	for source, name := range map[string]string{"": "archive", "efd": "efd"} {
		past, err := c.Past(ctx, source, "ATDome")
		require.NoError(t, err)
		require.Equal(t, name, past.Source)
		require.Equal(t, []string{"archive", "efd"}, past.Sources)
		require.Len(t, past.Streams, 2)
		require.Equal(t, log, past.Streams[0].Group)

		for _, points := range []int{0, 10} {
			q := history.SeriesQuery{Stream: position, Fields: []string{"azimuth", "mode"}, Span: span, Points: points}
			got, err := c.Series(ctx, source, q)
			require.NoError(t, err)
			want, err := memory.Series(ctx, q)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(want), fmt.Sprint(got), "NaN is not equal to itself")
		}
		q := history.EventQuery{Streams: []love.Group{log, state}, Span: span, Limit: 6}
		first, err := c.Events(ctx, source, q)
		require.NoError(t, err)
		require.Len(t, first.Records, 6)
		require.Equal(t, `{"level":90}`, string(first.Records[0].Fields))
		require.Equal(t, log, first.Records[0].Group)
		q.Before = first.Next
		second, err := c.Events(ctx, source, q)
		require.NoError(t, err)
		require.Len(t, second.Records, 4)
		require.Empty(t, second.Next)
	}

	var out bytes.Buffer
	require.NoError(t, c.Download(ctx, "", &out, span, log, state))
	path := filepath.Join(t.TempDir(), "x.mcap")
	require.NoError(t, os.WriteFile(path, out.Bytes(), 0o600))
	report, err := mcap.Verify(ctx, path)
	require.NoError(t, err)
	require.True(t, report.Closed)
	require.EqualValues(t, 10, report.Messages)

	var refused *client.HTTPError
	_, err = c.Series(ctx, "", history.SeriesQuery{Stream: position, Fields: []string{"nothing"}, Span: span})
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 404, refused.Status)
	_, err = c.Events(ctx, "", history.EventQuery{Span: history.Span{From: span.To, To: span.From}})
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 400, refused.Status)
	err = c.Download(ctx, "efd", &out, span)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 400, refused.Status)
	require.Contains(t, refused.Text, "Only an archive can be downloaded from.")
	_, err = c.Series(ctx, "", history.SeriesQuery{Stream: position, Fields: []string{"azimuth"}, Every: time.Second})
	require.ErrorIs(t, err, history.ErrQuery)
	_, err = c.Events(ctx, "", history.EventQuery{Streams: []love.Group{log, {Category: "event", CSC: "MTDome", SalIndex: "0", Stream: "x"}}})
	require.ErrorIs(t, err, history.ErrQuery)
}

func TestADownloadThatIsBrokenOffIsAnError(t *testing.T) {
	s := newSite(t, 404, `{"detail":"Not found."}`)
	var refused *client.HTTPError
	err := s.client(t).Download(t.Context(), "", &bytes.Buffer{}, history.Span{})
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 404, refused.Status)
	require.Equal(t, "Not found.", refused.Text)
	require.Equal(t, "/love/manager/api/history/download/", s.request.URL.RequestURI())

	s = newSite(t, 200, "some bytes")
	var out bytes.Buffer
	require.NoError(t, s.client(t).Download(t.Context(), "archive", &out, history.Span{}, love.Group{Category: "event", CSC: "*", SalIndex: "*", Stream: "*"}))
	require.Equal(t, "some bytes", out.String())
	require.Equal(t, "/love/manager/api/history/download/?groups=event-%2A-%2A-%2A&source=archive", s.request.URL.RequestURI())
	require.ErrorContains(t, s.client(t).Download(t.Context(), "", full{}, history.Span{}), "no room")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("no room") }
