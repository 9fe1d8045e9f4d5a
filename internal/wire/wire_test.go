package wire_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

func TestValidAcceptsJSONAndTheBareTokensOfPython(t *testing.T) {
	for _, s := range []string{`{}`, ` [ ] `, `"a\u00e9\n"`, `-0.5e+10`, `0`, `true`, `null`, `NaN`, `Infinity`, `-Infinity`, `{"a":[NaN,{"b":-Infinity}]}`} {
		require.NoError(t, wire.Valid([]byte(s)), s)
	}
}

func TestValidSaysWhereATextStopsBeingJSON(t *testing.T) {
	for s, want := range map[string]string{
		``:         `not JSON at byte 0: expected a value`,
		`{"a":1,}`: `not JSON at byte 7: expected a member name`,
		`{"a" 1}`:  `not JSON at byte 5: expected ':'`,
		`[1 2]`:    `not JSON at byte 3: expected ',' or ']'`,
		`01`:       `not JSON at byte 1: expected no leading zero in a number`,
		`-`:        `not JSON at byte 1: expected a digit`,
		`1.`:       `not JSON at byte 2: expected a digit`,
		`1e+`:      `not JSON at byte 3: expected a digit`,
		`"\x"`:     `not JSON at byte 2: expected an escape`,
		`"\u12g4"`: `not JSON at byte 2: expected four hexadecimal digits`,
		"\"\n\"":   `not JSON at byte 1: expected no control character in a text`,
		`"open`:    `not JSON at byte 5: expected the end of a text`,
		`nan`:      `not JSON at byte 0: expected a value`,
		`{} {}`:    `not JSON at byte 3: expected the end`,
		`[-Inf]`:   `not JSON at byte 2: expected a digit`,
	} {
		require.EqualError(t, wire.Valid([]byte(s)), want, s)
	}
	deep := strings.Repeat("[", 100_000)
	require.ErrorIs(t, wire.Valid([]byte(deep)), wire.ErrDepth)
}

func TestAFrameIsCutIntoItsParts(t *testing.T) {
	var f wire.Frame
	raw := `{"x":[{}], "category":"event","data":[ {"csc":"A","salindex":1,"data":{ "s" : [1, 2],"t":NaN},"data2":0} , 7 ],"producer_snd":1.50}`
	require.NoError(t, f.Parse([]byte(raw)))
	require.Equal(t, `"event"`, string(f.Category))
	require.Equal(t, `1.50`, string(f.ProducerSnd))
	require.Nil(t, f.DataProblem())
	require.Len(t, f.Items, 2)
	require.Nil(t, f.Items[0].Problem)
	require.EqualError(t, f.Items[1].Problem, `"data" must hold only objects: one element is none`)
	streams := f.Streams(&f.Items[0])
	require.Len(t, streams, 2)
	require.Equal(t, `"s"`, string(streams[0].Name))
	require.Equal(t, `[1, 2]`, string(streams[0].Value))
	require.Equal(t, `NaN`, string(streams[1].Value))
	require.Equal(t, `{ "s" : [1, 2],"t":NaN}`, string(f.Items[0].Data))
}

func TestTheLastOfEqualMembersCounts(t *testing.T) {
	var f wire.Frame
	require.NoError(t, f.Parse([]byte(`{"data":[{"csc":"A","csc":"B","salindex":0,"data":{"s":1},"data":{"t":2}}],"data":[]}`)))
	require.Empty(t, f.Items)
	require.NoError(t, f.Parse([]byte(`{"data":[],"data":[{"csc":"A","csc":"B","salindex":0,"data":{"s":1},"data":{"t":2}}]}`)))
	require.Equal(t, `"B"`, string(f.Items[0].CSC))
	require.Len(t, f.Streams(&f.Items[0]), 1)
}

func TestTextResolvesEscapes(t *testing.T) {
	for _, q := range []string{`"plain"`, `"\"\\\/\b\f\n\r\t"`, `"\u00e9\ud83d\ude00"`, `"\ud800"`, `"\ud800\u0041"`, `"\udc00x"`, `""`} {
		var want string
		require.NoError(t, json.Unmarshal([]byte(q), &want))
		require.Equal(t, want, string(wire.Text([]byte(q))), q)
	}
}

func TestStrictReplacesOnlyBareTokens(t *testing.T) {
	require.Equal(t, `{"NaN":null,"a":[null,null,"-Infinity \" NaN",-1]}`,
		string(wire.AppendStrict(nil, []byte(`{"NaN":NaN,"a":[Infinity,-Infinity,"-Infinity \" NaN",-1]}`))))
}

var bareToken = regexp.MustCompile(`NaN|-?Infinity`)

// FuzzValid compares the scanner with encoding/json, for texts without the
// tokens that only the scanner takes.
func FuzzValid(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,"x\u00e9",true,null]}`, `[NaN]`, `{"a" : {} }`, `01`, `"\ud800"`, "\"\x7f\"", `[[[[]]]]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		err := wire.Valid(b)
		if err == nil {
			require.True(t, json.Valid(wire.AppendStrict(nil, b)), "strict form of %q", b)
		}
		if !bareToken.Match(b) && bytes.Count(b, []byte("[")) < wire.MaxDepth && bytes.Count(b, []byte("{")) < wire.MaxDepth {
			require.Equal(t, json.Valid(b), err == nil, "%q: %v", b, err)
		}
	})
}

// FuzzParse compares the cutting of a message with encoding/json.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1,"t":[{}]}}]}`,
		`{"data":[{"csc":"A","salindex":"all","data":{}},1],"data":7}`, `{"option":"subscribe","salindex":-1}`, `{"\u0064ata":[]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var cut wire.Frame
		err := cut.Parse(b)
		if bareToken.Match(b) || bytes.Count(b, []byte("[")) > 100 || bytes.Count(b, []byte("{")) > 100 || bytes.Contains(b, []byte(`\u`)) || !utf8.Valid(b) {
			return
		}
		var want map[string]json.RawMessage
		wantErr := json.Unmarshal(b, &want)
		require.Equal(t, wantErr == nil && want != nil, err == nil, "%q: %v, %v", b, err, wantErr)
		if err != nil {
			return
		}
		require.Equal(t, string(want["category"]), string(cut.Category))
		require.Equal(t, string(want["data"]), string(cut.Data))
		var items []json.RawMessage
		if json.Unmarshal(cut.Data, &items) == nil && len(cut.Data) > 0 && cut.Data[0] == '[' {
			require.Len(t, cut.Items, len(items))
		}
	})
}
