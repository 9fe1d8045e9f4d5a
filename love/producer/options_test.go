package producer_test

import (
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// A function that takes options of another type does not compile.
func TestOptionsHaveTheTypeOfWhatTheyApplyTo(t *testing.T) {
	for name, test := range map[string]struct {
		option                         any
		client, base, csc, scriptQueue bool
	}{
		"WithClock":             {option: producer.WithClock(love.SystemClock{}), client: true, base: true, csc: true, scriptQueue: true},
		"WithLogger":            {option: producer.WithLogger(nil), client: true, base: true, csc: true, scriptQueue: true},
		"WithLogLevel":          {option: producer.WithLogLevel(nil), client: true, base: true, csc: true, scriptQueue: true},
		"WithOutbox":            {option: producer.WithOutbox(0), client: true},
		"WithSubscribeInterval": {option: producer.WithSubscribeInterval(0), client: true},
		"WithPeriod":            {option: producer.WithPeriod(0), base: true, csc: true, scriptQueue: true},
		"WithStrictJSON":        {option: producer.WithStrictJSON(), base: true, csc: true, scriptQueue: true},
		"WithStartDelay":        {option: producer.WithStartDelay(0), csc: true, scriptQueue: true},
		"WithTelemetryPush":     {option: producer.WithTelemetryPush(0), csc: true, scriptQueue: true},
		"WithPeriodicData":      {option: producer.WithPeriodicData(), csc: true, scriptQueue: true},
		"WithAsynchronousData":  {option: producer.WithAsynchronousData(), csc: true, scriptQueue: true},
		"WithStreamLayout":      {option: producer.WithStreamLayout(producer.Split), scriptQueue: true},
		"WithFinishedScripts":   {option: producer.WithFinishedScripts(0), scriptQueue: true},
		"WithSchemas":           {option: producer.WithSchemas(true), scriptQueue: true},
		"WithCoalescing":        {option: producer.WithCoalescing(0), scriptQueue: true},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.client, is[producer.ClientOption](test.option))
			require.Equal(t, test.base, is[producer.BaseOption](test.option))
			require.Equal(t, test.csc, is[producer.CSCOption](test.option))
			require.Equal(t, test.scriptQueue, is[producer.ScriptQueueOption](test.option))
			require.Equal(t, test.scriptQueue, is[producer.Option](test.option))
		})
	}
}

func is[T any](v any) bool {
	_, ok := v.(T)
	return ok
}

func TestASpecGivesTheOptionsThatApply(t *testing.T) {
	s := producer.Spec{Options: []producer.Option{
		producer.WithPeriod(1), producer.WithStartDelay(1), producer.WithSchemas(true), producer.WithClock(love.SystemClock{}),
	}}
	require.Len(t, s.BaseOptions(), 2)
	require.Len(t, s.CSCOptions(), 3)
	require.Len(t, s.ScriptQueueOptions(), 4)
}

func TestNumbersThatJSONLacksCanBeNull(t *testing.T) { // W-NAN
	message := func(opts ...producer.Option) (text string) {
		runCSC(t, "Dome", append(opts, producer.WithTelemetryPush(0)), nil, func(w *fixture, _ producer.Producer, out *recorder) {
			w.bus.write(w.sample(t, "Dome", "tel_position", sal.Values{"azimuth": math.NaN()}))
			synctest.Wait()
			text = out.texts()[0]
		})
		return text
	}
	require.Contains(t, message(), `"azimuth":{"value":NaN,`)
	require.Contains(t, message(producer.WithStrictJSON()), `"azimuth":{"value":null,`)
}

func TestTheLogLevelMakesProducersQuieter(t *testing.T) {
	var logged strings.Builder
	opts := []producer.Option{
		producer.WithLogger(newLogger(&logged).WithGroup("g").With("a", 1)),
		producer.WithPeriodicData("tel_nothing"),
	}
	runCSC(t, "Dome", append(opts, producer.WithLogLevel(slog.LevelError)), nil, func(*fixture, producer.Producer, *recorder) {})
	require.Empty(t, logged.String())
	runCSC(t, "Dome", append(opts, producer.WithLogLevel(slog.LevelInfo)), nil, func(*fixture, producer.Producer, *recorder) {})
	require.Contains(t, logged.String(), "tel_nothing")
}
