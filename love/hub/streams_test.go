package hub_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// A stream counts, whether its group was made by a message or by a subscriber.
func TestStreamsThatWereSubscribedToBeforeCount(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{Streams: 10}))
	l := h.Local(auth.Principal{Process: true})
	defer l.Close()
	for i := range 50 {
		require.NoError(t, l.Send(t.Context(), []byte(request("subscribe", fmt.Sprint("event-A-0-s", i)))))
	}
	publishStreams(t, h, love.CategoryEvent, 50, 1)
	require.EqualValues(t, 40, h.Stats().Dropped["snapshot"])
	publishStreams(t, h, love.CategoryEvent, 10, 1)
	require.EqualValues(t, 40, h.Stats().Dropped["snapshot"], "the first are known")
	require.NoError(t, l.Send(t.Context(), []byte(withOptions("event-A-0-*", `"snapshot":true`))))
	require.NoError(t, l.Send(t.Context(), []byte(`{"action":"get_time_data","request_time":0}`)))
	delivered, last := 0, 0
	for {
		raw, err := l.Receive(t.Context())
		require.NoError(t, err)
		switch text := string(raw); {
		case strings.Contains(text, "time_data"):
			require.Equal(t, 60, delivered)
			require.Equal(t, 10, last)
			return
		case strings.Contains(text, `"snapshot":true`):
			last++
		case strings.Contains(text, `"category"`):
			delivered++
		}
	}
}
