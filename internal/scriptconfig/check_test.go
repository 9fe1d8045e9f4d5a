package scriptconfig_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/internal/scriptconfig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is the schema of a script.
const script = `
$id: https://example.org/a script.yaml
$schema: http://json-schema.org/draft-07/schema#
type: object
additionalProperties: false
required: [wait_time, fail_run]
properties:
  fail_run: {type: boolean, default: false}
  wait_time: {type: number, minimum: 0, default: 0}
  filters:
    type: array
    items: {type: string, enum: [u, g, r]}
  slew:
    type: object
    properties:
      speed: {type: number, default: 1.5}
      axis: {type: string}
  rest: {type: object, properties: {a: {type: string}}}
  anything: {}
`

func check(t testing.TB, config, schema string) string {
	t.Helper()
	r, err := scriptconfig.New().Check(config, schema)
	require.NoError(t, err, config)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	return string(text)
}

func TestDefaultsAreFilledIn(t *testing.T) {
	for config, want := range map[string]string{
		"":                                `{"fail_run": false, "wait_time": 0, "slew": {"speed": 1.5}}`,
		"# nothing":                       `{"fail_run": false, "wait_time": 0, "slew": {"speed": 1.5}}`,
		"~":                               `{"fail_run": false, "wait_time": 0, "slew": {"speed": 1.5}}`,
		"wait_time: 3600":                 `{"fail_run": false, "wait_time": 3600, "slew": {"speed": 1.5}}`,
		"slew: {axis: x}\nfail_run: true": `{"fail_run": true, "wait_time": 0, "slew": {"axis": "x"}}`,
	} {
		require.JSONEq(t, `{"title": "None", "output": `+want+`}`, check(t, config, script), config)
	}
}

func TestAnInvalidConfigurationIsExplained(t *testing.T) {
	for config, want := range map[string]string{
		"wait_time: 'asd'":          `{"message": "'asd' is not of type 'number'", "path": ["wait_time"], "schema_path": ["properties", "wait_time", "type"]}`,
		"asdfasfd":                  `{"message": "asdfasfd is not a dict", "path": [], "schema_path": []}`,
		"[1, a, ~, yes]":            `{"message": "[1, 'a', None, True] is not a dict", "path": [], "schema_path": []}`,
		"wait_time: -1":             `{"message": "-1 is less than the minimum of 0", "path": ["wait_time"], "schema_path": ["properties", "wait_time", "minimum"]}`,
		"filters: [u, z]":           `{"message": "'z' is not one of ['u', 'g', 'r']", "path": ["filters", 1], "schema_path": ["properties", "filters", "items", "enum"]}`,
		"other: 1\nmore: 2":         `{"message": "Additional properties are not allowed ('more', 'other' were unexpected)", "path": [], "schema_path": ["additionalProperties"]}`,
		"other: 1\nwait_time: x":    `{"message": "Additional properties are not allowed ('other' was unexpected)", "path": [], "schema_path": ["additionalProperties"]}`,
		"slew: {speed: {a: \"'\"}}": `{"message": "{'a': \"'\"} is not of type 'number'", "path": ["slew", "speed"], "schema_path": ["properties", "slew", "properties", "speed", "type"]}`,
	} {
		require.JSONEq(t, `{"title": "INVALID CONFIG YAML", "error": `+want+`}`, check(t, config, script), config)
	}
}

func TestEveryKeywordIsExplained(t *testing.T) {
	for _, c := range [][3]string{
		{"required: [a]", "{}", "'a' is a required property"},
		{"properties: {a: {const: 1}}", "a: 2", "1 was expected"},
		{"properties: {a: {anyOf: [{type: string}, {type: boolean}]}}", "a: 2", "2 is not valid under any of the given schemas"},
		{"properties: {a: {oneOf: [{type: string}, {type: boolean}]}}", "a: 2", "2 is not valid under any of the given schemas"},
		{"properties: {a: {oneOf: [{type: number}, {type: integer}]}}", "a: 2", "2 is valid under more than one of the given schemas"},
		{"properties: {a: {allOf: [{type: number}, {maximum: 1}]}}", "a: 2", "2 is greater than the maximum of 1"},
		{"properties: {a: {$ref: '#/definitions/x y'}}\ndefinitions: {x y: {type: [string, 'null']}}", "a: 2", "2 is not of type 'null', 'string'"},
		{"properties: {a: {pattern: '^x'}}", "a: b", "'b' does not match '^x'"},
		{"properties: {a: {uniqueItems: true}}", "a: [1, 1]", "[1, 1] has non-unique elements"},
		{"properties: {a: {minItems: 2}}", "a: [1]", "[1] is too short"},
		{"properties: {a: {maxLength: 1}}", "a: bc", "'bc' is too long"},
		{"properties: {a: {exclusiveMinimum: 0}}", "a: 0", "0 is less than or equal to the minimum of 0"},
		{"properties: {a: {exclusiveMaximum: 0.5}}", "a: 1.0", "1.0 is greater than or equal to the maximum of 0.5"},
		{"properties: {a: {multipleOf: 2}}", "a: 3", "3 is not a multiple of 2"},
		{"properties: {a: false}", "a: 3", "3: false schema"},
		{"properties: {a: {not: {type: integer}}}", "a: 3", "3: 'not' failed"},
		{"properties: {a: {enum: [" + strings.Repeat("a", 300) + "]}}", "a: " + strings.Repeat("é", 300), "…"},
	} {
		r, err := scriptconfig.New().Check(c[1], c[0])
		require.NoError(t, err, c[0])
		invalid, ok := r.Error.(*scriptconfig.InvalidError)
		require.True(t, ok, c[0])
		require.Contains(t, invalid.Message, c[2])
		require.Less(t, len(invalid.Message), 500)
	}
}

func TestAnEmptyConfigurationMayBeValid(t *testing.T) {
	require.Equal(t, `{"title":"None","output":{}}`, check(t, "", "{}"))
}

func TestFormatsAreNotChecked(t *testing.T) {
	require.Contains(t, check(t, "a: no date", "properties: {a: {type: string, format: date}}"), `"None"`)
}

func TestWhatIsNotYAMLHasItsPlace(t *testing.T) {
	for _, c := range []struct {
		config             string
		line, column, from int
	}{
		{"wait_time: -\na:", 0, 11, 11},
		{"fail_cleanup: \nw:'", 1, 3, 18},
		{":", 0, 0, 0},
		{"a: [", 0, 4, 4},
		{"é: 1\n b: 2", 1, 2, 7},
		{"a: *x", 0, 3, 3},
		{"x: !foo 1", 0, 3, 3},
		{"x: !!binary aGFs", 0, 3, 3},
		{"x: !!int a", 0, 3, 3},
		{"--- 1\n--- 2", 1, 0, 6},
		{"a: \"\\q\"", 0, 4, 4},
		{"a: .nan", 0, 3, 3},
		{"? [a]\n: 1", 0, 2, 2},
		{"<<: 1", 0, 4, 4},
		{"\x00", 0, 0, 0},
	} {
		r, err := scriptconfig.New().Check(c.config, script)
		require.NoError(t, err)
		require.Equal(t, "ERROR WHILE PARSING YAML STRING", r.Title, c.config)
		e := r.Error.(*scriptconfig.YAMLError)
		require.NotEmpty(t, e.Problem)
		require.Equal(t, []int{c.line, c.column}, []int{e.Mark.Line, e.Mark.Column}, "%q: %v", c.config, e)
		require.Equal(t, c.config+"\x00", e.Mark.Buffer)
		require.Equal(t, e.Mark.Index, e.Mark.Pointer)
	}
	require.JSONEq(t, `{"title": "ERROR WHILE PARSING YAML STRING", "error": {"context": "while parsing a flow node", "problem": "did not find expected node content",
		"note": null, "problem_mark": {"name": "<unicode string>", "index": 4, "line": 0, "column": 4, "pointer": 4, "buffer": "a: [\u0000"}}}`, check(t, "a: [", script))
}

func TestScalarsAreThoseOfYAML11(t *testing.T) {
	for yaml, want := range map[string]string{
		"yes": "true", "Off": "false", "'yes'": `"yes"`, "y": `"y"`, "~": "null", "''": `""`, "null": "null", "2026-11-28": `"2026-11-28"`,
		"012": "10", "0x_1F": "31", "0b11": "3", "1_000": "1000", "-1:30": "-90", "1:30.5": "90.5", "0o17": `"0o17"`, "08": `"08"`,
		"1e3": `"1e3"`, "1.0e+3": "1000.0", "1.": "1.0", ".5": "0.5", "-0.25": "-0.25", "12345678901234567890123": "12345678901234567890123",
		"!!str 1": `"1"`, "!!float 1": "1.0", "!!int '7'": "7", "!!bool on": "true", "!!null ''": "null", "!!map {a: 1}": `{"a": 1}`, "!!seq [1]": "[1]",
		"{1: a, a: 1, a: 2}": `{"1": "a", "a": 2}`, "{<<: {a: 1, b: 1}, a: 2}": `{"a": 2, "b": 1}`, "{<<: [{a: 1}, {a: 2, b: 3}]}": `{"a": 1, "b": 3}`,
		"[&x {a: 1}, *x]": `[{"a": 1}, {"a": 1}]`, "|\n  a\n   b": `"a\n b"`, strings.Repeat("1", 2000): `"` + strings.Repeat("1", 2000) + `"`,
	} {
		got := check(t, "anything: "+yaml, "properties: {anything: {}}")
		require.JSONEq(t, `{"title": "None", "output": {"anything": `+want+`}}`, got, yaml)
	}
}

func TestABadSchemaIsAnError(t *testing.T) {
	for schema, want := range map[string]string{
		"a: [":                                  "The schema is not YAML: line 1, column 5",
		"":                                      "has to be a mapping, it is empty",
		"[1]":                                   "has to be a mapping, it is a list",
		"text":                                  "has to be a mapping, it is a text",
		"type: 3":                               "not a JSON Schema of draft 7",
		"properties: 3":                         "not a JSON Schema of draft 7",
		"properties: {a: 3}":                    "not a JSON Schema of draft 7",
		"$ref: http://example.org/x":            "nothing is fetched",
		"$ref: file:///etc/passwd":              "nothing is fetched",
		"properties: {a: {$ref: other.json}}":   "nothing is fetched",
		"properties: {a: {$ref: '#/nothing'}}":  "nothing is fetched",
		"x: {}\nproperties: {a: {$ref: '#/x'}}": "nothing is fetched",
	} {
		_, err := scriptconfig.New().Check("", schema)
		var bad *scriptconfig.SchemaError
		require.True(t, errors.As(err, &bad), schema)
		require.Contains(t, bad.Problem, want, schema)
		require.Less(t, len(bad.Problem), 500)
	}
}

func TestOtherDraftsAreReadAsDraft7(t *testing.T) {
	require.Contains(t, check(t, "a: 1", "$schema: http://example.org/unknown\nproperties: {a: {type: string}}"), "is not of type")
}

// doubling is a text in which each of n levels has the one before twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("l0: &l0 [x, x]\n")
	for i := range n {
		fmt.Fprintf(&b, "l%d: &l%d [*l%d, *l%d]\n", i+1, i+1, i, i)
	}
	return b.String()
}

func TestBombsAreDefused(t *testing.T) {
	r, err := scriptconfig.New().Check(doubling(40), "{}")
	require.NoError(t, err)
	require.Contains(t, r.Error.(*scriptconfig.YAMLError).Problem, "stands for more than 100000 values")
	_, err = scriptconfig.New().Check("", doubling(40))
	require.ErrorContains(t, err, "stands for more than 100000 values")
	for _, deep := range []string{strings.Repeat("[", 102) + strings.Repeat("]", 102), strings.Repeat("[", 20000), "a: &a [*a]"} {
		r, err = scriptconfig.New().Check(deep, "{}")
		require.NoError(t, err)
		require.Equal(t, "ERROR WHILE PARSING YAML STRING", r.Title)
	}
}

// The references double the work at each of 60 levels.
func TestACheckThatTakesTooLongEnds(t *testing.T) {
	for _, keyword := range []string{"allOf", "anyOf"} {
		var b strings.Builder
		fmt.Fprintf(&b, "not: {%s: [{$ref: '#/definitions/d60'}]}\ndefinitions:\n  d0: {required: [a], maxProperties: 0, minProperties: 3}\n", keyword)
		for i := range 60 {
			fmt.Fprintf(&b, "  d%d: {%s: [{$ref: '#/definitions/d%d'}, {$ref: '#/definitions/d%d'}]}\n", i+1, keyword, i, i)
		}
		for _, config := range []string{"b: 1", "a: 1"} {
			_, err := scriptconfig.New().Check(config, b.String())
			if err != nil {
				require.ErrorContains(t, err, "takes too long")
			}
		}
	}
}

func TestPatternsThatGoCannotMatchMatchEverything(t *testing.T) {
	large := strings.Repeat("(a{500}){2}", 80)
	for _, pattern := range []string{"^(?!x)", "(", large} {
		require.Contains(t, check(t, "a: x", "properties: {a: {pattern: '"+pattern+"'}}"), `"None"`)
	}
	require.Contains(t, check(t, "a: "+strings.Repeat("x", 5000), "properties: {a: {pattern: y}}"), `"None"`)
}

func FuzzCheck(f *testing.F) {
	f.Add("wait_time: 3", script)
	f.Add("a: [", "type: object")
	f.Add("<<: *a", "properties: {a: {$ref: '#'}}")
	f.Add(doubling(5), "anyOf: [{}, {not: {}}]\npatternProperties: {'^a': {type: [string]}}")
	f.Add("- a", "items: [{}]\ndependencies: {a: [b], c: {}}")
	f.Fuzz(func(t *testing.T, config, schema string) {
		r, err := scriptconfig.New().Check(config, schema)
		if err != nil {
			return
		}
		text, err := json.Marshal(r)
		require.NoError(t, err)
		require.True(t, json.Valid(text))
		require.Equal(t, r.Valid(), r.Error == nil)
	})
}
