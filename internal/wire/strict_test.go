package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

// keyTwice reports, using encoding/json, whether an object has a key twice.
func keyTwice(text []byte) bool {
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	var value func() bool
	value = func() bool {
		token, err := dec.Token()
		if err != nil || token != json.Delim('{') && token != json.Delim('[') {
			return false
		}
		seen, twice := map[string]bool{}, false
		for dec.More() {
			if token == json.Delim('{') {
				key, err := dec.Token()
				if err != nil {
					return twice
				}
				name, _ := key.(string)
				twice = twice || seen[name]
				seen[name] = true
			}
			twice = value() || twice
		}
		_, _ = dec.Token()
		return twice
	}
	return value()
}

// FuzzStrict takes encoding/json as the judge of what is JSON.
func FuzzStrict(f *testing.F) {
	many := func(last string) string {
		var keys []string
		for i := range 40 {
			keys = append(keys, fmt.Sprintf(`"k%d": {"k": %d}`, i, i))
		}
		return "{" + strings.Join(append(keys, last), ",") + "}"
	}
	for _, text := range []string{
		`{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {"azimuth": 90.0}}`, `{"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}]}`, `{"a": 1, "a" : 1}`, `[{"x": [], "x": {}}]`, `{"NaN": "Infinity"}`,
		`NaN`, `[1, -Infinity]`, `{"a": Infinity}`, `{"a": 01}`, `{"a": 1} x`, `"a"`, `"a": 1`, `{"\u0061": 1, "a": 2}`, `{"\ud800": 1, "\udbff": 2}`,
		`["\ud83d\ude00"]`, `["\ud83d\ude00\ude00"]`, `["\ude00\ud83d"]`, `["\\ud800", "\ufffd\uFFFD"]`, `["\ud800\u0041"]`, `["\ud800\n"]`, `["\ud800\ud83d\ude00"]`, "[\"\ufffd\xff\"]",
		many(`"k99": 1`), many(`"k0": 1`), many(`"k39": 1`), "{}}", "", "[[[", strings.Repeat("[", 500) + strings.Repeat("]", 500),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := wire.Strict(text)
		if err == nil {
			require.True(t, utf8.Valid(text) && json.Valid(text))
			require.False(t, changedByReading(text))
			require.False(t, keyTwice(text))
			return
		}
		require.True(t, !utf8.Valid(text) || !json.Valid(text) || keyTwice(text) || changedByReading(text) || errors.Is(err, wire.ErrDepth), "%v", err)
	})
}

var escape = regexp.MustCompile(`(?s)\\(u[fF]{3}[dD]|.)`)

// changedByReading reports, using encoding/json, whether reading replaces anything
// in UTF-8 by U+FFFD.
func changedByReading(text []byte) bool {
	const replacement = "\ufffd"
	written := bytes.Count(text, []byte(replacement))
	for _, e := range escape.FindAll(text, -1) {
		if len(e) == len(`\ufffd`) {
			written++
		}
	}
	read := 0
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if err != nil {
			return read > written
		}
		if s, ok := token.(string); ok {
			read += strings.Count(s, replacement)
		}
	}
}
