package cli

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
)

// archivedNight is when the first message of an archivedFolder was received.
var archivedNight = time.Date(2026, 3, 14, 3, 0, 0, 0, time.UTC)

// archivedFolder returns the folder of an archive with what a dome did for an hour, and
// with a hexapod.
func archivedFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "love-2026-03-13-001.mcap"))
	require.NoError(t, err)
	w := archive.NewWriter(f)
	write := func(seconds float64, group, format string, args ...any) {
		g, err := love.ParseGroup(group)
		require.NoError(t, err)
		at := archivedNight.Add(time.Duration(seconds * float64(time.Second)))
		require.NoError(t, w.Write(archive.Message{Group: g, Value: fmt.Appendf(nil, format, args...), Received: at, Published: at}))
	}
	for n := range 3600 {
		azimuth := 180 + 90*math.Sin(float64(n)/600)
		write(float64(n), "telemetry-ATDome-0-position", `{"azimuthPosition":{"value":%.3f,"dataType":"Float","units":"deg"},"valid":{"value":%t},"doors":{"value":[%d,2]}}`, azimuth, n < 1000, n/900)
	}
	for n, state := range []int{5, 1, 2} {
		write(float64(600*n), "event-ATDome-0-summaryState", `[{"summaryState":{"value":%d},"private_sndStamp":{"value":1.5},"note":{"value":"an, \"odd\" text"}}]`, state)
	}
	write(0.25, "telemetry-MTHexapod-1-application", `{"position":{"value":[0.5]}}`)
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	return dir
}

// historian is a user of a manager with that archive.
func historian(t *testing.T) *user {
	u := newUser(t)
	u.startManager("--archive", archivedFolder(t))
	u.env["LOVED_USER"], u.env["LOVED_PASSWORD"] = "user", "user's"
	return u
}

func TestHistoryShowsHowFieldsWent(t *testing.T) {
	u := historian(t)
	hour := []string{"--from", "2026-03-14T03:00", "--to", "2026-03-14T04:00"}
	out := u.mustRun("", append([]string{"history", "ATDome", "position", "azimuthPosition", "valid"}, hour...)...)
	lines := strings.Split(out, "\n")
	require.Equal(t, "ATDome position from 2026-03-14 03:00:00 to 2026-03-14 04:00:00 UTC, 3600 samples", lines[0])
	require.Equal(t, "azimuthPosition  ▅▅▅▆▆▆▇▇▇▇███████████▇▇▇▇▆▆▆▆▅▅▄▄▄▃▃▃▃▂▂▂▂▁▁▁▁▁▁▁▁▁▁▁▂▂▂▂▃▃▃  least 90, mean 180.6009, greatest 270, last 154.709", lines[2])
	require.Equal(t, "valid            ████████████████▆▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  last false", lines[3])
	require.Equal(t, "TIME                 azimuthPosition               valid", lines[5])
	require.Equal(t, "2026-03-14 03:00:00  193.3252 (180 … 206.453)      true", lines[6])
	require.Regexp(t, `^2026-03-14 03:15:00  269\.3877 \(267\.68 … 270\) +false \(changed\)$`, lines[11])
	require.Len(t, lines, 27)

	require.Equal(t, `ATDome position from 2026-03-14 03:14:59 to 2026-03-14 03:15:01 UTC, 2 samples

doors0  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█                               least 0, mean 0.5, greatest 1, last 1

TIME                 doors0
2026-03-14 03:14:59  0
2026-03-14 03:15:00  1
`, u.mustRun("", "history", "ATDome:0", "tel_position", "doors0", "--to", "2026-03-14T03:15:01Z", "--last", "2s"))

	require.Regexp(t, `^time,azimuthPosition,azimuthPosition_min,azimuthPosition_max,doors1,doors1_min,doors1_max
2026-03-14T03:00:00Z,239\.69623833\d+,180,270,2,2,2
2026-03-14T03:30:00Z,121\.50564055\d+,90,192\.701,2,2,2
$`, u.mustRun("", append([]string{"history", "ATDome", "position", "azimuthPosition", "doors1", "--csv", "--points", "2"}, hour...)...))
	require.Equal(t, "time,valid,doors\n2026-03-14T03:16:39Z,true,\"[1,2]\"\n2026-03-14T03:16:40Z,false,\"[1,2]\"\n",
		u.mustRun("", "history", "ATDome", "position", "valid", "doors", "--csv", "--from", "2026-03-14T03:16:39", "--to", "2026-03-14T03:16:41"))
}

func TestHistoryShowsRecords(t *testing.T) {
	u := historian(t)
	hour := []string{"--from", "2026-03-14T03:00", "--to", "2026-03-14T04:00"}
	require.Equal(t, `TIME                 RECORD
2026-03-14 03:00:00  summaryState=STANDBY  note="an, \"odd\" text"
2026-03-14 03:10:00  summaryState=DISABLED  note="an, \"odd\" text"
2026-03-14 03:20:00  summaryState=ENABLED  note="an, \"odd\" text"
`, u.mustRun("", append([]string{"history", "ATDome", "summaryState"}, hour...)...))
	got := u.run(append([]string{"history", "ATDome", "evt_summaryState", "--limit", "1"}, hour...)...)
	require.Equal(t, "TIME                 RECORD\n2026-03-14 03:20:00  summaryState=ENABLED  note=\"an, \\\"odd\\\" text\"\n", got.out)
	require.Equal(t, "These are the newest 1 records; --limit shows more.\n", got.errors)
	require.Equal(t, "time,summaryState,private_sndStamp,note\n2026-03-14T03:20:00Z,2,1.5,\"an, \"\"odd\"\" text\"\n",
		u.mustRun("", append([]string{"history", "ATDome", "logevent_summaryState", "--csv", "--limit", "1"}, hour...)...))
	require.Contains(t, u.mustRun("", append([]string{"history", "ATDome", "summaryState", "summaryState"}, hour...)...),
		"summaryState  ██████████▁▁▁▁▁▁▁▁▁▁▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃  last ENABLED")
	require.Equal(t, result{errors: "ATDome summaryState has no records from 2026-03-14 05:00:00 to 2026-03-14 06:00:00 UTC.\n"},
		u.run("history", "ATDome", "summaryState", "--from", "2026-03-14T05:00", "--to", "2026-03-14T06:00"))
	require.Equal(t, result{errors: "ATDome position has no samples from 2026-03-13 00:00:00 to 2026-03-14 00:00:00 UTC.\n"},
		u.run("history", "ATDome", "position", "valid", "--from", "2026-03-13", "--to", "2026-03-14"))
}

func TestHistoryListsAndDownloads(t *testing.T) {
	u := historian(t)
	require.Equal(t, `STREAM                             MESSAGES  FIRST                LAST
event-ATDome-0-summaryState               3  2026-03-14 03:00:00  2026-03-14 03:59:59
telemetry-ATDome-0-position            3600  2026-03-14 03:00:00  2026-03-14 03:59:59
telemetry-MTHexapod-1-application         1  2026-03-14 03:59:59  2026-03-14 03:59:59
`, strings.ReplaceAll(u.mustRun("", "history", "streams"), "1  2026-03-14 03:00:00", "1  2026-03-14 03:59:59"))
	require.Equal(t, 2, strings.Count(u.mustRun("", "history", "streams", "MTHexapod"), "\n"))
	require.Equal(t, result{errors: "The source \"archive\" has no streams.\n"}, u.run("history", "streams", "Nobody"))

	path := filepath.Join(t.TempDir(), "dome.mcap")
	download := []string{"history", "download", "telemetry-*-*-*", "--from", "2026-03-14T03:00", "--to", "2026-03-14T03:01", "--out", path}
	require.Regexp(t, `^ok      \S+dome\.mcap: 61 messages of 2 streams, [\d.]+ KiB, 2026-03-14 03:00:00 to 2026-03-14 03:00:59 UTC\n$`, u.mustRun("", download...))
	require.Equal(t, "loved history download: "+path+" exists: give another name, or remove it", u.mustFail(exitFailure, "", download...))
	require.NoError(t, os.Remove(path))
	require.Equal(t, "loved history download: from: The span is longer than 25 hours: ask for parts of it",
		u.mustFail(exitFailure, "", "history", "download", "--from", "2026-03-10", "--to", "2026-03-14", "--out", path))
	require.NoFileExists(t, path)
}

func TestHistoryVerifiesFiles(t *testing.T) {
	u, dir := newUser(t), archivedFolder(t)
	good := filepath.Join(dir, "love-2026-03-13-001.mcap")
	require.Regexp(t, `^ok      \S+001\.mcap: 3604 messages of 3 streams, [\d.]+ KiB, 2026-03-14 03:00:00 to 2026-03-14 03:59:59 UTC\n$`, u.mustRun("", "history", "verify", dir))
	b, err := os.ReadFile(good)
	require.NoError(t, err)
	cut, bad, text := filepath.Join(dir, "cut.mcap"), filepath.Join(dir, "bad.mcap"), filepath.Join(dir, "text.mcap")
	require.NoError(t, os.WriteFile(cut, b[:len(b)-3000], 0o600))
	b[len(b)/2] ^= 0xff
	require.NoError(t, os.WriteFile(bad, b, 0o600))
	require.NoError(t, os.WriteFile(text, []byte("a text"), 0o600))
	got := u.run("history", "verify", dir, "/nowhere")
	require.Equal(t, exitFailure, got.code)
	require.Equal(t, "loved history verify: 3 files with problems\n", got.errors)
	lines := strings.Split(got.out, "\n")
	require.Regexp(t, `^FAILED  \S+bad\.mcap: \d+ messages of \d streams`, lines[0])
	require.Regexp(t, `\n        the chunk at byte \d+: .*\n`, got.out)
	require.Regexp(t, `\nok      \S+cut\.mcap: \d+ messages of \d streams, [\d.]+ KiB, 2026-03-14 03:00:00 to .* UTC, not closed`, got.out)
	require.Regexp(t, `\nFAILED  \S+text\.mcap: not an MCAP file of this version: it does not begin like one\n`, got.out)
	require.Contains(t, got.out, "\nFAILED  /nowhere: no such file or directory\n")
	require.Regexp(t, `^{"file":"[^"]*001\.mcap","closed":true,"messages":3604,"streams":3,"chunks":\d+,"bytes":\d+,"first":"2026-03-14T03:00:00Z","last":"2026-03-14T03:59:59Z","cut":0,"problems":\[\]}\n$`,
		u.mustRun("", "history", "verify", "--json", good))
	require.Contains(t, u.mustFail(exitFailure, "", "history", "verify", t.TempDir()), "there are no MCAP files in the folder")
}

func TestHistorySaysWhatItDoesNotKnow(t *testing.T) {
	u := historian(t)
	hour := " --from 2026-03-14T03:00 --to 2026-03-14T04:00"
	for args, want := range map[string]string{
		"ATDom position x" + hour:                     `the source "archive" has nothing of a component "ATDom"; did you mean ATDome?`,
		"ATDome positio x" + hour:                     `the source "archive" has nothing of a topic "positio" of ATDome; did you mean position? (loved history streams ATDome shows what there is)`,
		"ATDome positio" + hour:                       `the source "archive" has nothing of a topic "positio" of ATDome`,
		"ATDome position x" + hour:                    `unknown field: x of telemetry-ATDome-0-position (loved topics ATDome position shows the fields)`,
		"MTHexapod application position0" + hour:      `the source "archive" has nothing of MTHexapod application: there are MTHexapod:1`,
		"ATDome position x --source usdf_efd":         `source: There is no such source: there are archive`,
		"ATDome position x --from 2025-01-01":         `from: The span is longer than 744 hours: ask for parts of it`,
		"ATDome position x --from 1h --last 2h":       `--last and --from both say where it begins: give one of them`,
		"ATDome position x --last -1h":                `--last is -1h: give a time above 0`,
		"ATDome position x --from 1h --to 2h":         `give a --from before --to`,
		"ATDome position x --points 0":                `--points is 0: give 1 to 100000`,
		"ATDome position --limit 1001":                `--limit is 1001: give 1 to 1000`,
		"ATDome":                                      `TOPIC is missing`,
		"AT.Dome position":                            `give NAME or NAME:INDEX`,
		"download --last 1h":                          `--out is missing`,
		"download nonsense --out x":                   `nonsense`,
		"verify":                                      `FILE is missing`,
		"download --out /nowhere/x.mcap":              `no such file or directory`,
		"ATDome position x --manager http://[::1]:1/": `nothing listens there`,
	} {
		r := u.run(append([]string{"history"}, strings.Fields(args)...)...)
		require.NotZero(t, r.code, args)
		require.Contains(t, r.errors, want, args)
	}
	without := newUser(t)
	without.startManager()
	without.env["LOVED_USER"], without.env["LOVED_PASSWORD"] = "user", "user's"
	for _, args := range []string{"ATDome position x", "ATDome position", "streams", "download --out " + t.TempDir() + "/x.mcap"} {
		require.Contains(t, without.mustFail(exitFailure, "", append([]string{"history"}, strings.Fields(args)...)...),
			"the manager has no history: start it with --archive FOLDER or --efd NAME=URL", args)
	}
}

func TestTheDemoAnswersWhatTheDomeDid(t *testing.T) {
	u := newUser(t)
	demo := u.startDemo()
	require.Contains(t, demo.out.String(), "history ATDome position azimuthPosition --last 10m")
	u.waitForTelemetry()
	out := u.mustRun("", "history", "ATDome", "position", "azimuthPosition", "--last", "10m")
	require.Regexp(t, `^ATDome position from .* UTC, \d+ samples?\n\nazimuthPosition \(deg\)  .*last [\d.]+\n\nTIME +azimuthPosition\n\d`, out)
	require.Regexp(t, `state=\w+`, u.mustRun("", "history", "ATDome", "azimuthState"), "numbers have names")
	require.Zero(t, demo.stop())
}

func TestALineOfBlocksHasGapsWhereNothingCame(t *testing.T) {
	span := history.Span{From: archivedNight, To: archivedNight.Add(20 * time.Second)}
	var s history.Series
	for _, n := range []int{0, 1, 2, 3, 10, 11, 12, 13, 14} {
		s.Samples = append(s.Samples, history.Sample{Time: archivedNight.Add(time.Duration(n) * time.Second), Value: fmt.Appendf(nil, "%d", n)})
	}
	require.Equal(t, "▁▂▂▃      ▆▇▇██     ", spark(s, span, 20, false))
	require.Equal(t, "▁▂▂▃▃▃▃▃▃▃▆▇▇███████", spark(s, span, 20, true), "an event lasts until the next one")
	require.Equal(t, "▁  ▇█ ", spark(s, span, 6, false))
	s.Samples = []history.Sample{{Time: archivedNight, Value: love.RawValue(`"a"`)}, {Time: archivedNight, Value: love.RawValue("NaN")}}
	require.Equal(t, "     ", spark(s, span, 5, true))
	require.Equal(t, "   ", spark(history.Series{}, span, 3, true))
}
