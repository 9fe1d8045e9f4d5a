package wire_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

func TestValidAcceptsJSONAndTheBareTokensOfPython(t *testing.T) {
	for _, s := range []string{`{}`, ` [ ] `, `"a\u00e9\n"`, `-0.5e+10`, `0`, `true`, `null`, `NaN`, `Infinity`, `-Infinity`, `{"a":[NaN,{"b":-Infinity}]}`} {
		require.NoError(t, wire.Valid([]byte(s)), s)
	}
}

func TestValidReportsWhereJSONEnds(t *testing.T) {
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

var bareToken = regexp.MustCompile(`NaN|-?Infinity`)

// FuzzValid compares the scanner with encoding/json, for inputs without the
// tokens that only the scanner accepts.
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
