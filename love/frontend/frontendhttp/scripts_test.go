package frontendhttp_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const scripts, checkConfig = "/manager/api/scriptconfiguration/", "/manager/api/validate-config-schema/"

const schema = "type: object\nproperties:\n  wait_time: {type: number, default: 3}\n"

// body returns an object with the texts, name and value in turn.
func body(t *testing.T, texts ...string) string {
	t.Helper()
	o := map[string]string{}
	for i := 0; i < len(texts); i += 2 {
		o[texts[i]] = texts[i+1]
	}
	text, err := json.Marshal(o)
	require.NoError(t, err)
	return string(text)
}

func TestScripts_KeepValidConfigurations(t *testing.T) {
	h := newHarness(t)
	h.AddUser("eve", "eve")
	u := h.as("eve") // who has no permission at all
	require.Equal(t, "[]", u.must(200, "GET", scripts, "").body)
	add := func(path, name, config string) response {
		return u.call("POST", scripts, body(t, "script_path", path, "script_type", "standard", "config_name", name, "config_schema", config, "schema", schema))
	}
	add("a.py", "one", "  wait_time: 1\n").requireJSON(201, `{"id": 1, "script_path": "a.py", "config_name": "one", "config_schema": "  wait_time: 1\n", "script_type": "standard", "creation_timestamp": "2026-03-14T01:59:29Z"}`)
	require.Equal(t, 201, add("b.py", "two", "wait_time: 2").StatusCode)
	require.Equal(t, 201, add("a.py", "three", "{}").StatusCode)
	require.Equal(t, []any{3.0, 2.0, 1.0}, column(u.must(200, "GET", scripts, "").list(), "id"), "newest first")
	require.Equal(t, []any{3.0, 1.0}, column(u.must(200, "GET", scripts+"?&path=a.py&type=standard", "").list(), "id"))
	require.Equal(t, "[]", u.must(200, "GET", scripts+"?path=a.py&type=external", "").body)
	require.Len(t, u.must(200, "GET", scripts+"?path=a.py&type=", "").list(), 3, "only both together filter")
	changed := u.must(200, "PATCH", scripts+"1/", body(t, "config_schema", "wait_time: 9", "schema", schema, "config_name", "no")).object()
	require.Equal(t, []any{"wait_time: 9", "one"}, []any{changed["config_schema"], changed["config_name"]})
	require.Equal(t, "wait_time: 9", u.must(200, "GET", scripts+"1/", "").object()["config_schema"])
	u.must(204, "DELETE", scripts+"1/", "")
	u.call("PATCH", scripts+"1/", body(t, "config_schema", "a: 1", "schema", schema)).requireJSON(404, `{"detail": "Not found."}`)
	require.Equal(t, 404, u.call("PATCH", scripts+"x/", `{}`).StatusCode)
}

func TestScripts_ThatAreWrongAreRefused(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	u.must(201, "POST", scripts, body(t, "script_path", "a.py", "script_type", "external", "config_name", "n", "config_schema", "a: 1", "schema", "{}"))
	for config, title := range map[string]string{"wait_time: x": "INVALID CONFIG YAML", "a: [": "ERROR WHILE PARSING YAML STRING", "text": "INVALID CONFIG YAML"} {
		for method, path := range map[string]string{"POST": scripts, "PATCH": scripts + "1/"} {
			got := u.call(method, path, body(t, "script_path", "a.py", "script_type", "standard", "config_name", "n", "config_schema", config, "schema", schema))
			require.Equal(t, 400, got.StatusCode)
			require.Equal(t, title, got.object()["title"])
			require.Contains(t, got.object(), "error")
		}
	}
	u.call("POST", scripts, `{}`).requireJSON(400, `{"script_path": ["This field is required."], "script_type": ["This field is required."], "config_name": ["This field is required."],
		"config_schema": ["This field is required."], "schema": ["This field is required."]}`)
	u.call("PATCH", scripts+"1/", `{}`).requireJSON(400, `{"config_schema": ["This field is required."], "schema": ["This field is required."]}`)
	u.call("POST", scripts, body(t, "script_path", strings.Repeat("a", 101), "script_type", "weird", "config_name", strings.Repeat("a", 51), "config_schema", "a: 1", "schema", "{}")).
		requireJSON(400, `{"script_path": ["Ensure this field has no more than 100 characters."], "script_type": ["\"weird\" is not a valid choice."],
			"config_name": ["Ensure this field has no more than 50 characters."]}`)
	require.Len(t, u.must(200, "GET", scripts, "").list(), 1)
}

func TestConfigurationsOfScripts_AreChecked(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	u.call("POST", checkConfig, body(t, "config", "", "schema", schema)).requireJSON(200, `{"title": "None", "output": {"wait_time": 3}}`)
	u.call("POST", checkConfig, body(t, "config", "wait_time: yes", "schema", schema)).
		requireJSON(200, `{"title": "INVALID CONFIG YAML", "error": {"message": "True is not of type 'number'", "path": ["wait_time"], "schema_path": ["properties", "wait_time", "type"]}}`)
	require.Equal(t, "ERROR WHILE PARSING YAML STRING", u.must(200, "POST", checkConfig, body(t, "config", ":", "schema", schema)).object()["title"])
	for _, c := range []struct{ body, field, text string }{
		{`{}`, "schema", "This field is required."},
		{`{"config": {}, "schema": "{}"}`, "config", "Not a valid string."},
		{body(t, "config", "", "schema", "a: ["), "schema", "The schema is not YAML"},
		{body(t, "config", "", "schema", "$ref: http://127.0.0.1:1/x"), "schema", "nothing is fetched"},
		{body(t, "config", strings.Repeat("a", 256<<10+1), "schema", "{}"), "config", "no more than 262144 bytes"},
	} {
		got := u.call("POST", checkConfig, c.body)
		require.Equal(t, 400, got.StatusCode, got.body)
		require.Contains(t, got.object()[c.field].([]any)[0], c.text)
	}
}
