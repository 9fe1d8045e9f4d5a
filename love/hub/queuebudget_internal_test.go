package hub

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

func TestWhatWaitsIsBoundedPerUserAndInAll(t *testing.T) {
	for name, c := range map[string]struct {
		limits Limits
		users  [3]string
	}{
		"of one user": {Limits{UserQueueBytes: 10 << 20}, [3]string{"ada", "ada", "ada"}},
		"in all":      {Limits{AllQueueBytes: 10 << 20}, [3]string{"ada", "bruno", "carla"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := New(WithLimits(c.limits), WithTracing(false))
			defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
			var all [3]*Local
			for i, user := range c.users {
				all[i] = h.Local(auth.Principal{User: auth.User{Username: user}})
				require.NoError(t, subscribe(all[i], "subscribe", love.StreamGroup(love.CategoryEvent, "A", 0, "big")))
			}
			keepsUp := all[2]
			require.Contains(t, receive(t, keepsUp), "subscribed")
			value := `"` + strings.Repeat("x", 100<<10) + `"`
			closed := 0
			for range 200 { // 20 MiB for each of the two that do not read
				event(t, h, "big", value)
				require.Contains(t, receive(t, keepsUp), `"big"`)
				require.LessOrEqual(t, h.queueBytes.Load(), int64(10<<20+budgetStep))
				closed = int(h.Stats().Closed["memory"])
			}
			require.Equal(t, 2, closed)
			require.Zero(t, h.Stats().Closed["slow"])
			st := h.Stats()
			for _, l := range all {
				require.NoError(t, l.Close())
			}
			require.Zero(t, h.queueBytes.Load(), "everything is given back")
			require.Zero(t, all[0].session.user.queueBytes.Load())
			require.Equal(t, st.Offered, st.Delivered+st.Dropped["closed"])
		})
	}
}

func receive(t *testing.T, l *Local) string {
	text, err := l.Receive(t.Context())
	require.NoError(t, err)
	return string(text)
}
