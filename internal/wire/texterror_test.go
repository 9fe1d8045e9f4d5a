package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

func TestATextThatReadersWouldChangeIsNamed(t *testing.T) {
	const half = `, which is half of a surrogate pair, without the other half: send whole characters`
	for text, want := range map[string]string{
		`{"a":"x","b":{"c":[1,["\ud800b"]],"d":2}}`:   `the text of "c" has \ud800` + half,
		`{"a":{"b":1},"c": "\\\uDFFF" }`:              `the text of "c" has \uDFFF` + half,
		`{"a":1,"x\ud800":2}`:                         "the text of \"x\ufffd\" has \\ud800" + half,
		`"\ud83d\ud83d\ude00"`:                        `the text has \ud83d` + half,
		`[[], {}, "\udc00\ud800"]`:                    `the text has \udc00` + half,
		"{\"a\":\"\\ud83d\\ude00\",\"b\":[\"\xff\"]}": `the text of "b" is not UTF-8`,
		"{\"a\":\"\xed\xa0\x80\"}":                    `the text of "a" is not UTF-8`,
		"\"a\xc3\"":                                   `the text is not UTF-8`,
	} {
		require.NoError(t, wire.Valid([]byte(text)))
		require.EqualError(t, wire.CheckTexts([]byte(text)), want, text)
		require.EqualError(t, wire.Strict([]byte(text)), want, text)
	}
	for _, text := range []string{
		`1`, `{}`, `"\ud83d\ude00"`, `"\\ud800"`, `["\uD83D\uDE00\ufffd", {"\ud83d\ude00": "\u0000"}]`, "\"\ufffd \U0001f600\"",
	} {
		require.NoError(t, wire.Strict([]byte(text)), text)
	}
}
