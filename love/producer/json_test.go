package producer_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
)

func TestDecoratedFieldsGoThroughEncodingJSON(t *testing.T) {
	for _, test := range []struct {
		field producer.Decorated
		want  string
		back  any
	}{
		{producer.Decorate(1.5, "W"), `{"value":1.5,"dataType":"Float","units":"W"}`, 1.5},
		{producer.Decorate(math.NaN(), ""), `{"value":null,"dataType":"Float","units":"unitless"}`, nil},
		{producer.Decorate([]float64{math.Inf(1), 2}, ""), `{"value":[null,2.0],"dataType":"Array<Float>","units":"unitless"}`, []any{nil, 2.0}},
		{producer.Decorate(int64(math.MaxInt64), ""), `{"value":9223372036854775807,"dataType":"Int","units":"unitless"}`, int64(math.MaxInt64)},
		{producer.Decorate(uint64(math.MaxUint64), ""), `{"value":18446744073709551615,"dataType":"Int","units":"unitless"}`, json.Number("18446744073709551615")},
		{producer.Decorate([]byte{1, 2}, ""), `{"value":[1,2],"dataType":"Array<Int>","units":"unitless"}`, []any{int64(1), int64(2)}},
		{producer.Decorate(love.RawValue(`{"a":[1]}`), ""), `{"value":{"a":[1]},"dataType":"None","units":"unitless"}`, map[string]any{"a": []any{int64(1)}}},
		{producer.Decorated{Value: true}, `{"value":true,"dataType":"Int","units":"unitless"}`, true},
	} {
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		require.NoError(t, encoder.Encode(map[string]any{"f": test.field}))
		require.Equal(t, `{"f":`+test.want+"}\n", text.String())
		var back map[string]producer.Decorated
		require.NoError(t, json.Unmarshal(text.Bytes(), &back))
		require.Equal(t, test.back, back["f"].Value)
		require.NotEmpty(t, back["f"].DataType)
		require.NotEmpty(t, back["f"].Units)
	}
	for _, bad := range []producer.Decorated{
		{Value: make(chan int)}, {Value: 1, DataType: "x"}, {Value: love.RawValue("{")}, {Value: "a\xff"}, {Units: "\xff"},
	} {
		_, err := json.Marshal(bad)
		require.Error(t, err, "%#v", bad)
	}
	require.Error(t, json.Unmarshal([]byte(`[]`), &producer.Decorated{}))
}

func TestDataAndRequestsGoThroughEncodingJSON(t *testing.T) {
	d := newBuilder().Data(love.CategoryTelemetry, love.RawValue(`{"csc":"Rack","salindex":1,"data":{"power":{"n":1}}}`))
	text, err := json.Marshal(map[string]any{"d": d})
	require.NoError(t, err)
	require.Equal(t, `{"d":`+string(d.JSON)+`}`, string(text))
	var back map[string]producer.Data
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, d, back["d"])
	require.ErrorContains(t, json.Unmarshal([]byte(`{"Category":"event"}`), &d), `"category" must be a text`)
	_, err = json.Marshal(producer.Data{JSON: []byte("{")})
	require.Error(t, err)

	r := producer.Request{CSC: "Rack", SalIndex: love.Index(1), Stream: "door"}
	text, err = json.Marshal(r)
	require.NoError(t, err)
	require.Equal(t, `{"category":"initial_state","data":[{"csc":"Rack","salindex":1,"data":{"event_name":"door"}}]}`, string(text))
	var read producer.Request
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, r, read)
	require.ErrorContains(t, json.Unmarshal([]byte(`{"CSC":"Rack","Stream":"door"}`), &read), "not an initial_state request")
}
