package hub_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestHeartbeatsAreSentToTheirGroupAndTheLastOneToANewSubscriber(t *testing.T) {
	clock := lovetest.NewClock(time.Unix(1_700_000_000, 0))
	_, url := start(t, hub.WithClock(clock), hub.WithHeartbeats(3*time.Second, func() []hub.Heartbeat {
		return []hub.Heartbeat{{CSC: "Commander", Timestamp: 1.5}}
	}))
	beat := func(at string) string {
		return `{"category":"heartbeat","data":[{"csc":"Manager","salindex":0,"data":{"timestamp":` + at + `}},{"csc":"Commander","salindex":0,"data":{"timestamp":1.5}}],"subscription":"heartbeat"}`
	}
	c := dialProcess(t, url).subscribe("heartbeat-manager-0-stream")
	require.Equal(t, beat("1700000000.0"), c.next())
	clock.Advance(3 * time.Second)
	require.Equal(t, beat("1700000003.0"), c.next())
}
