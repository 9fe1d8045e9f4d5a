package love_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestAMessageIsWrittenAsItWasRead(t *testing.T) {
	for _, raw := range []string{
		`{"category":"event","data":[{"csc":"ATDome","salindex":0,"data":{"a":[{"x":1.50}],"b":NaN}},{"csc":"B","salindex":"all","data":{}}],"producer_snd":1700000000.25}`,
		`{"category":"telemetry","data":[],"subscription":"telemetry-all-all-all","tracing":{"producer_snd":null}}`,
		`{"category":"a \"b\"\n","data":[{"csc":"é\\","salindex":18446744073709551616,"data":{"s":18446744073709551616}}]}`,
	} {
		m, err := love.ParseMessage([]byte(raw))
		require.NoError(t, err)
		require.Equal(t, raw, string(m.AppendJSON(nil)))
	}
}

func TestAMessageThatBreaksARuleNamesIt(t *testing.T) {
	for raw, want := range map[string]string{
		`{`:                                `not JSON at byte 1`,
		`[]`:                               `must be a JSON object`,
		`{"data":[]}`:                      `"category" must be a text`,
		`{"category":"event"}`:             `"data" is missing`,
		`{"category":"event","data":[{}]}`: `element 0: "csc" is missing`,
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{}},1]}`: `element 1: "data" must hold only objects`,
	} {
		_, err := love.ParseMessage([]byte(raw))
		require.ErrorContains(t, err, want, raw)
	}
}

func TestARawValueHasAStrictForm(t *testing.T) {
	require.Equal(t, `[null,"NaN",1.50]`, string(love.RawValue(`[NaN,"NaN",1.50]`).Strict()))
	require.Equal(t, `[1.50]`, string(love.RawValue(`[1.50]`).Strict()))
}

func TestFloatsAreWrittenShortestAndStayFloats(t *testing.T) {
	for want, f := range map[string]float64{
		"1.0": 1, "-0.0": math.Copysign(0, -1), "0.1": 0.1, "0.10000000149011612": float64(float32(0.1)), "1700000000.25": 1700000000.25,
		"1e+300": 1e300, "1e-05": 1e-5, "0.0001": 1e-4, "NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1),
	} {
		require.Equal(t, want, string(love.AppendFloat(nil, f)))
	}
}

func TestTextsAreQuotedForJSON(t *testing.T) {
	for _, s := range []string{"", `plain`, "\"\\\b\f\n\r\t\x00\x1f\x7f", "é😀", "</script>&"} {
		var back string
		require.NoError(t, json.Unmarshal(love.AppendText(nil, s), &back))
		require.Equal(t, s, back)
	}
	require.Equal(t, "\"\uFFFD\"", string(love.AppendText(nil, "\xff")))
}

func FuzzParseMessage(f *testing.F) {
	f.Add([]byte(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":NaN}}],"producer_snd":1.5}`))
	f.Add([]byte(`{"category":"event","data":[{"csc":"A","salindex":"x","data":{}}],"subscription":"g","tracing":{}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := love.ParseMessage(raw)
		if err != nil {
			return
		}
		once := m.AppendJSON(nil)
		again, err := love.ParseMessage(once)
		require.NoError(t, err)
		require.Equal(t, string(once), string(again.AppendJSON(nil)))
	})
}
