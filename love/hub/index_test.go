package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGroupsWithDifferentPartsButTheSameTextAreDifferent(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url)
	c.send(`{"option":"subscribe","category":"telemetry","csc":"A","salindex":"1","stream":"x-s"}`)
	require.Equal(t, `{"data":"Successfully subscribed to telemetry-A-1-x-s"}`, c.next())
	c.send(`{"category":"telemetry","data":[{"csc":"A","salindex":"1-x","data":{"s":1}}]}`)
	require.Empty(t, c.sync())
	c.send(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"x-s":1}}]}`)
	require.Len(t, c.sync(), 1)
}
