package frontendhttp_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const contacts, tags, locations = "/manager/api/emergencycontact/", "/manager/api/imagetag/", "/manager/api/controllocation/"

func TestContacts_AreListedBySubsystem(t *testing.T) {
	h := newHarness(t)
	admin, u := h.as("admin"), h.as("user")
	require.Equal(t, "[]", u.must(200, "GET", contacts, "").body)
	admin.must(201, "POST", contacts, `{"subsystem": "dome", "name": "Ada", "contact_info": "ext 100", "email": "ada@example.org"}`).
		requireJSON(201, `{"id": 1, "creation_timestamp": "2026-03-14T01:59:30Z", "update_timestamp": "2026-03-14T01:59:30Z", "subsystem": "dome", "name": "Ada", "contact_info": "ext 100", "email": "ada@example.org"}`)
	admin.must(201, "POST", contacts, `{"subsystem": "camera", "email": "ben@example.org"}`)
	require.Equal(t, []any{"camera", "dome"}, column(u.must(200, "GET", contacts, "").list(), "subsystem"))
	require.Equal(t, 301, u.call("GET", "/manager/api/emergencycontact", "").StatusCode)
	for body, want := range map[string]string{
		`{}`:                              `{"email": ["This field is required."]}`,
		`{"email": ""}`:                   `{"email": ["This field may not be blank."]}`,
		`{"email": "ada"}`:                `{"email": ["Enter a valid email address."]}`,
		`{"email": "A <a@b>"}`:            `{"email": ["Enter a valid email address."]}`,
		`{"email": "a@b", "name": false}`: `{"name": ["Not a valid string."]}`,
	} {
		admin.call("POST", contacts, body).requireJSON(400, want)
	}
	admin.must(200, "PATCH", contacts+"2/", `{"subsystem": "zenith"}`)
	require.Equal(t, []any{"dome", "zenith"}, column(u.must(200, "GET", contacts, "").list(), "subsystem"))
	require.Equal(t, "Ada", u.must(200, "GET", contacts+"1/", "").object()["name"])
}

func TestTags_AreListedByLabel(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	before := u.must(200, "GET", tags, "").list()
	require.NotEmpty(t, before, "a new manager has some")
	h.as("admin").must(201, "POST", tags, `{"label": "Aurora", "key": "aurora"}`)
	after := u.must(200, "GET", tags, "").list()
	require.Equal(t, "Aurora", after[0]["label"])
	require.Len(t, after, len(before)+1)
}

func TestLocations_OneIsSelected(t *testing.T) {
	h := newHarness(t)
	admin, u := h.as("admin"), h.as("user")
	selected := func() []any { return column(u.must(200, "GET", locations+"?selected", "").list(), "name") }
	require.Equal(t, []any{"summit", "base", "tucson"}, column(u.must(200, "GET", locations, "").list(), "name"))
	require.Empty(t, selected())
	require.Equal(t, "[]", u.must(200, "GET", locations+"?selected=false", "").body, "any value")
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		require.Equal(t, 405, u.call(method, locations, `{"name": "x"}`).StatusCode)
	}
	require.Equal(t, 405, admin.call("DELETE", locations+"1/", ``).StatusCode)
	admin.must(200, "PATCH", locations+"2/", `{"selected": true}`)
	require.Equal(t, []any{"base"}, selected())
	got := admin.must(200, "PATCH", locations+"1/", `{"selected": true, "ip_whitelist": "10.0.0.0/8", "description": "up"}`).object()
	require.Equal(t, []any{"up", "10.0.0.0/8", true}, []any{got["description"], got["ip_whitelist"], got["selected"]})
	require.Equal(t, []any{"summit"}, selected(), "one at a time")
	admin.call("PATCH", locations+"1/", `{"selected": "yes"}`).requireJSON(400, `{"selected": ["Must be a valid boolean."]}`)
	require.Equal(t, "summit", u.must(200, "GET", locations+"1/", "").object()["name"])
	admin.must(200, "PATCH", locations+"1/", `{"selected": false}`)
	require.Empty(t, selected())
}

func TestUsers_AreThePeople(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	require.Equal(t, "[]", u.must(200, "GET", "/manager/api/user/", "").body)
	h.AddUser("zoe", "x")
	h.AddUser("ada", "x")
	h.AddUser("test", "x")
	require.Equal(t, []any{"ada", "zoe"}, column(u.must(200, "GET", "/manager/api/user/", "").list(), "username"))
	u.call("GET", "/manager/api/user/ada/", "").requireJSON(200, `{"username": "ada", "email": "", "first_name": "", "last_name": ""}`)
	for _, name := range []string{"admin", "test", "nobody", "1"} {
		u.call("GET", "/manager/api/user/"+name+"/", "").requireJSON(404, `{"detail": "Not found."}`)
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		require.Equal(t, 405, u.call(method, "/manager/api/user/ada/", `{}`).StatusCode)
	}
}
