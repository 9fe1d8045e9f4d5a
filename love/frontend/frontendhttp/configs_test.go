package frontendhttp_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

const configs, configSet, validateToken = "/manager/api/configfile/", "/manager/api/config-set", "/manager/api/validate-token/"

func TestConfigurations_AreSelectedPerUser(t *testing.T) {
	h := newHarness(t)
	admin, u := h.as("admin"), h.as("user")
	of := func(c caller) any {
		return c.must(200, "GET", validateToken, "").object()["config"].(map[string]any)["id"]
	}
	require.Equal(t, 1.0, of(u), "a new manager has one")
	admin.must(201, "POST", configs, `{"filename": "loud.json", "content": {"alarms": {"minSeveritySound": "warning"}, "n": 1.50}}`).
		requireJSON(201, `{"id": 2, "username": "admin", "filename": "loud.json", "creation_timestamp": "2026-03-14T01:59:30Z", "update_timestamp": "2026-03-14T01:59:30Z"}`)
	selected := u.must(200, "POST", configSet, `{"config_id": "2"}`)
	selected.requireJSON(200, `{"id": 2, "filename": "loud.json", "content": {"alarms": {"minSeveritySound": "warning"}, "n": 1.50}, "update_timestamp": "2026-03-14T01:59:30Z"}`)
	require.Contains(t, selected.body, `"n":1.50`)
	require.Equal(t, []any{2.0, 1.0}, []any{of(u), of(admin)})
	require.Equal(t, selected.body, u.must(200, "GET", configs+"2/content/", "").body)
	require.Equal(t, 301, u.call("GET", configs+"2/content", "").StatusCode)
	require.Equal(t, 1.0, u.must(200, "GET", "/manager/api/config", "").object()["id"], "the first one")
	require.Equal(t, []any{2.0, 1.0}, column(u.must(200, "GET", configs, "").list(), "id"), "the one changed last comes first")
	admin.must(200, "PATCH", configs+"1/", `{"filename": "quiet.json"}`)
	require.Equal(t, []any{1.0, 2.0}, column(u.must(200, "GET", configs, "").list(), "id"))
	for _, body := range []string{`{"config_id": 99}`, `{}`, ``, `{"config_id": null}`, `{"config_id": "x"}`} {
		u.call("POST", configSet, body).requireJSON(404, `{"detail": "Not found."}`)
	}
	admin.must(204, "DELETE", configs+"2/", "")
	require.Equal(t, 1.0, of(u), "the selected one is gone")
	admin.must(204, "DELETE", configs+"1/", "")
	require.Nil(t, u.must(200, "GET", validateToken, "").object()["config"])
	for _, path := range []string{"/manager/api/config", configs + "1/", configs + "1/content/", configs + "x/content/"} {
		u.call("GET", path, "").requireJSON(404, `{"detail": "Not found."}`)
	}
}

func TestConfigurations_ThatAreWrongAreRefused(t *testing.T) {
	h := newHarness(t)
	admin := h.as("admin")
	for body, want := range map[string]string{
		`{}`:                                `{"filename": ["This field is required."], "content": ["This field is required."]}`,
		`{"filename": "", "content": {}}`:   `{"filename": ["This field may not be blank."]}`,
		`{"filename": "a", "content": []}`:  `{"content": ["The configuration has to be a JSON object."]}`,
		`{"filename": "a", "content": "x"}`: `{"content": ["The configuration has to be a JSON object."]}`,
		`{"filename": "` + strings.Repeat("a", 31) + `", "content": null}`: `{"filename": ["Ensure this field has no more than 30 characters."], "content": ["The configuration has to be a JSON object."]}`,
	} {
		admin.call("POST", configs, body).requireJSON(400, want)
	}
}

func TestAStoreThatFails(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	u.must(200, "PATCH", views+"1/", `{}`) // now what was read before does not count
	warm := u.must(200, "GET", "/manager/api/controllocation/?selected", "")
	failing := errors.Join(auth.ErrUnavailable, errors.New("no disk"))
	h.store.err.Store(&failing)
	u.call("GET", summaries, "").requireJSON(503, `{"detail": "The manager cannot do this at the moment. Try again in a moment."}`)
	require.Contains(t, h.log.String(), "no disk")
	require.Equal(t, warm.body, u.must(200, "GET", "/manager/api/controllocation/?selected", "").body, "what is known is served")
	require.Nil(t, h.as("cmd_user").must(200, "GET", validateToken, "").object()["config"], "nobody is logged out for that")
	failing = errors.New("a bug")
	u.call("GET", views+"1/", "").requireJSON(500, `{"detail": "The manager failed on this request. Its log says why."}`)
	h.store.err.Store(nil)
	u.must(200, "GET", summaries, "")
	require.NotNil(t, u.must(200, "GET", validateToken, "").object()["config"])
}
