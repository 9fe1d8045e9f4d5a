package sal_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

func TestValuesFromJSONKeepAllDigits(t *testing.T) {
	var v sal.Values
	require.NoError(t, json.Unmarshal([]byte(`{"ll": 9007199254740993, "t": "x"}`), &v))
	s, err := sal.NewSample(everything(t), v)
	require.NoError(t, err)
	require.EqualValues(t, 9007199254740993, s.Int("ll"))
	require.NoError(t, json.Unmarshal([]byte(`null`), &v))
	require.Nil(t, v)
	require.Error(t, json.Unmarshal([]byte(`[]`), &v))
}

func TestASampleIsNotReadFromJSON(t *testing.T) {
	s, err := sal.NewSample(everything(t), nil)
	require.NoError(t, err)
	text, err := json.Marshal(s)
	require.NoError(t, err)
	require.ErrorContains(t, json.Unmarshal(text, s), "give them to sal.NewSample")
}
