package bench_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
	"github.com/rubin-love/love-go/love"
)

func TestMessagesFollowTheProtocolAndHaveStamps(t *testing.T) {
	for _, category := range []string{"telemetry", "event"} {
		text := bench.MessageText(category, 7, 3, 300, 1234567890, 59*time.Minute)
		m, err := love.ParseMessage(text)
		require.NoError(t, err)
		require.Equal(t, love.Category(category), m.Category)
		require.Len(t, m.Data, 1)
		require.Len(t, m.Data[0].Streams, 3)
		for i, s := range m.Data[0].Streams {
			publisher, stream, seq, due, ok := bench.FirstStamp(s.Value)
			require.True(t, ok)
			require.Equal(t, []any{7, i, uint64(1234567890), 59 * time.Minute}, []any{publisher, stream, seq, due})
			require.InDelta(t, 300, len(s.Value), 8, "the size asked for")
		}
	}
	var request map[string]any
	require.NoError(t, json.Unmarshal([]byte(bench.Request("event", 7, 2)), &request))
	require.Equal(t, "stream2", request["stream"])
}
