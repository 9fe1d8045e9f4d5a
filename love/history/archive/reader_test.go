package archive_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestAReaderIsASource(t *testing.T) {
	t.Run("of a folder that is written", func(t *testing.T) {
		lovetest.RunHistory(t, func(t *testing.T, records []history.Record) history.Source {
			dir := t.TempDir()
			record(t, open(t, archive.Config{Dir: dir}), deliveries(records)...)
			return archive.NewReader(dir)
		})
	})
	t.Run("of several files, the last of them written", func(t *testing.T) {
		lovetest.RunHistory(t, func(t *testing.T, records []history.Record) history.Source {
			c := archive.Config{Dir: t.TempDir()}
			for len(records) > 0 {
				n := min(len(records), 140)
				a := open(t, c)
				record(t, a, deliveries(records[:n])...)
				if records = records[n:]; len(records) > 0 {
					require.NoError(t, a.Close())
				}
			}
			return archive.NewReader(c.Dir)
		})
	})
}

func TestAReaderOfNoFolderSaysSo(t *testing.T) {
	r := archive.NewReader(filepath.Join(t.TempDir(), "nowhere"))
	_, err := r.Streams(t.Context())
	require.ErrorIs(t, err, history.ErrUnavailable)
	require.ErrorContains(t, err, "nowhere")
}

// messagesOf returns how many messages a reader has, numbered from 0 without a gap.
func messagesOf(t *testing.T, r *archive.Reader) (n int) {
	t.Helper()
	for m, err := range r.Messages(t.Context(), history.Span{}) {
		require.NoError(t, err)
		v, _ := history.FieldOf(m.Value, "n")
		require.Equal(t, strconv.Itoa(n), string(v), "nothing is missing and nothing is doubled")
		n++
	}
	return n
}

func TestAReaderFollowsAnArchiveThatWrites(t *testing.T) {
	dir := t.TempDir()
	a := open(t, archive.Config{Dir: dir, FileBytes: 64 << 10})
	r := archive.NewReader(dir)
	const messages = 50_000
	padding := strings.Repeat("p", 400) // 20 MB: several slabs and files
	written := make(chan error)
	go func() {
		var err error
		for n := 0; n < messages && err == nil; n += 1000 {
			var some published
			for i := n; i < n+1000; i++ {
				some = append(some, delivery(night.Add(time.Duration(i)*time.Millisecond), position, fmt.Sprintf(`{"n":%d,"p":"%s%d"}`, i, padding, i*7919*7919)))
			}
			_ = a.Record(t.Context(), some)()
			err = a.Flush(t.Context())
		}
		written <- err
	}()
	last := 0
	for done := false; !done; {
		select {
		case err := <-written:
			require.NoError(t, err)
			done = true
		default:
		}
		n := messagesOf(t, r)
		require.GreaterOrEqual(t, n, last)
		last = n
	}
	require.Equal(t, messages, last)
	require.NoError(t, a.Close())
	require.Equal(t, messages, messagesOf(t, r), "closed")
	require.Greater(t, len(files(t, dir)), 2)

	copied := t.TempDir()
	b := open(t, archive.Config{Dir: copied})
	record(t, b, delivery(night, position, `{"n":0}`))
	killed := t.TempDir()
	require.NoError(t, os.CopyFS(killed, os.DirFS(copied)))
	require.Equal(t, 1, messagesOf(t, archive.NewReader(killed)), "killed and not opened again")
}
