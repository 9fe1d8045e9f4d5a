package hub_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

// TestAClockThatIsSetBackMakesNoProducerLate: the last value is that of the producer that has
// come since.
func TestAClockThatIsSetBackMakesNoProducerLate(t *testing.T) {
	clock := lovetest.NewClock(time.Unix(1_800_000_000, 0))
	h := hub.New(hub.WithClock(clock), hub.WithTracing(false))
	defer func() { require.NoError(t, h.Shutdown(t.Context())) }()
	publish := func(value string) (gone func()) {
		l := h.Local(auth.Principal{Process: true})
		require.NoError(t, l.Send(t.Context(), []byte(telemetry("s", value))))
		return func() { require.NoError(t, l.Close()) }
	}
	publish("1")()
	clock.Advance(-time.Hour)
	defer publish("2")()

	screen := h.Local(auth.Principal{})
	defer func() { require.NoError(t, screen.Close()) }()
	require.NoError(t, screen.Send(t.Context(), []byte(`{"option":"subscribe","category":"telemetry","csc":"A","salindex":1,"stream":"s","snapshot":true}`)))
	for {
		msg, err := screen.Receive(t.Context())
		require.NoError(t, err)
		var m love.Message
		if m.UnmarshalJSON(msg) == nil && len(m.Data) > 0 {
			require.Equal(t, "2", string(m.Data[0].Streams[0].Value))
			return
		}
	}
}
