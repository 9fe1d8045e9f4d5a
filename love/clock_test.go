package love_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestTheSystemClockIsThatOfTheBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock love.Clock = love.SystemClock{}
		start := clock.Now()
		timer, ticker := clock.NewTimer(time.Hour), clock.NewTicker(30*time.Minute)
		defer ticker.Stop()
		require.Equal(t, start.Add(30*time.Minute), <-ticker.C())
		require.Equal(t, start.Add(time.Hour), <-timer.C())
		require.False(t, timer.Stop())
	})
}
