package love_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func withParams(params string) love.Command {
	return love.Command{CSC: "Rack", Name: "cmd_set", Params: json.RawMessage(params)}
}

func TestCommand_Decode(t *testing.T) {
	var to struct {
		Azimuth float64
		Speed   *float64 `love:"angularVelocity,deg/s"`
		Names   []string `json:"names"`
		ID      uint64
		Level   *int8
		Ignored string `love:"-"`
	}
	to.Speed = new(float64)
	to.Ignored = "kept"
	require.NoError(t, withParams(`{"azimuth": 90, "names": ["a", "é"], "id": 18446744073709551615, "level": -3}`).Decode(&to))
	require.Equal(t, 90.0, to.Azimuth)
	require.Nil(t, to.Speed, "it is left out")
	require.Equal(t, []string{"a", "é"}, to.Names)
	require.EqualValues(t, uint64(18446744073709551615), to.ID)
	require.EqualValues(t, -3, *to.Level)
	require.Equal(t, "kept", to.Ignored)

	var none struct{}
	require.NoError(t, withParams(``).Decode(&none))
	require.NoError(t, withParams(` {} `).Decode(&none))
}

func TestCommand_DecodeErrorsAreForWhoeverGaveTheCommand(t *testing.T) {
	type params struct {
		Azimuth float64
		Level   *uint8   `love:"logLevel"`
		Names   []string `love:"names"`
		On      *bool
	}
	for given, want := range map[string]string{
		`{"names": []}`:                                "azimuth is missing",
		`{"azimut": 1, "names": []}`:                   "azimut does not exist; the parameters are azimuth, logLevel, names, on",
		`{"azimuth": 1}`:                               "names is missing",
		`{"azimuth": null, "names": []}`:               "azimuth is null, not a number",
		`{"azimuth": "hot", "names": []}`:              `azimuth is "hot", not a number`,
		`{"azimuth": true, "names": []}`:               "azimuth is true, not a number",
		`{"azimuth": {"value": 1}, "names": []}`:       `azimuth is {"value": 1}, not a number`,
		`{"azimuth": 1, "logLevel": 256, "names": []}`: "logLevel is 256, not a whole number from 0 to 255",
		`{"azimuth": 1, "loglevel": 5, "names": []}`:   "loglevel does not exist; the parameters are azimuth, logLevel, names, on",
		`{"azimuth": 1, "names": 5}`:                   "names is 5, not a list",
		`{"azimuth": 1, "names": ["a", 5]}`:            "names[1] is 5, which does not fit a Go string",
		`{"azimuth": 1, "names": [], "on": 1}`:         "on is 1, not true or false",
		`{"azimuth": 1, "azimuth": 2, "names": []}`:    `the parameters cannot be read: the key "azimuth" occurs twice`,
		`[1]`: "the parameters must be an object, not [1]",
		`{`:   "the parameters cannot be read: not JSON at byte 1: expected a member name",
		`{"azimuth": 1, "names": [], "azimut": 1, "zenith": 1}`:       "azimut does not exist; the parameters are azimuth, logLevel, names, on",
		`{"azimuth": 1e999, "names": []}`:                             "azimuth is 1e999, which is too large or has too many digits",
		`{"azimuth": 123456789012345678901234567890123, "names": []}`: "azimuth is 123456789012345678901234567890123, which is too large or has too many digits",
	} {
		err := withParams(given).Decode(new(params))
		require.EqualError(t, err, want, given)
		require.ErrorAs(t, err, new(*love.ParamError), given)
	}
	var none struct{}
	require.EqualError(t, withParams(`{"x": 1}`).Decode(&none), "x does not exist; the command has no parameters")
}

func TestCommand_DecodeTakesAPointerToAStruct(t *testing.T) {
	var n int
	for _, v := range []any{nil, struct{}{}, &n, (*struct{})(nil)} {
		err := withParams(`{}`).Decode(v)
		require.ErrorContains(t, err, "takes a pointer to a struct")
		require.NotErrorAs(t, err, new(*love.ParamError))
	}
	var hidden struct {
		azimuth float64 `love:"azimuth"`
	}
	require.ErrorContains(t, withParams(`{"azimuth": 1}`).Decode(&hidden), "begin its name with a capital letter")
	require.Zero(t, hidden.azimuth)
}
