package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

func TestDecodeTakesOnlyWhatTheStructHas(t *testing.T) {
	type change struct {
		Name    *string   `json:"name"`
		Active  *bool     `json:"active"`
		Rights  *[]string `json:"rights"`
		Seconds float64   `json:"seconds"`
	}
	var c change
	require.NoError(t, wire.Decode([]byte(" {\"na\\u006de\": \"a\\tb\", \"active\": true, \"rights\": [\"x\"], \"seconds\": 1.5e1}\n"), &c))
	require.Equal(t, "a\tb", *c.Name)
	require.True(t, *c.Active)
	require.Equal(t, []string{"x"}, *c.Rights)
	require.Equal(t, 15.0, c.Seconds)
	c = change{}
	require.NoError(t, wire.Decode([]byte(`{}`), &c))
	require.Equal(t, change{}, c)

	for text, want := range map[string]string{
		`{"Name": "a"}`:  `"Name": There is no such field: there are name, active, rights, seconds.`,
		`{"NAME": "a"}`:  `There is no such field`,
		`{"ſeconds": 1}`: `There is no such field`, // U+017F folds to s
		`{"name ": "a"}`: `There is no such field`,
		`{"x": null}`:    `There is no such field`,
		`{"": 1}`:        `There is no such field`,
		`{"` + strings.Repeat("é", 1000) + `": 1}`: `ééé…": There is no such field`,
		`{"name": null}`:                  `"name": This field may not be null.`,
		`{"rights": ["a", null]}`:         `"rights": This field may not be null.`,
		`{"rights": null}`:                `"rights": This field may not be null.`,
		`{"name": 1}`:                     `"name": Not a valid string.`,
		`{"active": "true"}`:              `"active": Not a valid boolean.`,
		`{"rights": "a"}`:                 `"rights": Not a valid list of strings.`,
		`{"rights": [["a"]]}`:             `"rights": Not a valid list of strings.`,
		`{"seconds": 1e400}`:              `"seconds": Not a valid number.`,
		`{"seconds": "1"}`:                `"seconds": Not a valid number.`,
		`{"name": "a", "na\u006de": "b"}`: `the key "name" occurs twice`,
		`{"name": "a",}`:                  `not JSON at byte 13`,
		`[]`:                              "not a JSON object",
		`null`:                            "not a JSON object",
		``:                                "not JSON at byte 0",
	} {
		var c change
		require.ErrorContains(t, wire.Decode([]byte(text), &c), want, text)
	}
}
