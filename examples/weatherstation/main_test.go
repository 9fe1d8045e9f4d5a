package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStationWritesTheReadingsOfItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "readings.csv")
	require.NoError(t, os.WriteFile(file, []byte("# deg_C, %\n12.5, 40\n11.0, 45\n"), 0o600))
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer stop()
		var out bytes.Buffer
		require.NoError(t, run(ctx, []string{file}, &out))
		require.Equal(t, "file: 12.5 deg_C\nfile: 11.0 deg_C\nfile: 12.5 deg_C\n", out.String())
	})
}

func TestStationIsAComponent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		domain := sal.NewDomain(sim.NewBus(), sim.Definitions())
		defer domain.Close()
		s, err := newStation(t.Context(), domain, 7, []reading{{temperature: 1, humidity: 2}})
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		ended := make(chan error, 2)
		go func() { ended <- s.Run(ctx) }()
		go func() { ended <- s.measure(ctx, 10*time.Second) }()

		r, err := domain.Remote(t.Context(), "ESS", 7)
		require.NoError(t, err)
		state, err := r.Await(t.Context(), "evt_summaryState")
		require.NoError(t, err)
		require.EqualValues(t, sal.Enabled, state.Int("summaryState"))
		beat, err := r.Next(t.Context(), "evt_heartbeat")
		require.NoError(t, err)
		require.Equal(t, "ESS:7", beat.Identity())
		humidity, err := r.Next(t.Context(), "tel_relativeHumidity")
		require.NoError(t, err)
		require.Equal(t, 2.0, humidity.Float("relativeHumidityItem"))
		log, err := r.Await(t.Context(), "evt_logMessage")
		require.NoError(t, err)
		require.Contains(t, log.Text("message"), "starts again")

		_, err = r.Command(t.Context(), "setLogLevel", sal.Values{"level": 40})
		require.NoError(t, err)
		_, err = r.Command(t.Context(), "setLogLevel", sal.Values{"level": -1})
		require.ErrorContains(t, err, "level=-1 is not a log level")
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, <-ended)
	})
}

func TestAnInvalidFileIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		"":           "there are no readings",
		"1,2,3\n":    "a line has temperature and humidity",
		"1,2\nx,3\n": `line 2: "x" is not a number`,
		"Inf,1\n":    "is not a number",
	} {
		_, err := parse(strings.NewReader(text))
		require.ErrorContains(t, err, want)
	}
	require.ErrorContains(t, run(t.Context(), nil, nil), "give one file")
	require.ErrorIs(t, run(t.Context(), []string{"does not exist"}, nil), os.ErrNotExist)
}

func FuzzReadings(f *testing.F) {
	f.Add("1,2\n")
	f.Add("# x\n\"1\", 2e3\n")
	f.Fuzz(func(t *testing.T, text string) {
		readings, err := parse(strings.NewReader(text))
		require.Equal(t, err != nil, len(readings) == 0)
	})
}
