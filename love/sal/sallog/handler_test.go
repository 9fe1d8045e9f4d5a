package sallog_test

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sallog"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestLogRecordsBecomeEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sal.NewDomain(sim.NewBus(), sim.Definitions())
		defer func() { require.NoError(t, d.Close()) }()
		var file bytes.Buffer
		h := sallog.New(slog.NewTextHandler(&file, &slog.HandlerOptions{Level: slog.LevelWarn}))
		log := slog.New(h)
		for range 15 {
			log.Info("before the start")
		}
		r, err := d.Remote(t.Context(), "ATDome", 0)
		require.NoError(t, err)
		var got []*sal.Sample
		_, err = r.Subscribe("evt_logMessage", func(s *sal.Sample) { got = append(got, s) })
		require.NoError(t, err)
		c, err := d.Controller(t.Context(), "ATDome", 0, sal.WriteOnly())
		require.NoError(t, err)
		require.NoError(t, h.Attach(t.Context(), c))
		synctest.Wait()
		require.Len(t, got, 10, "the last ten")
		require.Equal(t, "ATDome", got[0].Text("name"))

		got = nil
		log.Debug("too low")
		log.With("axis", "azimuth").WithGroup("motor").Warn("hot", "deg_C", 95, "traceback", "line 1\nline 2")
		log.Log(t.Context(), sallog.LevelCritical, "fire\xff")
		h.SetLevel(40)
		log.Warn("not any more")
		synctest.Wait()
		require.Len(t, got, 2)
		require.Equal(t, "ATDome.motor", got[0].Text("name"))
		require.EqualValues(t, 30, got[0].Int("level"))
		require.Equal(t, "hot axis=azimuth deg_C=95", got[0].Text("message"))
		require.Equal(t, "line 1\nline 2", got[0].Text("traceback"))
		require.Contains(t, got[0].Text("functionName"), "TestLogRecords")
		require.Contains(t, got[0].Text("filePath"), "handler_test.go")
		require.Positive(t, got[0].Int("lineNumber"))
		require.EqualValues(t, 50, got[1].Int("level"))
		require.Equal(t, "fire\ufffd", got[1].Text("message"), "a record is written whatever its bytes")
		require.Contains(t, file.String(), "msg=hot")
		require.NotContains(t, file.String(), "before the start")
	})
}

func TestLevelsConvertBothWays(t *testing.T) {
	for n, l := range map[int]slog.Level{10: slog.LevelDebug, 20: slog.LevelInfo, 25: 2, 30: slog.LevelWarn, 40: slog.LevelError, 50: sallog.LevelCritical} {
		require.Equal(t, n, sallog.FromSlog(l))
		require.Equal(t, l, sallog.ToSlog(n))
	}
}
