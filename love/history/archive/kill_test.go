package archive_test

import (
	"bufio"
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
)

// endless yields messages with a counter as fast as the archive takes them, and prints
// what has certainly been written.
type endless struct{ a *archive.Archive }

func (e endless) SubscribeWith(ctx context.Context, _ love.SubscribeOptions, _ ...love.Group) iter.Seq2[love.Delivery, error] {
	return func(yield func(love.Delivery, error) bool) {
		padding := strings.Repeat("p", 300)
		for n := 0; ; n++ {
			if !yield(delivery(time.Now(), love.StreamGroup(love.CategoryTelemetry, "ATDome", n%50, "position"), fmt.Sprintf(`{"n":%d,"p":"%s%d"}`, n, padding, n*7919)), nil) {
				return
			}
			if n%5000 == 4999 {
				if err := e.a.Flush(ctx); err != nil {
					panic(err)
				}
				fmt.Println(n)
			}
		}
	}
}

// recordUntilKilled is the child process of a test.
func recordUntilKilled(dir string) {
	a, err := archive.Open(archive.Config{Dir: dir})
	if err == nil {
		err = a.Record(context.Background(), endless{a})()
	}
	fmt.Println("the child ended:", err)
	os.Exit(1)
}

func TestFault_AKilledArchiveLosesOnlyTheChunkThatWasNotClosed(t *testing.T) {
	dir := t.TempDir()
	for _, written := range []int{15_000, 130_000} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "LOVE_TEST_ARCHIVE_CHILD="+dir)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		last := 0
		for lines := bufio.NewScanner(out); last < written && lines.Scan(); {
			last, err = strconv.Atoi(lines.Text())
			require.NoError(t, err, lines.Text())
		}
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()

		var log logged
		a := open(t, archive.Config{Dir: dir, Log: log.logger()})
		lines := log.lines()
		require.Len(t, lines, 1, "one line")
		require.Contains(t, lines[0], "complete up to the last chunk")
		now := time.Now()
		n := -1
		for m, err := range a.Messages(t.Context(), history.Span{From: now.Add(-time.Hour), To: now.Add(time.Hour)}) {
			require.NoError(t, err)
			v, _ := history.FieldOf(m.Value, "n")
			if string(v) == "0" {
				n = -1 // of the next process
			}
			n++
			require.Equal(t, strconv.Itoa(n), string(v), "nothing is missing and nothing is doubled")
		}
		require.GreaterOrEqual(t, n, last, "what was in a closed chunk is there")
		require.NoError(t, a.Close())
	}
	for _, name := range files(t, dir) {
		path := dir + "/" + name
		report, err := archive.Verify(t.Context(), path)
		require.NoError(t, err)
		require.Empty(t, report.Problems)
		require.True(t, report.Closed, name)
		for _, got := range python(t, path) {
			want := 0
			for _, c := range got.Counts {
				want += c
			}
			require.EqualValues(t, want, report.Messages, "Python finds as many")
		}
	}
}
