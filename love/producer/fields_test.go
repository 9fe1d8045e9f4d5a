package producer_test

import (
	"encoding/json"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// published returns the messages of a producer to which f publishes.
func published(t *testing.T, b *producer.Base, f func()) (sent []string) {
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		stop := start(t, b, &out)
		f()
		stop()
		sent = items(t, out.take())
	})
	return sent
}

type door struct {
	Open  bool
	State sal.SummaryState `love:"state"`
}

type weather struct {
	door
	Temperature float64   `love:"temperature,deg_C"`
	Low         float32   `love:" low , deg_C "`
	Gusts       []float64 `love:",m/s"`
	None        []float64
	Pair        [2]uint8 `love:"pair"`
	Raw         []byte
	Names       []string
	Note        string
	Count       uint64   `json:"counter,omitempty"`
	Secret      string   `json:"-"`
	Missing     *float64 `love:"missing,K"`
	There       *int
	Ignored     chan int `love:"-"`
	hidden      int
}

const weatherFields = `{"open":{"value":true,"dataType":"Int","units":"unitless"},` +
	`"state":{"value":2,"dataType":"Int","units":"unitless"},` +
	`"temperature":{"value":NaN,"dataType":"Float","units":"deg_C"},` +
	`"low":{"value":0.10000000149011612,"dataType":"Float","units":"deg_C"},` +
	`"gusts":{"value":[Infinity,-Infinity,3.0],"dataType":"Array<Float>","units":"m/s"},` +
	`"none":{"value":[],"dataType":"Array<Float>","units":"unitless"},` +
	`"pair":{"value":[1,2],"dataType":"Array<Int>","units":"unitless"},` +
	`"raw":{"value":[255],"dataType":"Array<Int>","units":"unitless"},` +
	`"names":{"value":["a\"b"],"dataType":"Array<String>","units":"unitless"},` +
	`"note":{"value":"é<","dataType":"String","units":"unitless"},` +
	`"counter":{"value":18446744073709551615,"dataType":"Int","units":"unitless"},` +
	`"missing":{"value":null,"dataType":"Float","units":"K"},` +
	`"there":{"value":7,"dataType":"Int","units":"unitless"}}`

func newWeather() *weather {
	there := 7
	return &weather{
		door: door{true, sal.Enabled}, Temperature: math.NaN(), Low: 0.1, Gusts: []float64{math.Inf(1), math.Inf(-1), 3},
		Pair: [2]uint8{1, 2}, Raw: []byte{255}, Names: []string{`a"b`}, Note: "é<", Count: math.MaxUint64, There: &there, hidden: 1,
	}
}

func TestTheFieldsOfAStructArePublished(t *testing.T) {
	b := producer.NewInstance("Rack", 2)
	sent := published(t, b, func() {
		require.NoError(t, b.Telemetry(t.Context(), "weather", newWeather()))
		require.NoError(t, b.Event(t.Context(), "state", door{Open: true}))
	})
	require.Equal(t, []string{
		`telemetry {"csc":"Rack","salindex":2,"data":{"weather":` + weatherFields + `}}`,
		`event {"csc":"Rack","salindex":2,"data":{"state":[{"open":{"value":true,"dataType":"Int","units":"unitless"},"state":{"value":0,"dataType":"Int","units":"unitless"}}]}}`,
	}, sent)
	require.Equal(t, "Rack:2", b.Name())
	require.Equal(t, "Rack", producer.NewBase("Rack").Name())
}

func TestDecoratedFieldsArePublished(t *testing.T) {
	b := producer.NewBase("Rack")
	sent := published(t, b, func() {
		require.NoError(t, b.Telemetry(t.Context(), "power", map[string]producer.Decorated{
			"watts": producer.Decorate(math.NaN(), "W"),
			"on":    {Value: true},
			"raw":   {Value: love.RawValue("1.50"), DataType: "Float"},
			"bytes": producer.Decorate([]byte{1}, ""),
			"list":  producer.Decorate([]any{1, 2.5}, ""),
			"none":  producer.Decorate(nil, ""),
			"exact": producer.Decorate(json.Number("9007199254740993"), ""),
		}))
	})
	require.Equal(t, []string{`telemetry {"csc":"Rack","salindex":0,"data":{"power":{` +
		`"bytes":{"value":[1],"dataType":"Array<Int>","units":"unitless"},` +
		`"exact":{"value":9007199254740993,"dataType":"Int","units":"unitless"},` +
		`"list":{"value":[1,2.5],"dataType":"Array<Int>","units":"unitless"},` +
		`"none":{"value":null,"dataType":"None","units":"unitless"},` +
		`"on":{"value":true,"dataType":"Int","units":"unitless"},` +
		`"raw":{"value":1.50,"dataType":"Float","units":"unitless"},` +
		`"watts":{"value":NaN,"dataType":"Float","units":"W"}}}}`}, sent)
}

func TestWrongFieldsAreErrorsThatNameThem(t *testing.T) {
	type fields = map[string]producer.Decorated
	for _, test := range []struct {
		stream string
		fields any
		want   string
	}{
		{"s", nil, "are a struct, a pointer to one, or a map[string]producer.Decorated, not <nil>"},
		{"s", map[string]any{"csc": "Rack"}, "not map[string]interface {}"},
		{"s", 1.5, "not float64"},
		{"s", producer.Decorate(1, ""), "not producer.Decorated"},
		{"s", (*door)(nil), "nil *producer_test.door"},
		{"s", struct{}{}, "there are no fields"},
		{"s", struct{ hidden int }{}, "there are no fields"},
		{"s", fields{}, "there are no fields"},
		{"", door{}, "the name is empty"},
		{"all", door{}, "stands for all streams"},
		{"a\xff", door{}, "UTF-8"},
		{"s", struct {
			A int `love:"x"`
			B int `love:"x,m"`
		}{}, `field B: there is another field with the name "x"`},
		{"s", struct {
			Voltage float64
			voltage float64 `love:"v"`
		}{}, "field voltage: it is not exported"},
		{"s", struct{ At time.Time }{}, "field At: time.Time is not a number: give a float64, such as love.TAI"},
		{"s", struct{ Took time.Duration }{}, "field Took: time.Duration has no unit"},
		{"s", struct{ M map[string]int }{}, "not map[string]int"},
		{"s", struct{ D door }{}, "not producer_test.door"},
		{"s", struct{ L [][]float64 }{}, "not [][]float64"},
		{"s", struct{ C complex128 }{}, "not complex128"},
		{"s", struct{ F func() }{}, "field F"},
		{"s", struct{ V any }{}, "field V"},
		{"s", struct{ V []any }{}, "field V: the data type of []interface {} is not known"},
		{"s", struct{ V json.Number }{}, "field V: the data type of json.Number is not known"},
		{"s", struct{ V love.RawValue }{}, "not love.RawValue"},
		{"s", struct{ Note string }{"a\xff"}, `field "note": only UTF-8`},
		{"s", struct{ Notes []string }{[]string{"a\xff"}}, `field "notes": only UTF-8`},
		{"s", fields{"": producer.Decorate(1, "")}, `field "": the name is empty`},
		{"s", fields{"x": producer.Decorate(door{}, "")}, `field "x": a field is a number`},
		{"s", fields{"x": producer.Decorate(time.Second, "s")}, `field "x": time.Duration has no unit`},
		{"s", fields{"x": producer.Decorate("a\xff", "")}, `field "x": only UTF-8`},
		{"s", fields{"x": producer.Decorate(1, "\xff")}, `field "x": only UTF-8`},
		{"s", fields{"x": {Value: 1, DataType: "float64"}}, `field "x": "float64" is not a data type`},
		{"s", fields{"x": {Value: love.RawValue("1,2")}}, `field "x": a love.RawValue is not JSON at byte 1`},
	} {
		b := producer.NewBase("Rack")
		require.Empty(t, published(t, b, func() {
			for _, publish := range []func() error{
				func() error { return b.Telemetry(t.Context(), test.stream, test.fields) },
				func() error { return b.Event(t.Context(), test.stream, test.fields) },
			} {
				err := publish()
				require.ErrorContains(t, err, test.want, "%#v", test.fields)
				require.ErrorContains(t, err, "of Rack")
			}
		}))
	}
}

func TestEventsAreSentAgainAndTelemetryIsNot(t *testing.T) {
	b := producer.NewInstance("Rack", 1)
	var out recorder
	publish := func(open bool) {
		require.NoError(t, b.Event(t.Context(), "door", struct{ Open bool }{open}))
		require.NoError(t, b.Telemetry(t.Context(), "power", struct{ Open bool }{open}))
	}
	const open = `event {"csc":"Rack","salindex":1,"data":{"door":[{"open":{"value":true,"dataType":"Int","units":"unitless"}}]}}`
	require.Equal(t, open, published(t, b, func() {
		publish(false)
		publish(true)
	})[2])
	require.NoError(t, b.InitialData(t.Context(), &out))
	require.Equal(t, []string{open}, items(t, out.take()))
	for _, r := range []producer.Request{
		{CSC: "Rack", SalIndex: love.Index(1), Stream: "door"}, {CSC: "Rack", Stream: "door"},
		{CSC: "Rack", SalIndex: love.Index(2), Stream: "door"}, {CSC: "Rack", SalIndex: love.Index(1), Stream: "power"},
	} {
		require.NoError(t, b.HandleRequest(t.Context(), r, &out))
	}
	require.Equal(t, []string{open, open}, items(t, out.take()), "an index that was left out is any")
}
