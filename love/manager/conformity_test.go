package manager_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/apitest"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/manager"
)

// Every operation of the document gets good requests, which are made from its schemas,
// and all the bad ones that differ from a good long one in one place. A bad request is
// refused as a fault of the client; [harness.call] compares every answer
// with the document.
func TestOpenAPI_BadRequestsAreRefusedAndGoodOnesAreNot(t *testing.T) {
	for _, relay := range []bool{false, true} {
		h := newHarness(t, withRecorder(t, authority.WithMaxHold(time.Hour)), func(c *manager.Config) { c.RelayIncomplete = relay })
		h.commander.info = json.RawMessage(`{"ATDome": {}}`)
		require.NoError(t, h.users.Add(t.Context(), auth.User{Username: "eve"}, "x"))
		tried := 0
		for _, o := range operations(t) {
			tried += h.tryOperation(o)
		}
		require.Greater(t, tried, 900)
	}
}

// request is a request to an operation, and why it is bad; empty: it is good.
type request struct{ path, query, body, bad string }

func (h *harness) tryOperation(o apitest.Operation) (tried int) {
	h.t.Helper()
	method, path := o.Method, o.Path
	good := request{path: strings.NewReplacer("{flags}", "no_config", "{name}", "eve", "{id}", "1").Replace(path)}
	var body map[string]any
	if o.RequestBody != nil {
		schema := o.RequestBody.Value.Content["application/json"].Schema.Value
		body = example(schema).(map[string]any)
		good.body = encode(body)
		for _, r := range badBodies(schema, body) {
			tried += h.tryRequest(method, path, request{good.path, "", r.body, r.bad})
		}
		for _, text := range []string{"", "null", "[]", `"x"`, "1", "{", `{"a":1,}`, "\xff", "{}{}", strings.Repeat(`{"a":`, 600) + "1" + strings.Repeat("}", 600)} {
			tried += h.tryRequest(method, path, request{good.path, "", text, "no object: " + text[:min(len(text), 10)]})
		}
	}
	for _, name := range []string{"", "%00", "%2e%2e", "a%20b", "%F0%9F%94%AD", "%ff", strings.Repeat("a", 5000), "a%2Fb"} {
		if i := strings.LastIndexByte(path, '{'); i >= 0 && !strings.Contains(path, "{flags}") && method != http.MethodPut {
			tried += h.tryRequest(method, path, request{path[:i] + name + "/", "", good.body, "no such name: " + name})
		}
	}
	if !strings.Contains(path, "{") && method == http.MethodGet || strings.HasSuffix(path, "tokens/") {
		for _, r := range queries(parameters(o)) {
			tried += h.tryRequest(method, path, request{good.path, r.query, good.body, r.bad})
		}
	}
	return tried + h.tryRequest(method, path, good)
}

func (h *harness) tryRequest(method, path string, r request) int {
	h.t.Helper()
	target := r.path
	if r.query != "" {
		target += "?" + r.query
	}
	got := h.call(method, target, r.body, as(h.token("admin")))
	what := fmt.Sprintf("%s %s %q: %d %s", method, target[:min(len(target), 200)], r.body[:min(len(r.body), 200)], got.StatusCode, got.body)
	switch {
	case r.bad != "":
		require.Equal(h.t, 4, got.StatusCode/100, "bad (%s), but: %s", r.bad, what)
	case strings.Contains(path, "{id}"), strings.HasSuffix(path, "/keys/"): // there is none; the key is fixed
		require.Contains(h.t, []int{404, 409}, got.StatusCode, what)
	case got.StatusCode == 404: // the group or user may be gone; there is no MetadataInformer
		require.Regexp(h.t, `\{name\}|metadata`, path, what)
	case got.StatusCode == 400:
		require.Regexp(h.t, `Unable to log in|already exists|This field is required|no such group|reading the command|keys: user, message`, got.body, "good, but: %s", what)
	default:
		require.Equal(h.t, 2, got.StatusCode/100, "good, but: %s", what)
	}
	return 1
}

// parameters returns the query parameters of an operation, with those of its path.
func parameters(o apitest.Operation) (all []*openapi3.Parameter) {
	for _, p := range slices.Concat(o.Item.Parameters, o.Parameters) {
		if p.Value.In == "query" {
			all = append(all, p.Value)
		}
	}
	return all
}

// example returns a value that a schema allows.
func example(s *openapi3.Schema) any {
	switch {
	case len(s.AllOf) > 0:
		merged := map[string]any{}
		for _, part := range s.AllOf {
			maps.Copy(merged, example(part.Value).(map[string]any))
		}
		return merged
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Type.Includes("object"):
		object := map[string]any{}
		for name, property := range s.Properties {
			object[name] = example(property.Value)
		}
		return object
	case s.Type.Includes("array"):
		return []any{}
	case s.Type.Includes("boolean"):
		return false
	case s.Type.Includes("string"):
		return "eve"
	case s.Type.Includes("integer"), s.Type.Includes("number"):
		return 1
	}
	return map[string]any{} // anything
}

// badBodies returns bodies that differ from a good long one in one place.
func badBodies(s *openapi3.Schema, good map[string]any) (all []request) {
	add := func(why string, change func(map[string]any)) {
		body := maps.Clone(good)
		change(body)
		if s.VisitJSON(normal(body)) != nil {
			all = append(all, request{body: encode(body), bad: why})
		}
	}
	for name, value := range good {
		for _, other := range []any{nil, 1, -1.5, true, "", "x", []any{}, []any{nil}, []any{1}, []any{"x", []any{}}, map[string]any{}, map[string]any{"a": nil}} {
			add(fmt.Sprintf("%s is %v", name, other), func(b map[string]any) { b[name] = other })
		}
		add(name+" is missing", func(b map[string]any) { delete(b, name) })
		for _, folded := range []string{strings.ToUpper(name), strings.ReplaceAll(name, "s", "ſ"), name + " "} {
			add("another case: "+folded, func(b map[string]any) {
				delete(b, name)
				b[folded] = value
			})
		}
		text := encode(good)
		twice := text[:len(text)-1] + "," + encode(name) + ":" + encode(value) + "}"
		all = append(all, request{body: twice, bad: name + " occurs twice"})
	}
	add("unknown", func(b map[string]any) { b["unknown"] = 1 })
	return all
}

// normal returns a value as encoding/json decodes it.
func normal(v any) (decoded any) {
	if err := json.Unmarshal([]byte(encode(v)), &decoded); err != nil {
		panic(err)
	}
	return decoded
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// queries returns good and bad queries for each parameter.
func queries(parameters []*openapi3.Parameter) (all []request) {
	for _, p := range parameters {
		set := func(values ...string) string { return url.Values{p.Name: values}.Encode() }
		for _, text := range []string{"", "x", "0", "1", "-1", "1.5", "1001", "99999999999999999999", "1e2", "2026-03-14T01:59:26Z", "2026-03-14", "done", "DONE", "csv", "é"} {
			r := request{query: set(text)}
			if err := checkText(p.Schema.Value, text); err != nil {
				r.bad = p.Name + ": " + err.Error()
			}
			all = append(all, r)
		}
		value := fmt.Sprint(example(p.Schema.Value))
		all = append(all, request{query: set(value, value), bad: p.Name + " occurs twice"}, request{query: p.Name + "=%zz", bad: "not encoded"})
	}
	return all
}

// checkText returns what is wrong with the text of a parameter.
func checkText(s *openapi3.Schema, text string) error {
	if !s.Type.Includes("integer") {
		if s.Format == "date-time" {
			_, err := time.Parse(time.RFC3339, text)
			return err
		}
		return s.VisitJSON(text)
	}
	var n float64
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return err
	}
	if strings.ContainsAny(text, ".e") || n > 1<<31 {
		return fmt.Errorf("%s is not an integer", text)
	}
	return s.VisitJSON(n)
}
