package love_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestACommandIsReadFromWhatAClientPosted(t *testing.T) {
	c, err := love.ParseCommand([]byte(` {"csc":"MTHexapod","salindex":1,"cmd":"cmd_move","params":{"x": 1.50, "n": 12345678901234567890123},"identity":"ana@summit","more":[1]} `))
	require.NoError(t, err)
	require.Equal(t, love.Command{
		CSC: "MTHexapod", SalIndex: 1, Name: "cmd_move", Identity: "ana@summit",
		Params: json.RawMessage(`{"x": 1.50, "n": 12345678901234567890123}`),
	}, c)

	for _, identity := range []string{``, `,"identity":null`, `,"identity":1`, `,"identity":{}`} {
		c, err = love.ParseCommand([]byte(`{"csc":"A","salindex":0,"cmd":"cmd_x","params":{}` + identity + `}`))
		require.NoError(t, err)
		require.Empty(t, c.Identity)
	}
}

func TestAnObjectThatIsNotACommandIsRefusedWithAReason(t *testing.T) {
	const (
		whole = `"csc":"A","salindex":0,"cmd":"cmd_x","params":{}`
		half  = ` has \ud800, which is half of a surrogate pair, without the other half: send whole characters`
	)
	for text, want := range map[string]struct {
		kind error
		text string
	}{
		`{"csc":`:                           {love.ErrNotJSON, `not JSON at byte 7: expected a value`},
		``:                                  {love.ErrNotJSON, `not JSON at byte 0: expected a value`},
		`{"csc":NaN,` + whole[10:] + `}`:    {love.ErrNotJSON, `not JSON at byte 7: JSON has no NaN and no Infinity`},
		`{` + whole + `,"csc":"B"}`:         {love.ErrNotJSON, `the key "csc" occurs twice`},
		`{"p":{"a":1,"a":2},` + whole + `}`: {love.ErrNotJSON, `the key "a" occurs twice`},
		"{\"x\":\"\xff\"," + whole + `}`:    {love.ErrNotJSON, `the text of "x" is not UTF-8`},
		`{"csc":"A","salindex":0,"cmd":"x","params":{"a":1,"b":["c",{"d":"e\ud800f"}]}}`: {nil, `reading the command: the text of "d"` + half},
		`{"csc":"A","salindex":0,"cmd":"x","params":{"a\udc00":1}}`:                      {nil, "reading the command: the text of \"a\ufffd\" has \\udc00" + half[len(` has \ud800`):]},
		`{"csc":"A\ud800","salindex":0,"cmd":"x","params":{}}`:                           {nil, `reading the command: the text of "csc"` + half},
		`{"csc":"A","salindex":0,"cmd":"\ud800x","params":{}}`:                           {nil, `reading the command: the text of "cmd"` + half},
		`{` + whole + `,"identity":"ana\ud800@summit"}`:                                  {nil, `reading the command: the text of "identity"` + half},
		`{` + whole + `,"more":"\ud800"}`:                                                {nil, `reading the command: the text of "more"` + half},
		`{"csc":"\ud800"}`:                                                               {nil, `reading the command: the text of "csc"` + half},
		`[]`:                                                                             {nil, `reading the command: it is not a JSON object`},
		`"csc"`:                                                                          {nil, `reading the command: it is not a JSON object`},
		`{` + whole + `,"CSC":"B"}`:                                                      {nil, `reading the command: "CSC" is not a key of a command: write "csc"`},
		`{` + whole + `,"Identity":"admin"}`:                                             {nil, `reading the command: "Identity" is not a key of a command: write "identity"`},
		`{}`:                                                                             {love.ErrIncompleteCommand, `reading the command: "csc" is missing; a command has "csc", "salindex", "cmd" and "params"`},
		`{"csc":"A","salindex":0,"params":{}}`:                                           {love.ErrIncompleteCommand, `reading the command: "cmd" is missing; a command has "csc", "salindex", "cmd" and "params"`},
		`{"csc":"A","salindex":0,"cmd":"cmd_x","params":null}`:                           {love.ErrIncompleteCommand, `reading the command: "params" must be an object with the parameters by name ({} for none), not null`},
		`{"csc":"A","salindex":0,"cmd":"cmd_x","params":[1]}`:                            {love.ErrIncompleteCommand, `reading the command: "params" must be an object with the parameters by name ({} for none), not [1]`},
		`{"csc":["A"],"salindex":0,"cmd":"x","params":{}}`:                               {love.ErrIncompleteCommand, `reading the command: "csc" must be the name of a component such as "ATDome", not ["A"]`},
		`{"csc":"","salindex":0,"cmd":"x","params":{}}`:                                  {love.ErrIncompleteCommand, `reading the command: "csc" must be the name of a component such as "ATDome", not ""`},
		`{"csc":"A","salindex":0,"cmd":"","params":{}}`:                                  {love.ErrIncompleteCommand, `reading the command: "cmd" must be the name of a command such as "cmd_moveAzimuth", not ""`},
		`{"csc":"A","salindex":0.5,"cmd":"x","params":{}}`:                               {love.ErrIncompleteCommand, `reading the command: "salindex" must be a whole number, not 0.5`},
		`{"csc":"A","salindex":null,"cmd":"x","params":{}}`:                              {love.ErrIncompleteCommand, `reading the command: "salindex" must be a whole number, not null`},
	} {
		c, err := love.ParseCommand([]byte(text))
		require.EqualError(t, err, want.text, text)
		require.Zero(t, c, text)
		for _, kind := range []error{love.ErrNotJSON, love.ErrIncompleteCommand} {
			require.Equal(t, kind == want.kind, errors.Is(err, kind), text)
		}
	}
}

// The Python commander takes what int() takes.
func TestTheIndexOfACommandIsAnyWholeNumber(t *testing.T) {
	for index, want := range map[string]int{
		`1`: 1, `"1"`: 1, `" 1\n"`: 1, `"\u0031"`: 1, `"+1"`: 1, `"001"`: 1, `"-2"`: -2, `"0"`: 0,
		`1.0`: 1, `1.00`: 1, `1e0`: 1, `0.1e1`: 1, `10e-1`: 1, `-0`: 0, `-0.0`: 0, `0e99999999999`: 0, `12E+1`: 120,
		`9007199254740993`: 9007199254740993, `9007199254740993.0`: 9007199254740993, `"9007199254740993"`: 9007199254740993,
	} {
		c, err := love.ParseCommand([]byte(`{"csc":"A","salindex":` + index + `,"cmd":"cmd_x","params":{}}`))
		require.NoError(t, err, index)
		require.Equal(t, want, c.SalIndex, index)
	}
	for _, index := range []string{
		`""`, `" "`, `"one"`, `"1.0"`, `"1_0"`, `"0x1"`, `"1 2"`, `"١"`, `"all"`, `true`, `[1]`, `{}`, `null`,
		`1.5`, `1e-1`, `1e400`, `1e1000000000`, `-1e99999999999`, `9223372036854775808`, `"9223372036854775808"`, `9223372036854775807.5`,
	} {
		_, err := love.ParseCommand([]byte(`{"csc":"A","salindex":` + index + `,"cmd":"cmd_x","params":{}}`))
		require.ErrorIs(t, err, love.ErrIncompleteCommand, index)
		require.ErrorContains(t, err, `"salindex" must be a whole number, not `+index)
	}
}

// FuzzParseCommand compares with encoding/json, which takes more, but must
// understand what is taken in the same way.
func FuzzParseCommand(f *testing.F) {
	f.Add([]byte(`{"csc":"MTHexapod","salindex":1,"cmd":"cmd_move","params":{"x":1.50},"identity":"ana@summit"}`))
	f.Add([]byte(`{"csc":"A","salindex":0,"cmd":"cmd_x","params":{},"CSC":"B"}`))
	f.Add([]byte(`{"c\u0073c":"A","salindex":-0,"cmd":"\ud800","params":{},"identity":[],"csc":"B"}`))
	f.Add([]byte(`{"csc":"A","salindex":"1","cmd":"cmd_x","params":{"a":"\ud83d\ude00"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := love.ParseCommand(text)
		if err != nil {
			require.Zero(t, c)
			return
		}
		var want love.Command
		if err := json.Unmarshal(text, &want); err != nil {
			want.Identity, want.SalIndex = c.Identity, c.SalIndex // not a text, or an index that encoding/json does not take
		}
		require.Equal(t, want, c)
	})
}

func TestProgressExtendsTheTimeLimitByADayAtMost(t *testing.T) {
	for seconds, want := range map[float64]time.Duration{
		0: 0, -5: 0, math.NaN(): 0, math.Inf(-1): 0, 0.5: 500 * time.Millisecond, 30: 30 * time.Second,
		86400: 24 * time.Hour, 1e12: 24 * time.Hour, math.Inf(1): 24 * time.Hour,
	} {
		require.Equal(t, want, love.Progress{Timeout: seconds}.Extension(), seconds)
	}
}
