package producer_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/producer"
)

// reading has every kind of field that a stream may have.
type reading struct {
	stamp
	Volts    float64  `love:"volts,V"`
	Amps     float32  `love:"amps,A"`
	Missing  *float64 `love:"missing,s"`
	Given    *int     `love:"given"`
	Serial   int64    `json:"serial"`
	Mask     uint64   `love:",bits"`
	Open     bool
	Name     string    `love:"name"`
	Currents []float64 `love:"currents,A"`
	Limits   [2]int16
	Secret   string `love:"-"`
}

type stamp struct {
	Sent float64 `love:"private_sndStamp,second"`
}

// What a producer writes from a struct, a subscriber reads into the same struct.
func TestAStructThatIsPublishedIsReadBack(t *testing.T) {
	seven := 7
	want := reading{
		stamp: stamp{1700000000.25}, Volts: math.Inf(-1), Amps: 0.1, Given: &seven, Serial: math.MinInt64, Mask: math.MaxUint64, Open: true,
		Name: "rack «1»", Currents: []float64{1, 0.1, math.Inf(1)}, Limits: [2]int16{-1, 2},
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h := hub.New()
	defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
	for category, publish := range map[love.Category]func(b *producer.Base, r reading) error{
		love.CategoryTelemetry: func(b *producer.Base, r reading) error { return b.Telemetry(ctx, "power", r) },
		love.CategoryEvent:     func(b *producer.Base, r reading) error { return b.Event(ctx, "power", &r) },
	} {
		messages := h.Subscribe(ctx, love.StreamGroup(category, "Rack", 1, "power"), love.StreamGroup(category, "Rack", 1, "all"), love.CategoryGroup(category))
		local := h.Local(auth.Principal{Process: true})
		c := producer.NewClient(producer.InProcess(local))
		rack := producer.NewInstance("Rack", 1)
		c.Add(rack)
		ended := make(chan error, 1)
		run, stop := context.WithCancel(ctx)
		go func() { ended <- c.Run(run) }()
		sent := want
		sent.Secret = "kept"
		require.NoError(t, publish(rack, sent))
		n := 0
		for d, err := range messages {
			require.NoError(t, err)
			var got reading
			require.NoError(t, d.Decode("power", &got), d.Group)
			require.Equal(t, want, got, d.Group)
			if n++; n == 3 {
				break
			}
		}
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, local.Close())
	}
}
