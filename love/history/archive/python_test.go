package archive_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
)

// readInPython prints what Python's mcap package finds in files: counts by topic, and a
// hash over all messages with their times.
const readInPython = `
import hashlib, json, sys
from mcap.reader import make_reader, NonSeekingReader
for path, indexed in ((p, i) for p in sys.argv[1:] for i in (True, False)):
    with open(path, "rb") as f:
        reader = make_reader(f, validate_crcs=True) if indexed else NonSeekingReader(f, validate_crcs=True)
        hash, counts, first, last = hashlib.sha256(), {}, 0, 0
        try:
            for schema, channel, m in reader.iter_messages(log_time_order=indexed):
                assert schema.encoding == "jsonschema" and json.loads(schema.data), schema
                assert channel.metadata["stream"] == channel.topic.split("-", 3)[3], channel
                counts[channel.topic] = counts.get(channel.topic, 0) + 1
                first, last = first or m.log_time, m.log_time
                hash.update(f"{channel.topic} {m.sequence} {m.log_time} {m.publish_time} ".encode() + m.data + b"\n")
        except Exception as e:
            if indexed:
                continue  # it has no summary
            from mcap.exceptions import EndOfFile
            if not isinstance(e, EndOfFile):
                raise
        print(json.dumps({"path": path, "indexed": indexed, "counts": counts, "first": first, "last": last, "hash": hash.hexdigest()}))
`

type pythonResult struct {
	Path    string
	Indexed bool
	Counts  map[string]int
	First   int64
	Last    int64
	Hash    string
}

// python reads files with Python's mcap package.
func python(t *testing.T, paths ...string) (all []pythonResult) {
	t.Helper()
	program := os.Getenv("LOVE_TEST_PYTHON")
	if program == "" {
		program = "python3"
	}
	if err := exec.Command(program, "-c", "import mcap.reader, zstandard").Run(); err != nil {
		t.Skipf("%s with the package mcap is needed (pip install mcap; LOVE_TEST_PYTHON names another python3): %v", program, err)
	}
	cmd := exec.Command(program, append([]string{"-c", readInPython}, paths...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	for dec := json.NewDecoder(out); dec.More(); {
		var r pythonResult
		require.NoError(t, dec.Decode(&r))
		all = append(all, r)
	}
	require.NoError(t, cmd.Wait())
	return all
}

// ofMessages returns what Python should find in these messages.
func ofMessages(t *testing.T, path string, f func(yield func(archive.Message, error) bool)) pythonResult {
	t.Helper()
	r := pythonResult{Path: path, Counts: map[string]int{}}
	hash := sha256.New()
	for m, err := range f {
		require.NoError(t, err)
		r.Counts[m.Group.String()]++
		if r.Last = m.Received.UnixNano(); r.First == 0 {
			r.First = r.Last
		}
		_, _ = fmt.Fprintf(hash, "%s %d %d %d %s\n", m.Group, m.Sequence, m.Received.UnixNano(), m.Published.UnixNano(), m.Value)
	}
	r.Hash = hex.EncodeToString(hash.Sum(nil))
	return r
}

func TestPythonReadsTheSame(t *testing.T) {
	dir := t.TempDir()
	a := open(t, archive.Config{Dir: dir})
	var want []archive.Message
	var all []love.Delivery
	for n := range 3000 {
		g := love.StreamGroup(love.CategoryTelemetry, "ATDome", n%3, fmt.Sprintf("stream-%d", n%7))
		value := fmt.Sprintf(`{"x":{"value":%d.5,"dataType":"Float","units":"deg"},"t":{"value":"añ\"%d"}}`, n, n)
		d := delivery(night.Add(time.Duration(n)*time.Millisecond), g, value)
		d.Raw = love.RawValue(fmt.Sprintf(`%s,"tracing":{"producer_snd":%d.25},"seq":%d}`, d.Raw[:len(d.Raw)-1], 1773543600+n, n+1))
		all = append(all, d)
		want = append(want, archive.Message{Group: g, Value: love.RawValue(value), Sequence: uint32(n + 1), Received: d.Received, Published: time.Unix(int64(1773543600+n), 250e6)})
	}
	messages := func(of []archive.Message) func(yield func(archive.Message, error) bool) {
		return func(yield func(archive.Message, error) bool) {
			for _, m := range of {
				if !yield(m, nil) {
					return
				}
			}
		}
	}
	record(t, a, all[:2000]...)
	live := filepath.Join(dir, "love-2026-03-14-001.live.mcap")
	got := python(t, live)
	require.Len(t, got, 1, "it has no summary yet")
	require.Equal(t, ofMessages(t, live, messages(want[:2000])), got[0], "while it is written")
	record(t, a, all[2000:]...)
	span := history.Span{From: night, To: night.Add(time.Hour)}
	exported := filepath.Join(dir, "export.mcap")
	f, err := os.Create(exported)
	require.NoError(t, err)
	require.NoError(t, a.Export(t.Context(), f, span, love.Group{Category: "telemetry", CSC: "ATDome", SalIndex: "1", Stream: "*"}))
	require.NoError(t, f.Close())
	require.NoError(t, a.Close())
	closed := filepath.Join(dir, "love-2026-03-14-001.mcap")
	got = python(t, closed, exported)
	require.Len(t, got, 4)
	wanted := ofMessages(t, closed, messages(want))
	require.Equal(t, ofMessages(t, closed, opened(t, closed).Messages(t.Context(), history.Span{})), wanted, "our reader")
	wanted.Indexed = true
	require.Equal(t, wanted, got[0])
	require.Equal(t, wanted.Counts, got[1].Counts, "without the index: in the order of the file")
	wanted = ofMessages(t, exported, opened(t, exported).Messages(t.Context(), history.Span{}))
	require.Len(t, wanted.Counts, 7)
	require.Equal(t, wanted, got[3], "an export is in the order of time")
	wanted.Indexed = true
	require.Equal(t, wanted, got[2])
}

func opened(t *testing.T, path string) *archive.File {
	t.Helper()
	f, err := archive.OpenFile(path)
	require.NoError(t, err)
	return f
}
