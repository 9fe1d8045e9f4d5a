package machine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheKernelTellsOfItsClock(t *testing.T) {
	c, ok := ReadClock()
	if !ok {
		t.Skip("the kernel does not say, as in some containers")
	}
	require.GreaterOrEqual(t, c.MaxError, time.Duration(0))
	require.Less(t, c.TAI, time.Minute)
}
