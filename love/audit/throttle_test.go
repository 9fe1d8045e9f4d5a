package audit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestThrottle_AllowsARepeatedEventOnceAMinute(t *testing.T) {
	clock := lovetest.NewClock(start)
	throttle := audit.NewThrottle(clock)
	require.True(t, throttle.Allow("log-ins of ada"))
	require.False(t, throttle.Allow("log-ins of ada"))
	require.True(t, throttle.Allow("log-ins of bob"), "each event counts by itself")
	clock.Advance(time.Minute - time.Nanosecond)
	require.False(t, throttle.Allow("log-ins of ada"))
	clock.Advance(time.Nanosecond)
	require.True(t, throttle.Allow("log-ins of ada"))
	require.False(t, throttle.Allow("log-ins of ada"))
}

func TestThrottle_DropsWhatExceedsAThousandEventsAMinute(t *testing.T) {
	clock := lovetest.NewClock(start)
	throttle := audit.NewThrottle(clock)
	allowed := 0
	for i := range 2500 {
		if throttle.Allow(fmt.Sprint("log-ins of user ", i)) {
			allowed++
		}
	}
	require.Equal(t, 1000, allowed)
	clock.Advance(time.Minute)
	require.True(t, throttle.Allow("log-ins of ada"))
}
