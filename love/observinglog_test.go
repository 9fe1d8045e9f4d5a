package love_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestAnObservingLogIsReadFromWhatAClientPosted(t *testing.T) {
	for text, want := range map[string]love.ObservingLog{
		`{"user": "ana", "message": "a\u00f1, añ \"NaN\"\n"}`:       {User: "ana", Message: "añ, añ \"NaN\"\n"},
		`{"message":"","user":""}`:                                  {},
		` {"user":"ana","message":"x","User":"admin","extra":[1]} `: {User: "ana", Message: "x"},
	} {
		want.Posted = json.RawMessage(text)
		l, err := love.ParseObservingLog([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, l)
	}
}

func TestAnObjectThatIsNotAnObservingLogIsRefusedWithAReason(t *testing.T) {
	const both = `it must have the texts "user" and "message"`
	for text, want := range map[string]string{
		``:                             `not JSON at byte 0: expected a value`,
		`{"user":"ana"`:                `not JSON at byte 13: expected ',' or '}'`,
		`{"user":"ana","message":NaN}`: `not JSON at byte 24: JSON has no NaN and no Infinity`,
		`{"user":"ana","message":"a","message":"b"}`: `the key "message" occurs twice`,
		`{"user":"ana","message":"a\ud800b"}`:        `the text of "message" has \ud800, which is half of a surrogate pair, without the other half: send whole characters`,
		"{\"user\":\"an\xe1\",\"message\":\"x\"}":    `the text of "user" is not UTF-8`,
		`{"user":"ana"}`:                    both,
		`{"message":"x"}`:                   both,
		`{"USER":"ana","message":"x"}`:      both,
		`{"user":null,"message":"x"}`:       both,
		`[]`:                                both,
		`null`:                              both,
		`{"user":1,"message":"x"}`:          `"user" must be a text, not 1`,
		`{"user":"ana","message":["x", 2]}`: `"message" must be a text, not ["x", 2]`,
	} {
		l, err := love.ParseObservingLog([]byte(text))
		require.EqualError(t, err, "reading the observing log: "+want, text)
		lacks := want == both && !strings.Contains(text, "null,")
		require.Equal(t, lacks, errors.Is(err, love.ErrIncompleteLog), text)
		require.Zero(t, l)
	}
}
