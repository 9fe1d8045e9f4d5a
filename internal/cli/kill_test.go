package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
)

// child is the program in a process of its own, which can be killed.
type child struct {
	cmd         *exec.Cmd
	out, errors *output
}

func (u *user) startChild(args ...string) *child {
	c := &child{exec.Command(os.Args[0], args...), newOutput(), newOutput()}
	c.cmd.Env = append(u.env.list(), childVariable+"=1")
	c.cmd.Stdout, c.cmd.Stderr = c.out, c.errors
	require.NoError(u.t, c.cmd.Start())
	u.t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	return c
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

var tick = love.StreamGroup(love.CategoryEvent, "ATDome", 0, "tick")

// load publishes numbered events and telemetry as fast as a manager takes them, until the
// connection is lost or the function that it returns is called.
func load(t *testing.T, url, password string) (stop func()) {
	c, err := client.New(url, client.WithProcessPassword(password), client.WithoutRetry())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{}, 2)
	go func() {
		_ = c.Run(ctx)
		cancel()
		ended <- struct{}{}
	}()
	go func() {
		defer func() { ended <- struct{}{} }()
		padding := strings.Repeat("p", 300)
		for n := 0; ; n++ {
			value := fmt.Sprintf(`{"n":%d,"p":"%s%d"}`, n, padding, n*7919)
			for _, message := range []string{
				`{"category":"event","data":[{"csc":"ATDome","salindex":0,"data":{"tick":[` + value + `]}}]}`,
				fmt.Sprintf(`{"category":"telemetry","data":[{"csc":"ATDome","salindex":%d,"data":{"load":%s}}]}`, n%50, value),
			} {
				if c.Send(ctx, []byte(message)) != nil {
					return
				}
			}
		}
	}()
	return func() {
		cancel()
		<-ended
		<-ended
	}
}

// ticks returns how many events a folder or file has of each run, which are numbered
// without a gap from 0.
func ticks(t *testing.T, messages func(yield func(archive.Message, error) bool)) (runs []int) {
	t.Helper()
	for m, err := range messages {
		require.NoError(t, err)
		if m.Group != tick {
			continue
		}
		for object := range history.Objects(m.Value) {
			n, _ := history.FieldOf(object, "n")
			if string(n) == "0" {
				runs = append(runs, 0)
			}
			require.Equal(t, strconv.Itoa(runs[len(runs)-1]), string(n), "no event is missing, and none is doubled")
			runs[len(runs)-1]++
		}
	}
	return runs
}

func TestFault_AManagerThatIsKilledWhileItRecordsLosesOnlyTheLastChunk(t *testing.T) {
	u := newUser(t)
	dir := filepath.Join(t.TempDir(), "archive")
	u.env["PROCESS_CONNECTION_PASS"], u.env["LOVED_DATABASE"] = "a good long one", "sqlite:"+filepath.Join(u.env["HOME"], "loved.db")
	reader := archive.NewReader(dir)
	newest := func() int {
		all, err := reader.Newest(t.Context(), history.NewestQuery{Stream: tick, Fields: []string{"n"}})
		if err != nil || len(all[0].Samples) == 0 {
			return 0
		}
		n, err := strconv.Atoi(string(all[0].Samples[0].Value))
		require.NoError(t, err)
		return n
	}
	start := func() (*child, func()) {
		c := u.startChild("manager", "--listen", "127.0.0.1:0", "--archive", dir)
		return c, load(t, c.out.waitFor(t, `LOVE manager at (\S+)\n`)[1], u.env["PROCESS_CONNECTION_PASS"])
	}

	manager, stop := start()
	require.Eventually(t, func() bool { return newest() > 20_000 }, 2*testTimeout, 20*time.Millisecond)
	seen := newest()
	manager.kill()
	stop()

	manager, stop = start()
	manager.errors.waitFor(t, `the archive had not been closed: it is complete up to the last chunk`)
	require.Eventually(t, func() bool { n := newest(); return n > 100 && n < seen }, 2*testTimeout, 20*time.Millisecond, "of the second run")
	stop()
	require.NoError(t, manager.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, manager.cmd.Wait())
	require.Equal(t, 1, strings.Count(manager.errors.String(), "complete up to the last chunk"), "one line")

	runs := ticks(t, reader.Messages(t.Context(), history.Span{}))
	require.Len(t, runs, 2)
	require.GreaterOrEqual(t, runs[0], seen, "what was in a closed chunk is there")
	out := u.mustRun("", "history", "verify", dir)
	require.NotContains(t, out, "not closed")
	require.Equal(t, messagesIn(t, filesOf(dir)), inPython(t, filesOf(dir)))
}

func TestFault_ARecordingThatIsKilledHasAllButTheLastChunk(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager()
	path := filepath.Join(t.TempDir(), "night.mcap")
	recording := u.startChild("record", "--log-level", "info", "event-*-*-*", "telemetry-*-*-*", "--out", path)
	recording.errors.waitFor(t, `msg=subscribed group=event-\*`)
	recording.errors.waitFor(t, `msg=subscribed group=telemetry-\*`)
	stop := load(t, url, u.env["PROCESS_CONNECTION_PASS"])
	seen := 0
	require.Eventually(t, func() bool {
		f, err := archive.OpenFile(path)
		if err != nil {
			return false
		}
		if all := ticks(t, f.Messages(t.Context(), history.Span{})); len(all) > 0 {
			seen = all[0]
		}
		return seen > 5000
	}, 2*testTimeout, 100*time.Millisecond)
	recording.kill()
	stop()

	f, err := archive.OpenFile(path)
	require.NoError(t, err)
	require.False(t, f.Closed())
	runs := ticks(t, f.Messages(t.Context(), history.Span{}))
	require.GreaterOrEqual(t, runs[0], seen)
	require.Regexp(t, `^ok .*, not closed`, u.mustRun("", "history", "verify", path))
	require.Equal(t, messagesIn(t, []string{path}), inPython(t, []string{path}))
	require.Regexp(t, `^\d+ messages published\n$`, u.mustRun("", "replay", "--speed", "0", path))
}

// messagesIn returns how many messages files have.
func messagesIn(t *testing.T, paths []string) (n uint64) {
	t.Helper()
	for _, path := range paths {
		report, err := archive.Verify(t.Context(), path)
		require.NoError(t, err)
		require.Empty(t, report.Problems)
		n += report.Messages
	}
	return n
}

// countInPython prints how many messages Python's mcap package finds in files. One that was
// not closed ends in the middle.
const countInPython = `
import sys
from mcap.exceptions import EndOfFile
from mcap.reader import NonSeekingReader
n = 0
for path in sys.argv[1:]:
    with open(path, "rb") as f:
        try:
            for _ in NonSeekingReader(f, validate_crcs=True).iter_messages(log_time_order=False):
                n += 1
        except EndOfFile:
            pass
print(n)
`

// inPython returns how many messages Python finds; as many as we do if there is no Python
// with the package.
func inPython(t *testing.T, paths []string) uint64 {
	t.Helper()
	program := os.Getenv("LOVE_TEST_PYTHON")
	if program == "" {
		program = "python3"
	}
	if exec.Command(program, "-c", "import mcap.reader, zstandard").Run() != nil {
		t.Logf("%s has no package mcap (LOVE_TEST_PYTHON names another): not compared", program)
		return messagesIn(t, paths)
	}
	out, err := exec.Command(program, append([]string{"-c", countInPython}, paths...)...).Output()
	require.NoError(t, err)
	n, err := strconv.ParseUint(strings.TrimSpace(string(out)), 10, 64)
	require.NoError(t, err)
	return n
}
