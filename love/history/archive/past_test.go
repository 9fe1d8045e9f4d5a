package archive_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

// numbered is the delivery of a message with a number of the hub, n seconds after the
// night's beginning.
func numbered(n int, number uint64) love.Delivery {
	d := delivery(night.Add(time.Duration(n)*time.Second), position, fmt.Sprintf(`{"n":%d}`, n))
	d.Raw = append(d.Raw[:len(d.Raw)-1:len(d.Raw)-1], `,"seq":`+strconv.FormatUint(number, 10)+`}`...)
	return d
}

func past(t *testing.T, a *archive.Archive, q love.PastQuery) (values []string) {
	t.Helper()
	q.Stream = position
	for m, err := range a.Past(t.Context(), q) {
		require.NoError(t, err)
		values = append(values, fmt.Sprintf("%s %d", m.Value, m.Number))
	}
	return values
}

func TestThePastOfAStreamEndsAtANumberOfTheHub(t *testing.T) {
	dir := t.TempDir()
	a := open(t, archive.Config{Dir: dir})
	for n := range 3 {
		record(t, a, numbered(n, uint64(n+1)))
	}
	require.NoError(t, a.Close())
	a = open(t, archive.Config{Dir: dir})
	require.False(t, a.Has(position, 1), "numbers of another run")
	first := uint64(1<<32 - 2) // the file has their lower half
	for n := range 5 {
		record(t, a, numbered(10+n, first+uint64(n)))
	}
	require.True(t, a.Has(position, first+4))
	require.True(t, a.Has(position, first))
	require.False(t, a.Has(position, first+5))
	require.False(t, a.Has(love.StreamGroup(love.CategoryTelemetry, "ATDome", 1, "position"), 1))

	earlier := []string{`{"n":0} 0`, `{"n":1} 0`, `{"n":2} 0`}
	own := []string{`{"n":10} 4294967294`, `{"n":11} 4294967295`, `{"n":12} 4294967296`, `{"n":13} 4294967297`, `{"n":14} 4294967298`}
	before := night.Add(-1)
	require.Equal(t, append(earlier, own[:3]...), past(t, a, love.PastQuery{After: before, UpTo: first + 2}))
	require.Equal(t, append(earlier, own...), past(t, a, love.PastQuery{After: before, UpTo: first + 9}))
	require.Equal(t, earlier, past(t, a, love.PastQuery{After: before, UpTo: first - 1}))
	require.Equal(t, own[2:4], past(t, a, love.PastQuery{After: night.Add(11 * time.Second), UpTo: first + 3}))
	require.Equal(t, own[1:4], past(t, a, love.PastQuery{After: before, UpTo: first + 3, Messages: 3}))
	require.Equal(t, append(earlier[1:], own[:1]...), past(t, a, love.PastQuery{After: before, UpTo: first, Messages: 3}))
	require.Equal(t, own[3:4], past(t, a, love.PastQuery{After: before, UpTo: first + 3, Bytes: 15}), "one has 8 bytes")
	require.Equal(t, own[3:4], past(t, a, love.PastQuery{After: before, UpTo: first + 3, Bytes: 1}), "one is always given")
	require.Equal(t, append(earlier, own...), past(t, a, love.PastQuery{After: before, UpTo: first + 4, Messages: 8, Bytes: 1000}))
	require.Empty(t, past(t, a, love.PastQuery{After: night.Add(time.Hour), UpTo: first + 4, Messages: 3}))

	require.NoError(t, a.Close())
	a = open(t, archive.Config{Dir: dir})
	require.Len(t, past(t, a, love.PastQuery{After: before}), 8, "all are of earlier runs")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range a.Past(ctx, love.PastQuery{Stream: position}) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestTheNewestOfThePastAreReadFromAsFewFilesAsNeeded(t *testing.T) {
	dir := t.TempDir()
	for file := range 3 {
		a := open(t, archive.Config{Dir: dir})
		for n := range 10 {
			record(t, a, numbered(10*file+n, 1))
		}
		require.NoError(t, a.Close())
	}
	first := filepath.Join(dir, files(t, dir)[0])
	b, err := os.ReadFile(first)
	require.NoError(t, err)
	at := bytes.Index(b, []byte("zstd"))
	for i := range 40 {
		b[at+20+i] ^= 0xff // in the compressed records
	}
	require.NoError(t, os.WriteFile(first, b, 0o600))
	a := open(t, archive.Config{Dir: dir})
	got := past(t, a, love.PastQuery{Messages: 15})
	require.Len(t, got, 15)
	require.Equal(t, `{"n":15} 0`, got[0])
	require.Equal(t, `{"n":29} 0`, got[14])
	var failed error
	for _, err := range a.Past(t.Context(), love.PastQuery{Stream: position}) {
		failed = err
	}
	require.ErrorIs(t, failed, history.ErrUnavailable)
}

func TestTheClockMayGoBackALittleWithoutChangingTheOrder(t *testing.T) {
	a := open(t, archive.Config{})
	for n, seconds := range []float64{0, 0.5, 0.2, 0.1, 0.6} {
		d := numbered(n, uint64(n+1))
		d.Received = night.Add(time.Duration(seconds * float64(time.Second)))
		record(t, a, d)
	}
	require.Equal(t, []string{`{"n":0} 1`, `{"n":1} 2`, `{"n":2} 3`, `{"n":3} 4`, `{"n":4} 5`}, past(t, a, love.PastQuery{UpTo: 5}))
}

func TestAnArchiveIsAPast(t *testing.T) {
	lovetest.RunPast(t, func(t *testing.T, h *hub.Hub) hub.Past {
		a := open(t, archive.Config{Clock: love.SystemClock{}})
		ctx, cancel := context.WithCancel(context.Background())
		run, ended := a.Record(ctx, h), make(chan error, 1)
		go func() { ended <- run() }()
		t.Cleanup(func() {
			cancel()
			<-ended
		})
		return a
	})
}
