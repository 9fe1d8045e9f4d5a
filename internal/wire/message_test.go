package wire_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

func TestAMessageIsParsedIntoItsParts(t *testing.T) {
	var m wire.Message
	raw := `{"x":[{}], "category":"event","data":[ {"csc":"A","salindex":1,"data":{ "s" : [1, 2],"t":NaN},"data2":0} , 7 ],"producer_snd":1.50}`
	require.NoError(t, m.Parse([]byte(raw)))
	require.Equal(t, `"event"`, string(m.Category))
	require.Equal(t, `1.50`, string(m.ProducerSnd))
	require.NoError(t, m.CheckData())
	require.Len(t, m.Items, 2)
	require.NoError(t, m.Items[0].Err)
	require.EqualError(t, m.Items[1].Err, `"data" must hold only objects: one element is not`)
	streams := m.Streams(&m.Items[0])
	require.Len(t, streams, 2)
	require.Equal(t, `"s"`, string(streams[0].Name))
	require.Equal(t, `[1, 2]`, string(streams[0].Value))
	require.Equal(t, `NaN`, string(streams[1].Value))
	require.Equal(t, `{ "s" : [1, 2],"t":NaN}`, string(m.Items[0].Data))
}

func TestTheLastOfEqualMembersWins(t *testing.T) {
	var m wire.Message
	require.NoError(t, m.Parse([]byte(`{"data":[{"csc":"A","csc":"B","salindex":0,"data":{"s":1},"data":{"t":2}}],"data":[]}`)))
	require.Empty(t, m.Items)
	require.NoError(t, m.Parse([]byte(`{"data":[],"data":[{"csc":"A","csc":"B","salindex":0,"data":{"s":1},"data":{"t":2}}]}`)))
	require.Equal(t, `"B"`, string(m.Items[0].CSC))
	require.Len(t, m.Streams(&m.Items[0]), 1)
}

// Names with different halves would be the same group to whoever reads them.
func TestANameWithHalfASurrogatePairBreaksTheRules(t *testing.T) {
	const rule = `must be whole characters: it has half of a surrogate pair without the other half`
	var m wire.Message
	for _, key := range []string{"category", "csc", "salindex", "stream"} {
		require.EqualError(t, m.Parse([]byte(`{"`+key+`":"a\ud800"}`)), `"`+key+`" `+rule)
		require.NoError(t, m.Parse([]byte(`{"`+key+`":"a\ud83d\ude00"}`)))
	}
	for key, item := range map[string]string{
		"csc":      `{"csc":"\ud800A","salindex":0,"data":{"s":1}}`,
		"salindex": `{"csc":"A","salindex":"\udc00","data":{"s":1}}`,
		"data":     `{"csc":"A","salindex":0,"data":{"s":1,"\udc00":1}}`,
	} {
		require.NoError(t, m.Parse([]byte(`{"data":[`+item+`]}`)))
		require.EqualError(t, m.Items[0].Err, `"`+key+`" `+rule)
	}
	require.NoError(t, m.Parse([]byte(`{"data":[{"csc":"A","salindex":0,"data":{"s":"\ud800"}}]}`)))
	require.NoError(t, m.Items[0].Err, "values pass as they are")
}

// FuzzParse compares the parsed parts of a message with encoding/json.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1,"t":[{}]}}]}`,
		`{"data":[{"csc":"A","salindex":"all","data":{}},1],"data":7}`, `{"option":"subscribe","salindex":-1}`, `{"\u0064ata":[]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m wire.Message
		err := m.Parse(b)
		if bareToken.Match(b) || bytes.Count(b, []byte("[")) > 100 || bytes.Count(b, []byte("{")) > 100 || bytes.Contains(b, []byte(`\u`)) || !utf8.Valid(b) {
			return
		}
		var want map[string]json.RawMessage
		wantErr := json.Unmarshal(b, &want)
		require.Equal(t, wantErr == nil && want != nil, err == nil, "%q: %v, %v", b, err, wantErr)
		if err != nil {
			return
		}
		require.Equal(t, string(want["category"]), string(m.Category))
		require.Equal(t, string(want["data"]), string(m.Data))
		var items []json.RawMessage
		if json.Unmarshal(m.Data, &items) == nil && len(m.Data) > 0 && m.Data[0] == '[' {
			require.Len(t, m.Items, len(items))
		}
	})
}
