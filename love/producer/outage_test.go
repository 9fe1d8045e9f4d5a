package producer_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
)

func TestAnHourWithoutPeriodicDataIsFewLinesInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var out recorder
		b := producer.NewBase("Rack", producer.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		began := time.Now()
		b.RegisterPeriodic(love.CategoryTelemetry, func(context.Context) (any, error) {
			if time.Since(began) <= time.Hour {
				return nil, errors.New("the database is away")
			}
			return complete(object{"v": 1}), nil
		})
		b.RegisterPeriodic(love.CategoryTelemetry, func(context.Context) (any, error) { return complete(object{"w": 1}), nil })
		stop := start(t, b, &out)
		time.Sleep(61 * time.Minute)
		synctest.Wait()
		stop()
		require.LessOrEqual(t, strings.Count(log.String(), "\n"), 8, log.String())
		require.Regexp(t, `(?s)periodic data is missing.*periodic data is there again" .*lasted=1h0m`, log.String())
	})
}
