package love_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestAGroupIsItsFourPartsJoined(t *testing.T) {
	for text, want := range map[string]love.Group{
		"event-ATDome-0-summaryState":     {Category: "event", CSC: "ATDome", SalIndex: "0", Stream: "summaryState"},
		"telemetry-all-all-all":           love.CategoryGroup(love.CategoryTelemetry),
		"telemetry-ESS-301-temperature":   love.StreamGroup(love.CategoryTelemetry, "ESS", 301, "temperature"),
		"telemetry-A--1-s":                {Category: "telemetry", CSC: "A", SalIndex: "-1", Stream: "s"},
		"event-A-0-a-stream-with-hyphens": {Category: "event", CSC: "A", SalIndex: "0", Stream: "a-stream-with-hyphens"},
	} {
		got, err := love.ParseGroup(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, text, got.String())
	}
}

func TestATextThatIsNotAGroupIsRefusedWithAnExample(t *testing.T) {
	for _, text := range []string{"", "event", "event-ATDome", "event-ATDome-0", "event-ATDome-0-", "-ATDome-0-s", "event--0-s", "event-A--s"} {
		_, err := love.ParseGroup(text)
		require.ErrorContains(t, err, "give CATEGORY-CSC-SALINDEX-STREAM, for example telemetry-ATDome-0-position", text)
	}
}

func TestASalindexKeepsItsKind(t *testing.T) {
	for raw, text := range map[string]string{`0`: "0", `301`: "301", `-1`: "-1", `"all"`: "all", `"7"`: "7", `""`: ""} {
		var i love.SalIndex
		require.NoError(t, json.Unmarshal([]byte(raw), &i))
		require.Equal(t, text, i.String())
		back, err := json.Marshal(i)
		require.NoError(t, err)
		require.Equal(t, raw, string(back))
	}
	for _, raw := range []string{`null`, `true`, `{}`, `[1]`} {
		require.Error(t, json.Unmarshal([]byte(raw), new(love.SalIndex)), raw)
	}
	require.Equal(t, love.Index(0), love.SalIndex{})
	n, ok := love.IndexText("12").Int()
	require.True(t, ok)
	require.Equal(t, 12, n)
	_, ok = love.IndexAll.Int()
	require.False(t, ok)
}

func FuzzParseGroup(f *testing.F) {
	for _, s := range []string{"event-ATDome-0-summaryState", "a--1-b-c", "----", "telemetry-all-all-all"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if g, err := love.ParseGroup(s); err == nil {
			require.Equal(t, s, g.String())
		}
	})
}
