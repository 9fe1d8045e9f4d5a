package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestStatsDescribeEachSessionAndGroup(t *testing.T) {
	h, url := start(t)
	c := dial(t, url, "token=ada").subscribe("event-A-0-s")
	dialProcess(t, url).subscribe("event-A-0-s").send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	c.next()
	sessions := h.Sessions()
	require.Len(t, sessions, 2)
	require.ElementsMatch(t, []string{"ada", "process"}, []string{sessions[0].Principal, sessions[1].Principal})
	require.Equal(t, 1, sessions[0].Groups)
	require.NotEqual(t, sessions[0].ID, sessions[1].ID)
	require.Contains(t, h.Groups(), hub.GroupStats{Group: "event-A-0-s", Members: 2, Messages: 1})
}
