package producer_test

import (
	"context"
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
)

// A value is what encoding/json makes of it, except for numbers that JSON lacks, which
// are bare tokens, and floats, which keep a fraction.
func TestRawObjectsAreWrittenAsEncodingJSONDoes(t *testing.T) {
	type inner struct {
		N *big.Int
		D producer.Decorated
	}
	type outer struct {
		CSC   string    `json:"csc"`
		Index int       `json:"salindex"`
		Left  []int     `json:"left,omitempty"`
		Out   int       `json:"-"`
		Time  time.Time `json:"time"`
		Data  any       `json:"data"`
		Plain float64
	}
	nan := producer.Decorate(math.NaN(), "K")
	raw := love.RawValue("NaN")
	b := producer.NewBase("Rack")
	sent := published(t, b, func() {
		require.NoError(t, b.Publish(t.Context(), outer{
			CSC: "Rack", Time: time.Unix(0, 0).UTC(), Plain: 1.5,
			Data: map[string]any{
				"a": nan, "b": &nan, "c": raw, "d": &raw, "e": []float64{1, math.Inf(-1)}, "f": inner{big.NewInt(7), nan}, "g": []byte("x"),
				"h": map[int]string{1: "x"}, "i": json.Number("1.50"), "j": json.RawMessage(`{"x":1}`), "k": nil, "l": (*inner)(nil), "m": []int(nil),
				"n": struct{ inner }{inner{D: producer.Decorate(1, "")}}, "o": float32(0.5), "p": love.Index(3), "q": [2]bool{true}, "r": love.RawValue(nil),
				"s": &struct{ B big.Int }{*big.NewInt(8)},
			},
		}))
	})
	const decorated = `{"value":NaN,"dataType":"Float","units":"K"}`
	require.Equal(t, []string{`event {"csc":"Rack","salindex":0,"time":"1970-01-01T00:00:00Z","data":{` +
		`"a":` + decorated + `,"b":` + decorated + `,"c":NaN,"d":NaN,"e":[1.0,-Infinity],"f":{"N":7,"D":` + decorated + `},"g":"eA==",` +
		`"h":{"1":"x"},"i":1.50,"j":{"x":1},"k":null,"l":null,"m":null,` +
		`"n":{"N":null,"D":{"value":1,"dataType":"Int","units":"unitless"}},"o":0.5,"p":3,"q":[true,false],"r":null,"s":{"B":8}},"Plain":1.5}`}, sent)
}

func TestRawObjectsThatNoManagerDistributesAreErrors(t *testing.T) {
	b := producer.NewBase("Rack")
	cyclic := object{"csc": "Rack", "salindex": 1}
	cyclic["data"] = cyclic
	for _, test := range []struct {
		object any
		want   string
	}{
		{object{}, `without a text "csc", a number or text "salindex", an object of streams "data": use Telemetry, Event`},
		{struct{ Temperature float64 }{1}, `without a text "csc"`},
		{object{"csc": 1, "salindex": 1, "data": object{"s": 1}}, `without a text "csc":`},
		{object{"csc": "", "salindex": 1, "data": object{"s": 1}}, `without a text "csc":`},
		{object{"csc": "Rack", "salindex": nil, "data": object{"s": 1}}, `without a number or text "salindex":`},
		{object{"csc": "Rack", "salindex": 1, "data": object{}}, `without an object of streams "data":`},
		{object{"csc": "Rack", "salindex": 1, "data": []int{1}}, `without an object of streams "data":`},
		{nil, "only a JSON object"},
		{love.RawValue(nil), "only a JSON object"},
		{complete(object{"data": object{"s": make(chan int)}}), `"data": "s": json: unsupported type: chan int`},
		{complete(object{"data": object{"s": love.RawValue("{")}}), `"s": a love.RawValue is not JSON at byte 1`},
		{complete(object{"data": object{"s": love.RawValue("\"\xff\"")}}), `"s": only UTF-8`},
		{cyclic, "contains itself"},
	} {
		require.Empty(t, published(t, b, func() {
			require.ErrorContains(t, b.Publish(t.Context(), test.object), test.want)
		}))
	}
}

func TestWhatAPollReturnsWrongIsLoggedOncePerKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged strings.Builder
		var out recorder
		b := producer.NewInstance("Rack", 1, producer.WithLogger(newLogger(&logged)))
		poll := func(v any) producer.Poll { return func(context.Context) (any, error) { return v, nil } }
		b.RegisterTelemetry("bad", poll(struct{ At time.Time }{}))
		b.RegisterTelemetry("worse", poll(object{"x": 1}))
		b.RegisterTelemetry("power", poll(struct{ Watts float64 }{math.NaN()}))
		b.RegisterTelemetry("silent", poll(nil))
		b.RegisterPeriodic(love.CategoryTelemetry, poll(object{"v": 1}))
		stop := start(t, b, &out)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		stop()
		sent := out.take()
		require.Len(t, sent, 150)
		require.Equal(t, `telemetry {"csc":"Rack","salindex":1,"data":{"power":{"watts":{"value":NaN,"dataType":"Float","units":"unitless"}}}}`, items(t, sent)[0])
		lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
		require.Len(t, lines, 3, logged.String())
		require.Regexp(t, `level=WARN msg="periodic data is missing" producer=Rack:1 stream=bad error=".*field At: time.Time is not a number`, lines[0])
		require.Regexp(t, `stream=worse error=".*not producer_test.object`, lines[1])
		require.Regexp(t, `producer=Rack:1 error="no manager can distribute`, lines[2])
	})
}
