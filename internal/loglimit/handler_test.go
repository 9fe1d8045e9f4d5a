package loglimit_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/loglimit"
)

// output is a log that a timer writes to, too.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func newLog(r loglimit.Rate, exempt ...string) (*slog.Logger, *loglimit.Handler, *output) {
	out := new(output)
	h := loglimit.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}), r, exempt...)
	return slog.New(h), h, out
}

// lines returns what was written since the last call.
func lines(out *output) []string {
	out.mu.Lock()
	defer out.mu.Unlock()
	defer out.text.Reset()
	if out.text.Len() == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(out.text.String(), "\n"), "\n")
}

func TestOfAFloodTheFirstLinesAreWrittenAndTheNextOneSaysHowManyWereHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _, out := newLog(loglimit.Rate{PerSecond: 2, Burst: 3})
		for i := range 10 {
			log.Warn("slow", "n", i)
		}
		require.Equal(t, []string{"level=WARN msg=slow n=0", "level=WARN msg=slow n=1", "level=WARN msg=slow n=2"}, lines(out))
		log.Warn("other")
		log.Error("slow")
		require.Equal(t, []string{"level=WARN msg=other", "level=ERROR msg=slow"}, lines(out), "others are not concerned")

		time.Sleep(500 * time.Millisecond)
		log.With("a", 1).WithGroup("g").Warn("slow", "n", 10)
		log.Warn("slow", "n", 11)
		require.Equal(t, []string{"level=WARN msg=slow a=1 g.n=10 g.held_back=7"}, lines(out), "the limit is shared by loggers of one log")
	})
}

func TestTheEndOfAFloodIsReportedWithoutAnotherLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, h, out := newLog(loglimit.Rate{PerSecond: .001, Burst: 1})
		for range 5 {
			log.Error("lost")
		}
		require.Len(t, lines(out), 1)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{`level=ERROR msg="lines of the log were held back, because there were too many of the same" message=lost held_back=4`}, lines(out))
		time.Sleep(time.Minute)
		require.Empty(t, lines(out))

		log.Error("lost")
		h.Flush()
		require.Equal(t, []string{`level=ERROR msg="lines of the log were held back, because there were too many of the same" message=lost held_back=1`}, lines(out), "at the end of a program")
		h.Flush()
		require.Empty(t, lines(out))
	})
}

func TestDebugAndExemptMessagesHaveNoLimit(t *testing.T) {
	log, _, out := newLog(loglimit.Rate{PerSecond: .001, Burst: 1}, "audit")
	for range 50 {
		log.Debug("request")
		log.Info("audit")
	}
	require.Len(t, lines(out), 100)
}

func TestMessagesThatAreNoConstantsTakeNoMemoryAndAreLimitedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, h, out := newLog(loglimit.Rate{PerSecond: 1, Burst: 2})
		for i := range 5000 {
			log.Info(fmt.Sprint("from ", i))
		}
		require.Len(t, lines(out), 1024+2)
		h.Flush()
		require.Equal(t, []string{`level=WARN msg="lines of the log were held back, because there were too many of the same" message="other messages" held_back=3974`}, lines(out))
		time.Sleep(time.Hour)
		log.Info("new")
		log.Info("new")
		log.Info("new")
		require.Len(t, lines(out), 2, "buckets that are full again make room")
		h.Flush()
	})
}

func TestNothingIsLostUnderConcurrency(t *testing.T) {
	log, h, out := newLog(loglimit.Rate{PerSecond: 100, Burst: 10})
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 500 {
				log.Info("same")
			}
		})
	}
	running.Wait()
	h.Flush()
	total := uint64(0)
	for _, line := range lines(out) {
		if strings.HasPrefix(line, "level=INFO msg=same") {
			total++
		}
		if _, held, ok := strings.Cut(line, "held_back="); ok {
			var n uint64
			_, err := fmt.Sscan(held, &n)
			require.NoError(t, err)
			total += n
		}
	}
	require.EqualValues(t, 4000, total)
}

func TestTheHandlerKeepsTheRulesOfSlog(t *testing.T) {
	out := new(output)
	h := loglimit.New(slog.NewJSONHandler(out, nil), loglimit.Rate{PerSecond: 1000, Burst: 1000})
	require.NoError(t, slogtest.TestHandler(h, func() (all []map[string]any) {
		for _, line := range lines(out) {
			all = append(all, decode(t, line))
		}
		return all
	}))
}
