package archive_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/foxglove/mcap/go/mcap"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
)

// someFile is a small file of ours.
func someFile(t testing.TB) []byte {
	var out bytes.Buffer
	w := archive.NewWriter(&out)
	for n := range 6 {
		require.NoError(t, w.Record(delivery(night.Add(time.Duration(n)*time.Second), love.StreamGroup("telemetry", "ATDome", n%2, "position"), fmt.Sprintf(`{"n":{"value":%d}}`, n))))
		if n == 3 {
			require.NoError(t, w.Flush())
		}
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// foreignFile is one of another program, with its schemas and channels in the chunks.
func foreignFile(t testing.TB, o mcap.WriterOptions) []byte {
	var out bytes.Buffer
	w, err := mcap.NewWriter(&out, &o)
	require.NoError(t, err)
	require.NoError(t, w.WriteHeader(&mcap.Header{Profile: "ros1"}))
	require.NoError(t, w.WriteSchema(&mcap.Schema{ID: 1, Name: "s", Encoding: "jsonschema", Data: []byte("{}")}))
	require.NoError(t, w.WriteChannel(&mcap.Channel{ID: 1, SchemaID: 1, Topic: "telemetry-ATDome-0-position", MessageEncoding: "json"}))
	require.NoError(t, w.WriteChannel(&mcap.Channel{ID: 2, SchemaID: 1, Topic: "/camera", MessageEncoding: "ros1"}))
	for n := range 10 {
		require.NoError(t, w.WriteMessage(&mcap.Message{ChannelID: uint16(1 + n%2), LogTime: uint64(night.UnixNano()) + uint64(n), Data: fmt.Appendf(nil, `{"n":%d}`, n)}))
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

func TestFilesOfOtherProgramsAreRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foreign.mcap")
	for name, o := range map[string]mcap.WriterOptions{
		"zstd":            {Chunked: true, Compression: mcap.CompressionZSTD, IncludeCRC: true, ChunkSize: 50},
		"not compressed":  {Chunked: true, IncludeCRC: true},
		"without indexes": {Chunked: true, SkipMessageIndexing: true, SkipChunkIndex: true},
		"with a summary, without message indexes": {Chunked: true, SkipMessageIndexing: true},
	} {
		b := foreignFile(t, o)
		for _, cut := range []int{0, 8} {
			require.NoError(t, os.WriteFile(path, b[:len(b)-cut], 0o600))
			n := 0
			for m, err := range opened(t, path).Messages(t.Context(), history.Span{}) {
				require.NoError(t, err, name)
				require.Equal(t, fmt.Sprintf(`{"n":%d}`, n), string(m.Value))
				require.Equal(t, position, m.Group)
				n += 2
			}
			require.Equal(t, 10, n, "%s, cut by %d", name, cut)
		}
	}
	for name, o := range map[string]mcap.WriterOptions{
		"not in chunks":       {},
		"compressed with lz4": {Chunked: true, Compression: mcap.CompressionLZ4},
	} {
		require.NoError(t, os.WriteFile(path, foreignFile(t, o), 0o600))
		f, err := archive.OpenFile(path)
		if err == nil {
			for _, err = range f.Messages(t.Context(), history.Span{}) {
				break
			}
		}
		require.Error(t, err, name)
	}
}

// withoutLength is a file whose index says that the first chunk has no bytes.
func withoutLength(t testing.TB, b []byte) []byte {
	r, err := mcap.NewReader(bytes.NewReader(b))
	require.NoError(t, err)
	info, err := r.Info()
	require.NoError(t, err)
	c := info.ChunkIndexes[0]
	place := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, c.ChunkStartOffset), c.ChunkLength)
	i := bytes.LastIndex(b, place)
	require.Positive(t, i)
	b = bytes.Clone(b)
	clear(b[i+8 : i+16])
	return b
}

func TestAFileWithAWrongIndexIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wrong.mcap")
	require.NoError(t, os.WriteFile(path, withoutLength(t, someFile(t)), 0o600))
	var last error
	for _, err := range opened(t, path).Messages(t.Context(), history.Span{}) {
		last = err
	}
	require.ErrorIs(t, last, history.ErrUnavailable)
	report, err := archive.Verify(t.Context(), path)
	require.NoError(t, err)
	require.NotEmpty(t, report.Problems)
}

// FuzzFile reads files that are cut, damaged, or made to harm: whatever they hold, reading
// ends with an error or with messages, soon and with little memory.
func FuzzFile(f *testing.F) {
	good := someFile(f)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(good[:len(good)-20])
	f.Add(foreignFile(f, mcap.WriterOptions{Chunked: true, Compression: mcap.CompressionZSTD}))
	f.Add(foreignFile(f, mcap.WriterOptions{}))
	f.Add(foreignFile(f, mcap.WriterOptions{Chunked: true, SkipChunkIndex: true}))
	f.Add([]byte("not a file"))
	f.Add(mcap.Magic)
	huge := bytes.Clone(good)
	binary.LittleEndian.PutUint64(huge[9:], 1<<63)
	f.Add(huge)
	bomb := bytes.Clone(good)
	if i := bytes.Index(bomb, []byte("zstd")); i > 0 {
		binary.LittleEndian.PutUint64(bomb[i-4-4-8:], 1<<40) // the uncompressed size
		binary.LittleEndian.PutUint32(bomb[i-4-4:], crc32.ChecksumIEEE(nil))
	}
	f.Add(bomb)
	f.Add(withoutLength(f, good))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, "fuzz.mcap")
		require.NoError(t, os.WriteFile(path, b, 0o600))
		if file, err := archive.OpenFile(path); err == nil {
			for _, err := range file.Messages(t.Context(), history.Span{}) {
				if err != nil {
					break
				}
			}
			file.Span()
		}
		_, _ = archive.Verify(t.Context(), path)
		// The same as what a killed process left, and as its live file.
		for _, name := range []string{"love-2026-03-14-001.mcap", "love-2026-03-14-001.live.mcap"} {
			folder, err := os.MkdirTemp(dir, "")
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(folder, "love-2026-03-14-001.mcap"), good[:40], 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), b, 0o600))
			a, err := archive.Open(archive.Config{Dir: folder})
			if err == nil {
				_, _ = a.Streams(t.Context())
				_, _ = a.Newest(t.Context(), history.NewestQuery{Stream: position, Fields: []string{"n"}})
				require.NoError(t, a.Close())
			}
			require.NoError(t, os.RemoveAll(folder))
		}
	})
}
