package timeid_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/timeid"
)

func TestIDsSortByTime(t *testing.T) {
	night := time.Date(2026, 3, 14, 1, 59, 26, 535897932, time.UTC)
	times := []time.Time{{}, time.Unix(0, 0), night, night.Add(1), night.Add(time.Hour), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	var first []string
	for _, at := range times {
		first = append(first, timeid.First(at))
		require.Len(t, first[0], 16)
	}
	require.True(t, slices.IsSorted(first), first)
	require.Less(t, first[2], first[3], "a nanosecond counts")
}

func TestIDsOfTheSameTimeDiffer(t *testing.T) {
	night := time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)
	var g timeid.Generator
	first, at := g.Next(night)
	require.Equal(t, night, at)
	second, later := g.Next(night)
	require.Equal(t, night.Add(1), later)
	require.Less(t, first, second)
	require.Less(t, timeid.First(at), first)
	require.Greater(t, timeid.First(at.Add(1)), first)

	_, back := g.Next(night.Add(-time.Minute))
	require.Equal(t, night.Add(-time.Minute), back, "it follows a clock that was set back")
}
