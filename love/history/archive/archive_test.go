package archive_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foxglove/mcap/go/mcap"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("LOVE_TEST_ARCHIVE_CHILD"); dir != "" {
		recordUntilKilled(dir)
	}
	goleak.VerifyTestMain(m)
}

// night is a time in a night of observation.
var night = time.Date(2026, 3, 15, 3, 0, 0, 0, time.UTC)

var position = love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")

// logged is a log that a test reads.
type logged struct{ testlog.Buffer }

func (l *logged) lines() []string {
	return slices.DeleteFunc(strings.Split(l.String(), "\n"), func(s string) bool { return s == "" })
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// published is a subscription that yields these deliveries.
type published []love.Delivery

func (p published) SubscribeWith(ctx context.Context, _ love.SubscribeOptions, _ ...love.Group) iter.Seq2[love.Delivery, error] {
	return func(yield func(love.Delivery, error) bool) {
		for _, d := range p {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// delivery is what a hub delivers of a stream to the groups that an archive joins.
func delivery(t time.Time, g love.Group, value string) love.Delivery {
	to := string(g.Category) + "-*-*-*"
	return love.Delivery{Received: t, Group: to, Raw: love.RawValue(fmt.Sprintf(
		`{"category":%q,"data":[{"csc":%q,"salindex":%s,"data":{%q:%s}}],"subscription":%q}`, g.Category, g.CSC, g.SalIndex, g.Stream, value, to))}
}

// wireValue returns fields as a producer sends them.
func wireValue(g love.Group, fields love.RawValue) string {
	out := []byte("{")
	for name, v := range wire.Members(fields) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, `%q:{"value":%s,"dataType":"x","units":"deg"}`, name, v)
	}
	if out = append(out, '}'); g.Category == love.CategoryEvent {
		return "[" + string(out) + "]"
	}
	return string(out)
}

// open opens an archive and closes it at the end of the test.
func open(t *testing.T, c archive.Config) *archive.Archive {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	if c.Clock == nil {
		c.Clock = lovetest.NewClock(night)
	}
	a, err := archive.Open(c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// record records deliveries and returns when they are in the file.
func record(t *testing.T, a *archive.Archive, all ...love.Delivery) {
	t.Helper()
	require.ErrorIs(t, a.Record(t.Context(), published(all))(), os.ErrClosed, "the end of the subscription")
	require.NoError(t, a.Flush(t.Context()))
}

func deliveries(records []history.Record) (all []love.Delivery) {
	for _, r := range records {
		all = append(all, delivery(r.Time, r.Group, wireValue(r.Group, r.Fields)))
	}
	return all
}

func TestAnArchiveIsASource(t *testing.T) {
	t.Run("while it is written", func(t *testing.T) {
		lovetest.RunHistory(t, func(t *testing.T, records []history.Record) history.Source {
			a := open(t, archive.Config{})
			record(t, a, deliveries(records)...)
			return a
		})
	})
	t.Run("closed and opened again", func(t *testing.T) {
		lovetest.RunHistory(t, func(t *testing.T, records []history.Record) history.Source {
			c := archive.Config{Dir: t.TempDir()}
			for len(records) > 0 {
				n := min(len(records), 140)
				a := open(t, c)
				record(t, a, deliveries(records[:n])...)
				require.NoError(t, a.Close())
				records = records[n:]
			}
			return open(t, c)
		})
	})
	t.Run("killed and recovered", func(t *testing.T) {
		lovetest.RunHistory(t, func(t *testing.T, records []history.Record) history.Source {
			c := archive.Config{Dir: t.TempDir()}
			a := open(t, c)
			record(t, a, deliveries(records)...)
			copied := archive.Config{Dir: t.TempDir()}
			require.NoError(t, os.CopyFS(copied.Dir, os.DirFS(c.Dir)))
			return open(t, copied)
		})
	})
}

// files returns the names of the files in a folder, without the lock.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		if e.Name() != "love.lock" {
			names = append(names, e.Name())
		}
	}
	return names
}

// read reads a file with the mcap module.
func read(t *testing.T, path string) (topics map[string][]string, info *mcap.Info) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	r, err := mcap.NewReader(f)
	require.NoError(t, err)
	defer r.Close()
	info, err = r.Info()
	require.NoError(t, err)
	it, err := r.Messages(mcap.InOrder(mcap.LogTimeOrder))
	require.NoError(t, err)
	topics = map[string][]string{}
	require.NoError(t, mcap.Range(it, func(_ *mcap.Schema, c *mcap.Channel, m *mcap.Message) error {
		topics[c.Topic] = append(topics[c.Topic], string(m.Data))
		return nil
	}))
	return topics, info
}

func TestAFileHasWhatWasPublishedByteForByte(t *testing.T) {
	dir := t.TempDir()
	a := open(t, archive.Config{Dir: dir, Fields: func(g love.Group) []archive.Field {
		return []archive.Field{{Name: "azimuth", Type: "double", Units: "deg", Description: "Where the dome is."}}
	}})
	const value = `{"azimuth": {"value": 1.50e1, "dataType":"Float", "units":"deg"},"bad":{"value":NaN}}`
	state := love.StreamGroup(love.CategoryEvent, "MTHexapod", 2, "summaryState")
	d := delivery(night, position, value)
	d.Raw = love.RawValue(strings.TrimSuffix(string(d.Raw), "}") + `,"tracing":{"producer_snd":1773543599.25,"manager_rcv_from_producer":1773543637.0},"seq":41}`)
	record(t, a, d,
		love.Delivery{Raw: love.RawValue(`{"data":"Successfully subscribed to x"}`), Group: "x", Received: night},
		delivery(night.Add(time.Second), state, `[{"summaryState":{"value":2}}]`),
		love.Delivery{Received: night.Add(2 * time.Second), Group: "telemetry-*-*-*", Raw: love.RawValue(
			`{"category":"telemetry","data":[{"csc":"ATDome","salindex":"0","data":{"position":{"azimuth":7},"other":1}},{"csc":"X"},{"csc":"Y","salindex":1,"data":{"s":[]}}],"subscription":"telemetry-all-all-all"}`)},
		love.Delivery{Received: night.Add(3 * time.Second), Group: "event-*-*-*", Raw: love.RawValue(
			`{"category":"event","data":[{"csc":"MTHexapod","salindex":2,"data":{"MTHexapod":{"summaryState":[3],"b":[4]}}}],"subscription":"event-MTHexapod-2-all"}`)},
	)
	require.NoError(t, a.Close())
	require.Equal(t, []string{"love-2026-03-14-001.mcap"}, files(t, dir), "the day of observation")
	topics, info := read(t, filepath.Join(dir, "love-2026-03-14-001.mcap"))
	require.Equal(t, map[string][]string{
		"telemetry-ATDome-0-position":    {value, `{"azimuth":7}`},
		"telemetry-ATDome-0-other":       {"1"},
		"telemetry-Y-1-s":                {"[]"},
		"event-MTHexapod-2-summaryState": {`[{"summaryState":{"value":2}}]`, "[3]"},
		"event-MTHexapod-2-b":            {"[4]"},
	}, topics)
	require.EqualValues(t, 7, info.Statistics.MessageCount)
	require.EqualValues(t, 5, info.Statistics.ChannelCount)
	require.EqualValues(t, 2, info.ChannelCounts()["telemetry-ATDome-0-position"])
	for _, c := range info.Channels {
		require.Equal(t, "json", c.MessageEncoding)
		s := info.Schemas[c.SchemaID]
		require.Equal(t, "jsonschema", s.Encoding)
		if c.Topic == position.String() {
			require.Equal(t, map[string]string{"category": "telemetry", "csc": "ATDome", "salindex": "0", "stream": "position"}, c.Metadata)
			require.JSONEq(t, `{"$schema":"http://json-schema.org/draft-07/schema#","title":"ATDome position","type":"object","properties":{
				"azimuth":{"type":"object","description":"Where the dome is.","properties":{"value":{"type":"number"},"dataType":{"type":"string","const":"Float"},"units":{"type":"string","const":"deg"}}},
				"bad":{"type":"object","properties":{"value":{"type":"number"}}}}}`, string(s.Data))
		}
	}
	f, err := os.Open(filepath.Join(dir, "love-2026-03-14-001.mcap"))
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	r, err := mcap.NewReader(f)
	require.NoError(t, err)
	it, err := r.Messages(mcap.WithTopics([]string{position.String()}), mcap.InOrder(mcap.LogTimeOrder))
	require.NoError(t, err)
	_, _, m, err := it.NextInto(nil)
	require.NoError(t, err)
	require.EqualValues(t, 41, m.Sequence)
	require.EqualValues(t, night.UnixNano(), m.LogTime)
	require.EqualValues(t, 1773543599250000000, m.PublishTime)
}

func TestWhatSeveralGroupsDeliverIsRecordedOnce(t *testing.T) {
	a := open(t, archive.Config{})
	one, all := delivery(night, position, "1"), delivery(night, position, "1")
	one.Group, all.Group = position.String(), "telemetry-all-all-all"
	err := a.Record(t.Context(), published{one, all, all}, love.CategoryGroup(love.CategoryTelemetry), position)()
	require.ErrorIs(t, err, os.ErrClosed)
	require.NoError(t, a.Flush(t.Context()))
	require.EqualValues(t, 2, a.Stats().Recorded)
}

func TestASecondArchiveInAFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	a := open(t, archive.Config{Dir: dir})
	_, err := archive.Open(archive.Config{Dir: dir})
	require.ErrorIs(t, err, archive.ErrInUse)
	require.ErrorContains(t, err, dir)
	require.NoError(t, a.Close())
	open(t, archive.Config{Dir: dir})
}

func TestAFolderThatCannotBeUsedIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		_, err := archive.Open(archive.Config{Dir: dir})
		require.Error(t, err, dir)
	}
}

func TestADayOfObservationHasAFileOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	clock := lovetest.NewClock(night)
	a := open(t, archive.Config{Dir: dir, Clock: clock})
	noon := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	record(t, a, delivery(noon.Add(-time.Second), position, "1"), delivery(noon, position, "2"),
		delivery(noon.Add(-time.Minute), position, "3")) // the clock is corrected
	require.Equal(t, []string{"love-2026-03-14-001.mcap", "love-2026-03-15-001.live.mcap", "love-2026-03-15-001.mcap"}, files(t, dir))
	record(t, a, delivery(noon.Add(-12*time.Hour), position, "4")) // the clock jumps
	require.Equal(t, []string{"love-2026-03-14-001.mcap", "love-2026-03-14-002.live.mcap", "love-2026-03-14-002.mcap", "love-2026-03-15-001.mcap"}, files(t, dir))
	all, err := a.Series(t.Context(), history.SeriesQuery{Stream: position, Fields: []string{"x"}, Span: history.Span{From: noon.AddDate(0, 0, -2), To: noon.AddDate(0, 0, 2)}})
	require.ErrorIs(t, err, history.ErrUnknownField)
	require.Empty(t, all)
	streams, err := a.Streams(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 4, streams[0].Messages)
	require.Equal(t, noon.Add(-12*time.Hour), streams[0].First)
	require.Equal(t, noon, streams[0].Last)
}

func TestAFieldIsKnownWhereverItsStreamWasRecorded(t *testing.T) {
	a := open(t, archive.Config{})
	other := love.StreamGroup(love.CategoryTelemetry, "ATMCS", 0, "other")
	for i, g := range []love.Group{other, other, position, other, other} { // each in a chunk of its own
		record(t, a, delivery(night.Add(time.Duration(i)*time.Second), g, wireValue(g, love.RawValue(`{"x":1}`))))
	}
	before := history.Span{From: night.Add(-time.Hour), To: night}
	all, err := a.Series(t.Context(), history.SeriesQuery{Stream: position, Fields: []string{"x"}, Span: before})
	require.NoError(t, err)
	require.Empty(t, all[0].Samples)
	_, err = a.Series(t.Context(), history.SeriesQuery{Stream: position, Fields: []string{"y"}, Span: before})
	require.ErrorIs(t, err, history.ErrUnknownField)
}

func TestAClockThatJumpsBackLosesNothing(t *testing.T) {
	a := open(t, archive.Config{})
	var all []love.Delivery
	for n := range 20 {
		at := night.Add(time.Duration(n) * time.Second)
		if n >= 10 {
			at = at.Add(-time.Minute)
		}
		all = append(all, delivery(at, position, fmt.Sprintf(`{"n":%d}`, n)))
	}
	record(t, a, all...)
	got, err := a.Series(t.Context(), history.SeriesQuery{Stream: position, Fields: []string{"n"}, Span: history.Span{From: night.Add(-time.Hour), To: night.Add(time.Hour)}})
	require.NoError(t, err)
	var order []string
	for _, s := range got[0].Samples {
		order = append(order, string(s.Value))
	}
	require.Equal(t, strings.Fields("10 11 12 13 14 15 16 17 18 19 0 1 2 3 4 5 6 7 8 9"), order, "by the time that the clock showed")
	newest, err := a.Newest(t.Context(), history.NewestQuery{Stream: position, Fields: []string{"n"}, N: 2})
	require.NoError(t, err)
	require.Equal(t, "9", string(newest[0].Samples[0].Value))
}

func TestAnErrorOfTheSubscriptionEndsRecording(t *testing.T) {
	a := open(t, archive.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, a.Record(ctx, failing{context.Canceled})(), context.Canceled)
	require.ErrorContains(t, a.Record(t.Context(), failing{errors.New("too slow")})(), "too slow")
	require.NoError(t, a.Close())
	require.NoError(t, a.Close(), "again")
	require.ErrorIs(t, a.Record(t.Context(), published{delivery(night, position, "1")})(), os.ErrClosed)
	require.ErrorIs(t, a.Flush(t.Context()), os.ErrClosed)
}

type failing struct{ err error }

func (f failing) SubscribeWith(context.Context, love.SubscribeOptions, ...love.Group) iter.Seq2[love.Delivery, error] {
	return func(yield func(love.Delivery, error) bool) { yield(love.Delivery{}, f.err) }
}
