package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
)

// recorded returns what a file has of each stream: the values with the times of
// publishing, to the microsecond that these have on the wire, in their order.
func recorded(t *testing.T, path string) map[string][]string {
	t.Helper()
	f, err := archive.OpenFile(path)
	require.NoError(t, err)
	all := map[string][]string{}
	for m, err := range f.Messages(t.Context(), history.Span{}) {
		require.NoError(t, err)
		stream := m.Group.String()
		all[stream] = append(all[stream], m.Published.Truncate(time.Microsecond).Format(time.RFC3339Nano)+" "+string(m.Value))
	}
	return all
}

func TestARecordingThatIsReplayedAndRecordedAgainIsTheSame(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first.mcap"), filepath.Join(dir, "second.mcap")
	observatory := newUser(t)
	observatory.startDemo()
	out := observatory.mustRun("", "record", "event-*-*-*", "telemetry-*-*-*", "telemetry-ATDome-0-position", "--snapshot", "--count", "250", "--out", first)
	require.Regexp(t, `^250 messages of \d+ streams in .*first\.mcap, [\d.]+ [KM]iB, in [\d.]+ s\n$`, out)
	want := recorded(t, first)
	require.Greater(t, len(want), 20)
	total := 0
	for _, messages := range want {
		total += len(messages)
	}
	require.Equal(t, 250, total)

	elsewhere := newUser(t)
	elsewhere.startManager()
	again := elsewhere.start("record", "--log-level", "info", "event-*-*-*", "telemetry-*-*-*", "--count", "250", "--out", second)
	again.waitForError(`msg=subscribed group=event-\*`)
	again.waitForError(`msg=subscribed group=telemetry-\*`)
	require.Equal(t, "250 messages published\n", elsewhere.mustRun("", "replay", "--speed", "0", first))
	again.waitFor(`250 messages of`)
	require.Zero(t, again.stop())
	got := recorded(t, second)
	require.Len(t, got, len(want))
	for stream, messages := range want {
		require.Equal(t, messages, got[stream], stream)
	}
	report, err := archive.Verify(t.Context(), second)
	require.NoError(t, err)
	require.True(t, report.Closed)
	require.Empty(t, report.Problems)
}

func TestARecordingEndsCleanlyWhenItIsInterrupted(t *testing.T) {
	u := newUser(t)
	u.startManager()
	path := filepath.Join(t.TempDir(), "dome.mcap")
	p := u.start("record", "--log-level", "info", "event-ATDome-0-state", "--out", path)
	p.waitForError(`msg=subscribed`)
	sub := u.subscribe("event-ATDome-0-state")
	for n := range 3 {
		u.mustRun("", "pub", "event", "ATDome", "state", fmt.Sprintf(`[{"n":%d}]`, n))
	}
	sub.waitFor(`"n":2`)
	require.Eventually(t, func() bool { // a chunk is closed each second
		f, err := archive.OpenFile(path)
		if err != nil {
			return false
		}
		n := 0
		for range f.Messages(t.Context(), history.Span{}) {
			n++
		}
		return n == 3
	}, testTimeout, 50*time.Millisecond)
	require.Zero(t, p.stop())
	require.Regexp(t, `^3 messages of 1 stream in \S+dome\.mcap, [\d.]+ KiB, in [\d.]+ s\n$`, p.out.String())
	require.Len(t, recorded(t, path)["event-ATDome-0-state"], 3)

	require.Equal(t, "loved record: "+path+" exists: give another name, or remove it",
		u.mustFail(exitFailure, "", "record", "event-ATDome-0-state", "--out", path))
	empty := filepath.Join(t.TempDir(), "empty.mcap")
	out := u.mustRun("", "record", "event-ATDome-0-other", "--for", "1ms", "--out", empty)
	require.Regexp(t, `^nothing came in 0\.\d s: \S+empty\.mcap was not kept\n$`, out)
	require.NoFileExists(t, empty)
}

func TestWrongUseOfRecordAndReplay(t *testing.T) {
	u := newUser(t)
	u.startManager()
	dir := t.TempDir()
	text := filepath.Join(dir, "text.mcap")
	require.NoError(t, os.WriteFile(text, []byte(mcapMagic+"and nothing else"), 0o600))
	for args, want := range map[string]string{
		"record --out x.mcap":                                                "GROUP is missing",
		"record event-all-all-all":                                           "--out is missing: name the file to record into",
		"record event-A*-0-s --out x.mcap":                                   "* stands for a whole component",
		"record event-all-all-all --out x --for -1s":                         "--for is -1s: give a time above 0",
		"record event-all-all-all --out x --count -1":                        "--count is -1: give a number above 0",
		"replay --from 2026-03-14 --to 2026-03-13T12:00 x":                   "--from is not before --to",
		"replay --from yesterday x":                                          "give a time such as",
		"record event-all-all-all --out " + dir + "/no/x.mcap":               "no such file or directory",
		"replay " + text:                                                     "not an MCAP file of this version",
		"replay " + dir + "/nothing.mcap":                                    "no such file or directory",
		"record event-all-all-all --manager http://127.0.0.1:1 --out x.mcap": "nothing listens there",
	} {
		r := u.run(strings.Fields(args)...)
		require.NotZero(t, r.code, args)
		require.Contains(t, r.errors, want, args)
	}
	require.NoFileExists(t, "x.mcap")
}

// writeNight writes a file of three messages, a second apart, and returns when the first
// was received.
func writeNight(t *testing.T, path string) time.Time {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	w := archive.NewWriter(f)
	at := time.Date(2026, 3, 14, 3, 0, 0, 0, time.UTC)
	position, err := parseGroup("telemetry-ATDome-0-position")
	require.NoError(t, err)
	for n := range 3 {
		t0 := at.Add(time.Duration(n) * time.Second)
		require.NoError(t, w.Write(archive.Message{Group: position, Value: fmt.Appendf(nil, `{"n":%d}`, n), Received: t0, Published: t0.Add(-time.Millisecond)}))
	}
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	return at
}

func TestAPartOfARecordingIsReplayed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "love-2026-03-13-001.mcap")
	at := writeNight(t, path)
	lines := strings.ReplaceAll(threeMessages, "1700000000", fmt.Sprint(at.Add(37*time.Second).Unix())) // TAI
	lines = strings.ReplaceAll(lines, "1700000001", fmt.Sprint(at.Add(38*time.Second).Unix()))
	jsonl := filepath.Join(dir, "night.jsonl")
	require.NoError(t, os.WriteFile(jsonl, []byte(lines+`{"category":"event","data":[]}`+"\n"), 0o600))
	play := func(from, to time.Time, file string) (sent []string) {
		r := replay{from: timeFlag{from}, to: timeFlag{to}}
		require.NoError(t, r.play(t.Context(), []string{file}, func(b []byte) error {
			sent = append(sent, string(b))
			return nil
		}))
		require.Equal(t, len(sent), r.sent)
		return sent
	}
	second := `{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"position":{"n":1}}}],"producer_snd":1773457200.999}`
	for _, file := range []string{path, dir} {
		require.Len(t, play(time.Time{}, time.Time{}, file), 3, "all")
		require.Equal(t, []string{second}, play(at.Add(time.Second), at.Add(2*time.Second), file))
		require.Len(t, play(at.Add(time.Second), time.Time{}, file), 2)
		require.Len(t, play(time.Time{}, at.Add(time.Second), file), 1)
	}
	require.Len(t, play(time.Time{}, time.Time{}, jsonl), 4)
	require.Len(t, play(at.Add(100*time.Millisecond), at.Add(time.Second), jsonl), 1)
	require.Len(t, play(at.Add(100*time.Millisecond), time.Time{}, jsonl), 2, "what has no time is left out")
}

func TestARecordingIsReplayedInItsTiming(t *testing.T) {
	path := filepath.Join(t.TempDir(), "night.mcap")
	writeNight(t, path)
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		r := replay{speed: 2}
		start := time.Now()
		require.NoError(t, r.play(t.Context(), []string{path}, func([]byte) error {
			at = append(at, time.Since(start))
			return nil
		}))
		require.Equal(t, []time.Duration{0, 500 * time.Millisecond, time.Second}, at)
	})
}
