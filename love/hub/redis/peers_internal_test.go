package redis

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOnlyManagersThatMayComeBackAreRemembered(t *testing.T) {
	var x peers
	x.init("", nil)
	now := time.Unix(1, 0)
	for origin := range uint64(2 * maxDead) {
		x.beat(origin, "", now, now)
		x.up(origin, "s", now)
		require.Equal(t, []string{"s"}, x.end(origin))
	}
	x.beat(1<<63, "", now, now)
	_, _ = x.removeSilent(now.Add(1))
	_, back := x.beat(1<<63, "", now, now)
	require.True(t, back)
}
