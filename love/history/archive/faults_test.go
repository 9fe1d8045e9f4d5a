package archive_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/lovetest"
)

// smallDisk returns a folder on a disk of so many bytes.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("a disk of its own can be made by root only: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

func TestAFullDiskCostsTelemetryAndNoEvents(t *testing.T) {
	dir := smallDisk(t, 1<<20)
	filler := filepath.Join(dir, "filler")
	var log logged
	clock := lovetest.NewClock(night)
	a := open(t, archive.Config{Dir: dir, Clock: clock, Log: log.logger()})
	state := love.StreamGroup(love.CategoryEvent, "ATDome", 0, "state")
	send := func(n int) {
		at := clock.Now()
		require.ErrorIs(t, a.Record(t.Context(), published{delivery(at, position, fmt.Sprintf(`{"n":%d}`, n)), delivery(at, state, fmt.Sprintf(`[{"n":%d}]`, n))})(), os.ErrClosed)
	}
	send(0)
	require.NoError(t, a.Flush(t.Context()))
	f, err := os.Create(filler)
	require.NoError(t, err)
	_, err = io.Copy(f, io.LimitReader(endlessRandom{}, 2<<20))
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, f.Close())
	// A chunk must fill what is left of the page that the file has.
	send(1)
	for n := 0; a.Flush(t.Context()) == nil; n++ {
		require.Less(t, n, 1000, "the disk is full")
		send(1)
	}
	kept := a.Stats()
	require.Contains(t, kept.Failure, "no space left")
	for n := 100; n < 200; n++ {
		send(n)
		require.ErrorIs(t, a.Flush(t.Context()), syscall.ENOSPC)
	}
	s := a.Stats()
	require.EqualValues(t, 100, s.DroppedTelemetry)
	require.Zero(t, s.DroppedEvents)
	require.Len(t, log.lines(), 1, "it is said once: %s", log.lines())
	require.Contains(t, log.lines()[0], "free space")
	page, err := a.Events(t.Context(), history.EventQuery{Streams: []love.Group{state}, Span: history.Span{From: night, To: night.Add(time.Hour)}, Limit: 100})
	require.NoError(t, err)
	require.Len(t, page.Records, 100)
	require.Equal(t, `{"n":199}`, string(page.Records[0].Fields), "what waits can be asked for")

	require.NoError(t, os.Remove(filler))
	require.NoError(t, a.Flush(t.Context()))
	send(300)
	require.NoError(t, a.Flush(t.Context()))
	require.Len(t, log.lines(), 2)
	require.Contains(t, log.lines()[1], "is written again")
	require.Contains(t, log.lines()[1], "dropped_telemetry=100")
	require.Empty(t, a.Stats().Failure)
	require.NoError(t, a.Close())
	report, err := archive.Verify(t.Context(), filepath.Join(dir, "love-2026-03-14-001.mcap"))
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	require.EqualValues(t, kept.Recorded+100+2, report.Messages)
}

// endlessRandom is what a disk can be filled with.
type endlessRandom struct{}

func (endlessRandom) Read(b []byte) (int, error) { return len(b), nil }

func TestEventsAreDroppedOnlyBeyondABound(t *testing.T) {
	dir := smallDisk(t, 1<<20)
	a := open(t, archive.Config{Dir: dir})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 1<<20-8192), 0o600))
	state := love.StreamGroup(love.CategoryEvent, "ATDome", 0, "state")
	big := `[{"text":"` + strings.Repeat("x", 100_000) + `"}]`
	for n := range 150 {
		at := night.Add(time.Duration(n) * time.Millisecond)
		require.ErrorIs(t, a.Record(t.Context(), published{delivery(at, position, fmt.Sprintf(`{"a":"%x"}`, bytes.Repeat([]byte{byte(n)}, 5000))), delivery(at, state, big)})(), os.ErrClosed)
		_ = a.Flush(t.Context())
	}
	s := a.Stats()
	require.NotZero(t, s.DroppedTelemetry)
	require.NotZero(t, s.DroppedEvents)
	require.Greater(t, s.Recorded, uint64(80), "8 MB of events wait")
}

func TestWhatIsTooLargeIsSaid(t *testing.T) {
	var log logged
	a := open(t, archive.Config{Log: log.logger()})
	record(t, a, delivery(night, position, `{"x":"`+strings.Repeat("x", 9<<20)+`"}`))
	require.EqualValues(t, 1, a.Stats().DroppedTelemetry)
	require.Len(t, log.lines(), 1)
	require.Contains(t, log.lines()[0], "telemetry-ATDome-0-position")
}

func TestOldFilesAreRemoved(t *testing.T) {
	for name, c := range map[string]archive.Config{"by age": {MaxAge: 48 * time.Hour}, "by bytes": {MaxBytes: 3000}} {
		t.Run(name, func(t *testing.T) {
			c.Dir, c.Clock, c.FileBytes = t.TempDir(), lovetest.NewClock(night.AddDate(0, 0, 4)), 1<<20
			require.NoError(t, os.WriteFile(filepath.Join(c.Dir, "love-2020-01-01-001.txt"), nil, 0o600))
			a := open(t, c)
			for day := range 5 {
				record(t, a, delivery(night.AddDate(0, 0, day), position, fmt.Sprintf(`{"n":%d}`, day)))
			}
			require.NoError(t, a.Close())
			a = open(t, c)
			left := files(t, c.Dir)
			require.Equal(t, "love-2020-01-01-001.txt", left[0], "what is not ours stays")
			require.Less(t, len(left), 6)
			require.Equal(t, "love-2026-03-18-001.mcap", left[len(left)-1], "the newest stays")
			require.NotContains(t, left, "love-2026-03-14-001.mcap")
			if c.MaxBytes > 0 {
				require.LessOrEqual(t, a.Stats().Bytes, c.MaxBytes)
			}
			all, err := a.Series(t.Context(), history.SeriesQuery{Stream: position, Fields: []string{"n"}, Span: history.Span{From: night, To: night.AddDate(0, 0, 5)}})
			require.NoError(t, err)
			require.Len(t, all[0].Samples, len(left)-1)
		})
	}
}

func TestAFileOfAnotherVersionOrProgramIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	a := open(t, archive.Config{Dir: dir})
	record(t, a, delivery(night, position, `{"n":1}`))
	require.NoError(t, a.Close())
	path := filepath.Join(dir, "love-2026-03-14-001.mcap")
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, b := range map[string][]byte{
		"love-2026-03-14-002.mcap": bytes.Replace(good, []byte("love/1"), []byte("love/2"), 1),
		"love-2026-03-14-003.mcap": []byte("a text"),
		"love-2026-03-14-004.mcap": good[:3],
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	var log logged
	a = open(t, archive.Config{Dir: dir, Log: log.logger()})
	require.Len(t, log.lines(), 2)
	require.Contains(t, log.lines()[0], "love/2")
	require.NotContains(t, files(t, dir), "love-2026-03-14-004.mcap", "begun and killed")
	record(t, a, delivery(night, position, `{"n":2}`))
	require.Contains(t, files(t, dir), "love-2026-03-14-004.live.mcap", "no other file is written to")
	all, err := a.Series(t.Context(), history.SeriesQuery{Stream: position, Fields: []string{"n"}, Span: history.Span{From: night, To: night.AddDate(0, 0, 1)}})
	require.NoError(t, err)
	require.Len(t, all[0].Samples, 2)
}

func TestADamagedChunkIsAnErrorThatNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	a := open(t, archive.Config{Dir: dir})
	record(t, a, delivery(night, position, `{"n":1}`))
	require.NoError(t, a.Close())
	path := filepath.Join(dir, "love-2026-03-14-001.mcap")
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	i := bytes.Index(b, binary.LittleEndian.AppendUint32(nil, 0xfd2fb528)) // zstd's magic
	b[i+12] ^= 0xff
	require.NoError(t, os.WriteFile(path, b, 0o600))
	a = open(t, archive.Config{Dir: dir})
	_, err = a.Series(t.Context(), history.SeriesQuery{Stream: position, Fields: []string{"n"}, Span: history.Span{From: night, To: night.AddDate(0, 0, 1)}})
	require.ErrorIs(t, err, history.ErrUnavailable)
	require.ErrorContains(t, err, "love-2026-03-14-001.mcap is damaged")
	report, err := archive.Verify(t.Context(), path)
	require.NoError(t, err)
	require.NotEmpty(t, report.Problems)
}

func TestACutFileIsReadUpToTheCut(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.mcap")
	var out bytes.Buffer
	w := archive.NewWriter(&out)
	for n := range 30 {
		require.NoError(t, w.Record(delivery(night.Add(time.Duration(n)*time.Second), position, fmt.Sprintf(`{"n":%d}`, n))))
		if n%10 == 9 {
			require.NoError(t, w.Flush())
		}
	}
	whole := out.Len()
	require.NoError(t, w.Close())
	require.Error(t, w.Write(archive.Message{Group: position, Value: love.RawValue("1")}), "after Close")
	counts := map[int]bool{}
	for n := whole; n > 100; n-- {
		require.NoError(t, os.WriteFile(path, out.Bytes()[:n], 0o600))
		got := 0
		for m, err := range opened(t, path).Messages(t.Context(), history.Span{}) {
			require.NoError(t, err)
			v, _ := history.FieldOf(m.Value, "n")
			require.Equal(t, fmt.Sprint(got), string(v))
			got++
		}
		counts[got] = true
		report, err := archive.Verify(t.Context(), path)
		require.NoError(t, err)
		require.EqualValues(t, got, report.Messages)
		require.Empty(t, report.Problems)
	}
	require.Equal(t, map[int]bool{0: true, 10: true, 20: true, 30: true}, counts)
}
