package archive_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/lovetest"
)

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
