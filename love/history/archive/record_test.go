package archive_test

import (
	"bytes"
	"context"
	"fmt"
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
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestAHubIsRecordedFromTheMomentThatRecordReturns(t *testing.T) {
	clock := lovetest.NewClock(night)
	h := hub.New(hub.WithClock(clock))
	defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
	a := open(t, archive.Config{Clock: clock})
	ctx, cancel := context.WithCancel(t.Context())
	run, ended := a.Record(ctx, h), make(chan error, 1)
	publish := func(n int) {
		m := love.Message{Category: love.CategoryTelemetry, ProducerSnd: 1773543599.5, Data: []love.Item{
			{CSC: "ATDome", Streams: []love.Stream{{Name: "position", Value: love.RawValue(fmt.Sprintf(`{"n":%d}`, n))}, {Name: "other", Value: love.RawValue("1")}}},
			{CSC: "Rack", SalIndex: love.IndexText("all"), Streams: []love.Stream{{Name: "s", Value: love.RawValue("2")}}},
		}}
		require.NoError(t, h.Publish(ctx, m))
	}
	publish(1)
	go func() { ended <- run() }()
	publish(2)
	require.NoError(t, a.Wait(ctx, position, 2), "the number of the hub")
	var got []archive.Message
	for m, err := range a.Messages(ctx, history.Span{From: night, To: night.Add(time.Second)}, position) {
		require.NoError(t, err)
		m.Value = bytes.Clone(m.Value)
		got = append(got, m)
	}
	require.Len(t, got, 2)
	for i, m := range got {
		require.EqualValues(t, i+1, m.Sequence)
		require.Equal(t, fmt.Sprintf(`{"n":%d}`, i+1), string(m.Value))
		require.Equal(t, position, m.Group)
		require.Equal(t, time.Date(2026, 3, 15, 2, 59, 59, 500e6, time.UTC), m.Published)
		require.WithinRange(t, m.Received, night, night.Add(time.Microsecond))
	}
	again := got[0].Message()
	require.Equal(t, `{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"position":{"n":1}}}],"producer_snd":1773543599.5}`, string(again.AppendJSON(nil)))
	streams, err := a.Streams(ctx)
	require.NoError(t, err)
	require.Len(t, streams, 3)

	waiting, stop := context.WithCancel(ctx)
	stop()
	require.ErrorIs(t, a.Wait(waiting, position, 3), context.Canceled)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.NoError(t, a.Close())
	require.ErrorIs(t, a.Wait(t.Context(), position, 3), os.ErrClosed)
}

func TestADiskThatHangsDelaysNobody(t *testing.T) {
	var log logged
	a := open(t, archive.Config{Log: log.logger()})
	release := a.Stall()
	state := love.StreamGroup(love.CategoryEvent, "ATDome", 0, "state")
	big := strings.Repeat("x", 50_000)
	for n := range 300 {
		at := night.Add(time.Duration(n) * time.Millisecond)
		all := published{delivery(at, position, `"`+big+`"`)}
		if n%10 == 0 {
			all = append(all, delivery(at, state, fmt.Sprintf(`[{"n":%d}]`, n)))
		}
		require.ErrorIs(t, a.Record(t.Context(), all)(), os.ErrClosed, "it does not wait")
	}
	s := a.Stats()
	require.Greater(t, s.DroppedTelemetry, uint64(100), "15 MB do not wait")
	require.Zero(t, s.DroppedEvents)
	require.Len(t, log.lines(), 1, "said once")
	require.Contains(t, log.lines()[0], "too slow")
	release()
	require.NoError(t, a.Flush(t.Context()))
	require.Contains(t, log.lines()[len(log.lines())-1], "keeps up again")
	page, err := a.Events(t.Context(), history.EventQuery{Streams: []love.Group{state}, Span: history.Span{From: night, To: night.Add(time.Hour)}})
	require.NoError(t, err)
	require.Len(t, page.Records, 30, "no event is lost")
}

func TestChunksAreClosedAfterASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := archive.Config{Dir: t.TempDir(), Clock: love.SystemClock{}}
		a := open(t, c)
		require.ErrorIs(t, a.Record(t.Context(), published{delivery(time.Now(), position, `{"n":1}`)})(), os.ErrClosed)
		require.NoError(t, a.Wait(t.Context(), position, 1))
		require.Empty(t, files(t, c.Dir), "it is in memory")
		pass := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		messages := func(name string) uint64 {
			report, err := archive.Verify(t.Context(), filepath.Join(c.Dir, name))
			require.NoError(t, err)
			require.Empty(t, report.Problems)
			return report.Messages
		}
		pass(time.Second)
		require.EqualValues(t, 1, messages("love-1999-12-31-001.live.mcap"))
		require.Zero(t, messages("love-1999-12-31-001.mcap"))
		pass(10 * time.Minute)
		require.EqualValues(t, 1, messages("love-1999-12-31-001.mcap"), "it has been moved")
		pass(12 * time.Hour)
		require.Equal(t, []string{"love-1999-12-31-001.mcap"}, files(t, c.Dir), "the day has ended")
		require.NoError(t, a.Close())
	})
}

func TestAnExportHasTheMessagesOfASpan(t *testing.T) {
	a := open(t, archive.Config{})
	other := love.StreamGroup(love.CategoryTelemetry, "ATDome", 1, "position")
	for n := range 20 {
		record(t, a, delivery(night.Add(time.Duration(n)*time.Second), position, fmt.Sprintf(`{"n":%d}`, n)), delivery(night.Add(time.Duration(n)*time.Second), other, "0"))
	}
	path := t.TempDir() + "/export.mcap"
	var out bytes.Buffer
	require.NoError(t, a.Export(t.Context(), &out, history.Span{From: night.Add(5 * time.Second), To: night.Add(8 * time.Second)}, position))
	require.NoError(t, os.WriteFile(path, out.Bytes(), 0o600))
	topics, _ := read(t, path)
	require.Equal(t, map[string][]string{position.String(): {`{"n":5}`, `{"n":6}`, `{"n":7}`}}, topics)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, a.Export(ctx, &out, history.Span{From: night, To: night.Add(time.Hour)}), context.Canceled)
	require.ErrorIs(t, a.Export(t.Context(), &out, history.Span{From: night, To: night}), history.ErrQuery)
	require.ErrorContains(t, a.Export(t.Context(), brokenPipe{}, history.Span{From: night, To: night.Add(time.Hour)}), "gone")
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, fmt.Errorf("the client has gone") }

func TestAWriterRecordsOnceWhatSeveralGroupsDeliver(t *testing.T) {
	groups := []love.Group{
		{Category: love.CategoryTelemetry, CSC: "ATDome", SalIndex: "0", Stream: "position"},
		{Category: love.CategoryTelemetry, CSC: love.All, SalIndex: love.All, Stream: love.All},
	}
	to := func(g love.Group, d love.Delivery) love.Delivery {
		d.Group = g.String()
		return d
	}
	var out bytes.Buffer
	w := archive.NewWriter(&out, groups...)
	other := love.StreamGroup(love.CategoryTelemetry, "ATDome", 1, "position")
	require.NoError(t, w.Record(to(groups[0], delivery(night, position, `{"n":1}`))))
	require.NoError(t, w.Record(to(groups[1], delivery(night, position, `{"n":1}`))))
	require.NoError(t, w.Record(to(groups[1], delivery(night, other, `{"n":2}`))))
	require.NoError(t, w.Record(love.Delivery{Raw: love.RawValue(`{"data":"Successfully subscribed"}`)}))
	for name, d := range map[string]love.Delivery{
		"too large": delivery(night, position, `"`+strings.Repeat("x", 9<<20)+`"`),
		"half":      {Raw: love.RawValue(`{"category":"telemetry","data":[`)},
	} {
		require.ErrorIs(t, w.Record(to(groups[0], d)), archive.ErrNotRecorded, name)
	}
	messages, streams := w.Messages()
	require.EqualValues(t, 2, messages)
	require.Equal(t, 2, streams)
	require.NoError(t, w.Close())
	require.EqualValues(t, out.Len(), w.Bytes())
	err := w.Record(delivery(night, position, "1"))
	require.Error(t, err)
	require.NotErrorIs(t, err, archive.ErrNotRecorded, "the file has been closed")

	w = archive.NewWriter(&out)
	for _, d := range []struct {
		group string
		of    love.Group
		seq   int
	}{
		{"telemetry-*-*-*", position, 7}, {"telemetry-*-*-*", other, 20}, {"telemetry-*-*-*", position, 8}, {"telemetry-*-*-*", position, 11}, {"telemetry-*-*-*", other, 21},
		{"telemetry-all-all-all", position, 100}, {"telemetry-all-all-all", other, 101}, {"telemetry-all-all-all", position, 104},
		{"telemetry-*-*-*", position, 1}, {"telemetry-*-*-*", position, 2}, // the hub was started again
	} {
		one := delivery(night, d.of, "1")
		one.Group, one.Raw = d.group, love.RawValue(fmt.Sprintf(`%s,"seq":%d}`, one.Raw[:len(one.Raw)-1], d.seq))
		require.NoError(t, w.Record(one))
	}
	require.EqualValues(t, 4, w.Missed())

	w = archive.NewWriter(brokenPipe{})
	require.NoError(t, w.Record(delivery(night, position, "1")))
	require.ErrorContains(t, w.Flush(), "gone")
	err = w.Record(delivery(night, position, "1"))
	require.ErrorContains(t, err, "gone")
	require.NotErrorIs(t, err, archive.ErrNotRecorded)
}
