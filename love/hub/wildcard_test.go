package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWildcardsMatchEveryName(t *testing.T) {
	_, url := start(t)
	pub := dialProcess(t, url)
	for group, want := range map[string]int{
		"telemetry-*-1-s": 2, "telemetry-A-*-s": 2, "telemetry-A-1-*": 2, "telemetry-*-*-s": 3, "telemetry-*-1-*": 3,
		"telemetry-A-*-*": 3, "telemetry-*-*-*": 4, "event-*-*-*": 0, "telemetry-*-*-u": 0,
	} {
		t.Run(group, func(t *testing.T) {
			c := dialProcess(t, url).subscribe(group)
			pub.send(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":1,"t":1}},{"csc":"A","salindex":2,"data":{"s":1}},{"csc":"B","salindex":1,"data":{"s":1}}]}`)
			pub.sync()
			got := c.sync()
			require.Len(t, got, want)
			for _, m := range got {
				require.Contains(t, m, `"subscription":"`+group+`"`)
			}
			c.send(request("unsubscribe", group))
			c.next()
			pub.send(telemetry("s", 1))
			pub.sync()
			require.Empty(t, c.sync())
		})
	}
	producer := dialProcess(t, url).subscribe("initial_state-A-all-all", "initial_state-*-all-all")
	dialProcess(t, url).subscribe("event-A-*-s").sync()
	require.Empty(t, producer.sync(), "wildcards request no initial state")
}
