package love_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestTAIIsSmearedOverTheDayBeforeALeapSecond(t *testing.T) {
	for _, c := range []struct {
		name     string
		utc, tai float64
	}{
		{"the first moment", 63072000, 63072010},
		{"long after the last leap second", 1600000000.25, 1600000037.25},
		{"a day before, to the second", 1483142400, 1483142436},
		{"half a day before", 1483185600, 1483185636.5},
		{"the leap second is over", 1483228800, 1483228837},
		{"far in the future", 1e12, 1e12 + 37},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := love.TAIFromUTC(c.utc)
			require.NoError(t, err)
			require.InDelta(t, c.tai, got, 1e-6)
		})
	}
}

func TestUTCIsTAIWithoutTheWholeOffset(t *testing.T) {
	for tai, utc := range map[float64]float64{63072010: 63072000, 1483228836.9: 1483228800.9, 1483228837: 1483228800, 1700000037.5: 1700000000.5} {
		got, err := love.UTCFromTAI(tai)
		require.NoError(t, err)
		require.InDelta(t, utc, got, 1e-6)
	}
}

func TestThereIsNoTAIBefore1972(t *testing.T) {
	for _, early := range []float64{63071999.9, 0, -1e9, math.Inf(-1), math.NaN()} {
		_, err := love.TAIFromUTC(early)
		require.ErrorIs(t, err, love.ErrBeforeLeapSeconds)
		_, err = love.UTCFromTAI(early)
		require.ErrorIs(t, err, love.ErrBeforeLeapSeconds)
	}
}
