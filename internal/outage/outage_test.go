package outage_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/outage"
)

var begin = time.Date(2026, 3, 14, 1, 0, 0, 0, time.UTC)

// watched is a log with the lines that it has written.
type watched struct {
	*outage.Log
	text bytes.Buffer
}

func newWatched() *watched {
	w := &watched{}
	h := slog.NewTextHandler(&w.text, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	w.Log = outage.New(slog.New(h), slog.LevelWarn, "away", "back")
	return w
}

func (w *watched) lines() []string { return strings.Split(strings.TrimSpace(w.text.String()), "\n") }

func TestAnHourOfFailuresIsFewLinesAndTheirEnd(t *testing.T) {
	w := newWatched()
	w.Succeeded(begin)
	for at := time.Duration(0); at < time.Hour; at += time.Second {
		w.Failed(begin.Add(at), errors.New("refused"), "host", "summit")
	}
	w.Succeeded(begin.Add(time.Hour), "host", "summit")
	w.Succeeded(begin.Add(time.Hour))
	lines := w.lines()
	require.Len(t, lines, 7)
	require.Equal(t, `level=WARN msg=away error=refused host=summit`, lines[0])
	require.Equal(t, `level=WARN msg=away error=refused host=summit failures=601 since=2026-03-14T01:00:00Z`, lines[1])
	require.Equal(t, `level=WARN msg=back host=summit failures=3600 lasted=1h0m0s`, lines[6])
}

func TestTheEndOfAnErrorIsNoError(t *testing.T) {
	var text bytes.Buffer
	l := outage.New(slog.New(slog.NewTextHandler(&text, nil)), slog.LevelError, "away", "back")
	l.Failed(begin, errors.New("refused"))
	l.Succeeded(begin.Add(time.Second))
	require.Regexp(t, `level=ERROR msg=away .*\n.*level=INFO msg=back `, text.String())
}

func TestAnotherCauseIsShownAtOnceButNotEndlessly(t *testing.T) {
	w := newWatched()
	for n := range 100 {
		w.Failed(begin.Add(time.Duration(n)*time.Second), fmt.Errorf("port %d: reset", n))
	}
	require.Len(t, w.lines(), 3)
}

func TestWhatComesAndGoesIsFewLines(t *testing.T) {
	w := newWatched()
	for at := time.Duration(0); at < time.Hour; at += 10 * time.Second {
		w.Failed(begin.Add(at), errors.New("refused"))
		w.Succeeded(begin.Add(at + time.Second))
	}
	require.LessOrEqual(t, len(w.lines()), 14)
	require.Contains(t, w.lines()[len(w.lines())-1], "msg=back", "the last line is true")
}

func TestASecondOutageIsShown(t *testing.T) {
	w := newWatched()
	w.Failed(begin, errors.New("refused"))
	w.Succeeded(begin.Add(time.Second))
	for at := 2 * time.Minute; at < 4*time.Minute; at += time.Second {
		w.Failed(begin.Add(at), errors.New("refused"))
	}
	w.Succeeded(begin.Add(4 * time.Minute))
	lines := w.lines()
	require.Len(t, lines, 4)
	require.Contains(t, lines[2], "failures=61 since=2026-03-14T01:02:00Z", "as soon as it lasts")
	require.Contains(t, lines[3], "failures=120 lasted=2m0s")
	w.Failed(begin.Add(time.Hour), errors.New("refused"))
	require.Len(t, w.lines(), 5, "at once, after a long time")
}
