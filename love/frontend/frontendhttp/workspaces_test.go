package frontendhttp_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	workspaces = "/manager/ui_framework/workspaces/"
	contents   = "/manager/ui_framework/workspaceviews/"
)

func TestWorkspaces_HaveViews(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	require.Equal(t, "[]", u.must(200, "GET", workspaces, "").body)
	ws := u.must(201, "POST", workspaces, `{"name": "work", "views": [7]}`)
	ws.requireJSON(201, `{"id": 1, "creation_timestamp": "2026-03-14T01:59:29Z", "update_timestamp": "2026-03-14T01:59:29Z", "name": "work", "views": []}`)
	for i, view := range []int{3, 1} {
		got := u.must(201, "POST", contents, fmt.Sprintf(`{"workspace": 1, "view": "%d", "view_name": "custom", "sort_value": %d}`, view, 10-i)).object()
		require.Equal(t, []any{"custom", float64(10 - i), 1.0, float64(view)}, []any{got["view_name"], got["sort_value"], got["workspace"], got["view"]})
	}
	u.must(200, "PATCH", contents+"1/", `{"view_name": "", "sort_value": 12}`)
	require.Equal(t, []any{1.0, 3.0}, u.must(200, "GET", workspaces+"1/", "").object()["views"], "by their sort value")
	require.Equal(t, []any{1.0, 3.0}, u.must(200, "GET", workspaces, "").list()[0]["views"])
	require.Equal(t, []any{1.0, 3.0}, u.must(200, "PUT", workspaces+"1/", `{"name": "other"}`).object()["views"])
	full := u.must(200, "GET", workspaces+"1/full/", "").object()["views"].([]any)
	require.Equal(t, "Observatory", full[0].(map[string]any)["name"])
	require.Contains(t, full[0], "data")
	named := u.must(200, "GET", workspaces+"with_view_name/", "").list()[0]["views"].([]any)
	require.Equal(t, map[string]any{"id": 1.0, "name": "Observatory", "thumbnail": nil, "screen": "desktop"}, named[0])

	u.must(204, "DELETE", views+"1/", "")
	require.Equal(t, []any{3.0}, u.must(200, "GET", workspaces+"1/", "").object()["views"])
	require.Len(t, u.must(200, "GET", contents, "").list(), 1)
	u.must(204, "DELETE", workspaces+"1/", "")
	require.Equal(t, "[]", u.must(200, "GET", contents, "").body)
	for _, path := range []string{"1/", "1/full/", "x/full/"} {
		u.call("GET", workspaces+path, "").requireJSON(404, `{"detail": "Not found."}`)
	}
	require.Equal(t, 200, u.call("GET", views+"3/", "").StatusCode)
}

func TestWorkspaces_ThatAreWrongAreRefused(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	u.must(201, "POST", workspaces, `{"name": "work"}`)
	u.must(201, "POST", contents, `{"workspace": 1, "view": 1}`)
	u.call("POST", workspaces, `{}`).requireJSON(400, `{"name": ["This field is required."]}`)
	for body, want := range map[string]string{
		`{}`:                          `{"workspace": ["This field is required."], "view": ["This field is required."]}`,
		`{"workspace": 1, "view": 1}`: `{"non_field_errors": ["The fields workspace, view must make a unique set."]}`,
		`{"workspace": 1, "view": 9}`: `{"view": ["There is no view 9."]}`,
		`{"workspace": 9, "view": 1}`: `{"workspace": ["There is no workspace 9."]}`,
		`{"workspace": 1.5, "view": "x", "sort_value": 1e3}`:                `{"workspace": ["A valid integer is required."], "view": ["A valid integer is required."], "sort_value": ["A valid integer is required."]}`,
		`{"workspace": 1, "view": 2, "sort_value": -1}`:                     `{"sort_value": ["Ensure this value is greater than or equal to 0."]}`,
		`{"workspace": 1, "view": 2, "sort_value": 2147483648}`:             `{"sort_value": ["Ensure this value is less than or equal to 2147483647."]}`,
		`{"workspace": 1, "view": 2, "view_name": "123456789012345678901"}`: `{"view_name": ["Ensure this field has no more than 20 characters."]}`,
		`{"workspace": null, "view": true}`:                                 `{"workspace": ["This field may not be null."], "view": ["A valid integer is required."]}`,
	} {
		u.call("POST", contents, body).requireJSON(400, want)
	}
	u.call("PATCH", contents+"1/", `{"view": 9}`).requireJSON(400, `{"view": ["There is no view 9."]}`)
}
