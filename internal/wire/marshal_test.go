package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

type labelled struct {
	Label string `json:"label,omitempty"`
	Skip  string `json:"-"`
	Raw   json.RawMessage
	Sizes []float64
	Any   any
}

func TestMarshalRefusesATextThatJSONWouldChange(t *testing.T) {
	const bad = "a\xffb"
	for _, v := range []any{
		bad, []string{"x", bad}, [1]string{bad}, map[string]int{bad: 1}, map[string]any{"a": []any{map[string]any{"b": bad}}},
		labelled{Label: bad}, &labelled{Any: &[]string{bad}}, struct{ labelled }{labelled{Label: bad}}, labelled{Raw: json.RawMessage(`"` + bad + `"`)},
	} {
		_, err := wire.Marshal(v)
		require.EqualError(t, err, "a text is not UTF-8", "%q", v)
	}
	for _, v := range []any{
		nil, 1, "\ufffd", json.RawMessage(`{"a":"\ufffd"}`), []byte(bad), map[string]any{"a": nil},
		labelled{Skip: bad, Sizes: []float64{1}, Any: (*labelled)(nil)},
	} {
		want, err := json.Marshal(v)
		require.NoError(t, err)
		got, err := wire.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
	_, err := wire.Marshal(make(chan int))
	require.Error(t, err)
}
