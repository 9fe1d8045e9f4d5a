package frontendhttp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestViews_AreEdited(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	data := `{"properties":{"type":"container","y":null,"x":1.50},"content":{"é\u0000":[1e300,12345678901234567890123,null]}}`
	v := u.must(201, "POST", views, `{"name": " Night ", "data": `+data+`, "unknown": {"a": 1}}`)
	v.requireJSON(201, `{"id": 5, "name": "Night", "thumbnail": null, "screen": "desktop", "data": `+data+`}`)
	require.Equal(t, v.body, u.must(200, "GET", views+"5/", "").body)
	require.Contains(t, v.body, `"data":`+data, "the data come back byte for byte")

	u.must(200, "PUT", views+"5/", `{"id": 9, "name": "Other", "data": null}`).
		requireJSON(200, `{"id": 5, "name": "Other", "thumbnail": null, "screen": "desktop", "data": null}`)
	u.must(200, "PATCH", views+"5/", `{"screen": null}`).
		requireJSON(200, `{"id": 5, "name": "Other", "thumbnail": null, "screen": null, "data": null}`)
	u.must(200, "PATCH", views+"5/", `{"name": 12, "screen": "4k"}`).
		requireJSON(200, `{"id": 5, "name": "12", "thumbnail": null, "screen": "4k", "data": null}`)
	u.must(200, "PATCH", views+"5/", ``)
	require.Empty(t, u.must(204, "DELETE", views+"5/", "").body)
	for _, method := range []string{"GET", "DELETE", "PUT", "PATCH"} {
		u.call(method, views+"5/", `{"name": "a"}`).requireJSON(404, `{"detail": "Not found."}`)
	}
}

func TestViews_AreListedMostRecentlyChangedFirst(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	require.Equal(t, []any{"Observatory", "Telescope", "Clocks", "Alarms on a phone"}, column(u.must(200, "GET", summaries, "").list(), "name"), "a new manager has views")
	u.must(201, "POST", views, `{"name": "New", "screen": "mobile"}`)
	u.must(200, "PATCH", views+"2/", `{}`)
	got := u.must(200, "GET", summaries, "").list()
	require.Equal(t, []any{"Telescope", "New", "Observatory", "Clocks", "Alarms on a phone"}, column(got, "name"))
	require.Equal(t, map[string]any{"id": 5.0, "name": "New", "thumbnail": nil, "screen": "mobile"}, got[1])
	all := u.must(200, "GET", views, "").list()
	require.Equal(t, column(got, "id"), column(all, "id"))
	require.Contains(t, all[0], "data")
}

func TestViews_AreSearched(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	u.must(201, "POST", views, `{"name": "Ñandú 100%"}`)
	for query, want := range map[string][]any{
		"query=ÑAND":        {"Ñandú 100%"},
		"query=%25":         {"Ñandú 100%"},
		"query=_":           nil,
		"query=O":           {"Observatory", "Telescope", "Clocks", "Alarms on a phone"},
		"":                  {"Ñandú 100%", "Observatory", "Telescope", "Clocks", "Alarms on a phone"},
		"query=observatory": {"Observatory"},
	} {
		got := u.must(200, "GET", views+"search/?"+query, "").list()
		require.Equal(t, want, column(got, "name"), query)
		for _, v := range got {
			require.Contains(t, v, "data")
		}
	}
	require.Equal(t, "[]", u.must(200, "GET", views+"search/?query=nothing", "").body)
}

func TestViews_ThatAreWrongAreRefused(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	for body, want := range map[string]string{
		``:                               `{"name": ["This field is required."]}`,
		`{"data": {}}`:                   `{"name": ["This field is required."]}`,
		`{"name": null}`:                 `{"name": ["This field may not be null."]}`,
		`{"name": "  "}`:                 `{"name": ["This field may not be blank."]}`,
		`{"name": []}`:                   `{"name": ["Not a valid string."]}`,
		`{"name": true}`:                 `{"name": ["Not a valid string."]}`,
		`{"name": "a\u0000"}`:            `{"name": ["Null characters are not allowed."]}`,
		`{"name": "a", "screen": ""}`:    `{"screen": ["\"\" is not a valid choice."]}`,
		`{"name": "a", "screen": 4}`:     `{"screen": ["\"4\" is not a valid choice."]}`,
		`{"name": "a", "thumbnail": {}}`: `{"thumbnail": ["Not a valid string."]}`,
		`{"name": "` + strings.Repeat("é", 21) + `", "screen": "huge"}`: `{"name": ["Ensure this field has no more than 20 characters."], "screen": ["\"huge\" is not a valid choice."]}`,
		`[1]`:                        `{"non_field_errors": ["Invalid data. Expected an object, but got a list."]}`,
		`{`:                          `{"detail": "JSON parse error - not JSON at byte 1: expected a member name"}`,
		`{"name": "a", "name": "b"}`: `{"detail": "JSON parse error - the key \"name\" occurs twice"}`,
		`{"name": "a", "data": NaN}`: `{"detail": "JSON parse error - not JSON at byte 22: JSON has no NaN and no Infinity"}`,
	} {
		u.call("POST", views, body).requireJSON(400, want)
		if body != "" && !strings.Contains(want, "parse error") {
			u.call("PUT", views+"1/", body).requireJSON(400, want)
		}
	}
	u.call("POST", views, `{"name": "`+strings.Repeat("é", 20)+`"}`).requireJSON(201, `{"id": 5, "name": "`+strings.Repeat("é", 20)+`", "thumbnail": null, "screen": "desktop", "data": null}`)
	require.Equal(t, 415, u.call("POST", views, "name=a", "Content-Type", "application/x-www-form-urlencoded").StatusCode)
	require.Equal(t, 413, u.call("POST", views, strings.Repeat(" ", 8<<20+1)).StatusCode)
	deep := strings.Repeat(`{"a":`, 600) + "1" + strings.Repeat("}", 600)
	require.Equal(t, 400, u.call("POST", views, `{"name": "a", "data": `+deep+`}`).StatusCode)
	for _, id := range []string{"0", "-1", "01", "+1", "x", "1.0", "99999999999999999999", "%20", "1%2F"} {
		for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
			require.Equal(t, 404, u.call(method, views+id+"/", `{"name": "a"}`).StatusCode, id)
		}
	}
	for _, path := range []string{summaries, views + "search/", "/manager/ui_framework/workspaces/with_view_name/"} {
		got := u.call("DELETE", path, "")
		got.requireJSON(405, `{"detail": "Method \"DELETE\" not allowed."}`)
		require.Equal(t, "GET, HEAD, OPTIONS", got.Header.Get("Allow"))
	}
	require.Equal(t, 405, u.call("POST", summaries, `{}`).StatusCode)
}

func TestViews_ThatAreChangedAtTheSameTimeAreAllKept(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	id := int(u.must(201, "POST", views, `{"name": "shared", "data": 0}`).object()["id"].(float64))
	var editing sync.WaitGroup
	for i := range 8 {
		editing.Go(func() {
			u.must(201, "POST", views, fmt.Sprintf(`{"name": "own %d"}`, i))
			body := fmt.Sprintf(`{"data": {"by": %d}}`, i)
			if i%2 == 0 {
				body = `{"screen": "4k"}`
			}
			u.must(200, "PATCH", fmt.Sprint(views, id, "/"), body)
		})
	}
	editing.Wait()
	got := u.must(200, "GET", fmt.Sprint(views, id, "/"), "").object()
	require.Equal(t, "4k", got["screen"], "who changes one field does not undo the change of another")
	require.Contains(t, []any{1.0, 3.0, 5.0, 7.0}, got["data"].(map[string]any)["by"], "the last one counts")
	require.Len(t, u.must(200, "GET", summaries, "").list(), 4+1+8)
}

func TestViews_AreReadFromMemoryWhileNothingChanges(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	for _, path := range []string{summaries, views + "1/", views, "/manager/api/controllocation/?selected", "/manager/api/config", "/manager/api/validate-token/"} {
		first := u.must(200, "GET", path, "")
		asked := h.store.asked.Load()
		for range 3 {
			got := u.call("GET", path, "")
			require.Equal(t, 200, got.StatusCode)
			if !strings.Contains(path, "token") {
				require.Equal(t, first.body, got.body)
				require.Equal(t, 304, u.call("GET", path, "", "If-None-Match", first.Header.Get("ETag")).StatusCode)
				require.Equal(t, "private, no-cache", got.Header.Get("Cache-Control"))
			}
		}
		require.Equal(t, asked, h.store.asked.Load(), "%s asks the store though nothing has changed", path)
	}
	before := u.must(200, "GET", summaries, "")
	u.must(200, "PATCH", views+"1/", `{"name": "changed"}`)
	after := u.call("GET", summaries, "", "If-None-Match", before.Header.Get("ETag"))
	require.Equal(t, 200, after.StatusCode)
	require.Equal(t, "changed", after.list()[0]["name"])
	require.Empty(t, u.call("HEAD", summaries, "").body)
}

func TestViews_CompressedForBrowsers(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	u.must(201, "POST", views, `{"name": "large", "data": "`+strings.Repeat("text ", 1000)+`"}`)
	h.doc = nil // which does not know encodings
	got := u.call("GET", views+"5/", "", "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", got.Header.Get("Content-Encoding"))
	require.Less(t, len(got.body), 500)
}

func TestPermissions_AreThoseOfTheModels(t *testing.T) {
	h := newHarness(t)
	h.AddUser("eve", "eve")
	h.AddUser("tagger", "tagger", "api.add_imagetag", "api.change_imagetag")
	eve, tagger, user := h.as("eve"), h.as("tagger"), h.as("user")
	forbidden := `{"detail": "You do not have permission to perform this action."}`
	for path, body := range map[string]string{
		views: `{"name": "a"}`, "/manager/ui_framework/workspaces/": `{"name": "a"}`, "/manager/ui_framework/workspaceviews/": `{}`,
		"/manager/api/imagetag/": `{}`, "/manager/api/emergencycontact/": `{}`, "/manager/api/configfile/": `{}`,
	} {
		require.Equal(t, 200, eve.call("GET", path, "").StatusCode)
		eve.call("POST", path, body).requireJSON(403, forbidden)
		for _, method := range []string{"PUT", "PATCH", "DELETE"} {
			eve.call(method, path+"1/", body).requireJSON(403, forbidden)
		}
		if strings.Contains(path, "/api/") {
			user.call("POST", path, body).requireJSON(403, forbidden)
		}
	}
	user.call("PATCH", "/manager/api/controllocation/1/", `{}`).requireJSON(403, forbidden)
	require.Equal(t, 201, tagger.call("POST", "/manager/api/imagetag/", `{"label": "new"}`).StatusCode)
	require.Equal(t, 200, tagger.call("PUT", "/manager/api/imagetag/1/", `{"key": "k"}`).StatusCode)
	require.Equal(t, 403, tagger.call("DELETE", "/manager/api/imagetag/1/", ``).StatusCode)
	require.Equal(t, 204, h.as("admin").call("DELETE", "/manager/api/imagetag/1/", ``).StatusCode, "a superuser may do everything")
}

func TestEveryDocumentedPathIsServed(t *testing.T) {
	h := newHarness(t)
	for _, o := range h.doc.Operations("frontend") {
		path := strings.NewReplacer("{id}", "1", "{name}", "view_1.png").Replace(o.Path)
		got := h.as("").call(o.Method, path, "")
		if o.Path == "/manager/media/thumbnails/{name}" {
			require.Equal(t, 404, got.StatusCode, "it is public, but there is no picture")
			continue
		}
		require.Equal(t, 401, got.StatusCode, "%s %s needs a log-in", o.Method, o.Path)
		got = h.as("admin").call(o.Method, path, "")
		require.NotEqual(t, 405, got.StatusCode, "%s %s", o.Method, o.Path)
		var parsed any
		if got.StatusCode != 204 {
			require.NoError(t, json.Unmarshal([]byte(got.body), &parsed), "%s %s", o.Method, o.Path)
		}
	}
}
