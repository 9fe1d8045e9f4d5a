package archive_test

import (
	"bytes"
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
