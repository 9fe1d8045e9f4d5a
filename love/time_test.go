package love_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestTimeDataRelatesTheScales(t *testing.T) {
	at := time.Date(2024, 6, 1, 11, 59, 22, 500_000_000, time.UTC)
	d := love.TimeDataAt(at)
	require.InDelta(t, 1717243162.5, d.UTC, 1e-6)
	require.InDelta(t, d.UTC+37, d.TAI, 1e-6)
	require.InDelta(t, 60462.4995659722, d.MJD, 1e-9)
	require.Equal(t, -37.0, d.TAIToUTC)
	require.Equal(t, "20240531", d.ObservingDay, "half a second before noon TAI")
	require.Equal(t, "20240601", love.TimeDataAt(at.Add(time.Second)).ObservingDay)
}

func TestTimeDataHasOneJSON(t *testing.T) {
	d := love.TimeDataAt(time.Unix(1_700_000_000, 250_000_000))
	var fromAppend, fromMarshal map[string]any
	require.NoError(t, json.Unmarshal(d.AppendJSON(nil), &fromAppend))
	b, err := json.Marshal(d)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &fromMarshal))
	require.Equal(t, fromMarshal, fromAppend)
	require.Len(t, fromAppend, 7)
}

// The values are those of published worked examples: Meeus, Astronomical
// Algorithms, examples 12.a and 12.b, for the mean time, and 12.a for the
// apparent one.
func TestSiderealTimeAgreesWithPublishedValues(t *testing.T) {
	const second = 1.0 / 3600
	hms := func(h, m, s float64) float64 { return h + m/60 + s/3600 }
	require.InDelta(t, hms(13, 10, 46.1351), love.SiderealTime(time.Date(1987, 4, 10, 0, 0, 0, 0, time.UTC), 0), 0.1*second)
	require.InDelta(t, hms(8, 34, 57.0896)-hms(0, 0, 0.23), love.SiderealTime(time.Date(1987, 4, 10, 19, 21, 0, 0, time.UTC), 0), 0.1*second)

	greenwich := love.SiderealTime(time.Unix(1_700_000_000, 0), 0)
	summit := love.SiderealTime(time.Unix(1_700_000_000, 0), love.SummitLongitude)
	require.InDelta(t, 70.749417/15, mod24(greenwich-summit), 1e-9)
	for unix := int64(0); unix < 4e9; unix += 86_399_999 {
		h := love.SiderealTime(time.Unix(unix, 0), love.SummitLongitude)
		require.True(t, 0 <= h && h < 24, "%d: %v", unix, h)
	}
}

func mod24(h float64) float64 {
	if h < 0 {
		return h + 24
	}
	return h
}
