package hub_test

import (
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestTheConnectionsOfAUserAreLimited(t *testing.T) {
	h, url := start(t, hub.WithLimits(hub.Limits{UserSessions: 2}))
	a := dial(t, url, "token=ada")
	dial(t, url, "token=ada").sync()
	_, _, _, err := ws.Dial(t.Context(), url+"/?token=ada")
	require.Equal(t, ws.StatusError(429), err)
	dial(t, url, "token=bruno").sync()
	dialProcess(t, url).sync()
	require.EqualValues(t, 1, h.Stats().Denied["user_full"])

	a.close(nil)
	a.waitClosed()
	require.Eventually(t, func() bool {
		nc, _, _, err := ws.Dial(t.Context(), url+"/?token=ada")
		if err == nil {
			_ = nc.Close()
		}
		return err == nil
	}, timeout, time.Millisecond, "the place is free again")
}
