package love_test

import (
	"encoding/json"
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
		``:                                  `it is not JSON`,
		`{"user":"ana"`:                     `it is not JSON`,
		`{"user":"ana","message":NaN}`:      `it is not JSON`,
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
		require.Zero(t, l)
	}
}
