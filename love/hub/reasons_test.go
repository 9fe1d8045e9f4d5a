package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestEveryReasonHasItsOwnLabel(t *testing.T) {
	st := func() hub.Stats { h, _ := start(t); return h.Stats() }()
	require.Len(t, st.Closed, 10)
	require.Len(t, st.Denied, 13)
	require.Len(t, st.Dropped, 6)
	for _, labels := range []map[string]uint64{st.Closed, st.Denied, st.Dropped} {
		require.NotContains(t, labels, "")
	}
}
