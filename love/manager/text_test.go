package manager_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

// A text that is not made of whole characters would be read as another one: two
// passwords, or two names of users, would be the same.
func TestBody_ATextThatReadersWouldChangeIs400AndNamed(t *testing.T) {
	h := newHarness(t)
	require.NoError(t, h.users.Add(t.Context(), auth.User{Username: "half"}, "a\ufffdb"))
	admin := as(h.token("admin"))
	for path, fields := range map[string]map[string]string{
		getToken:                            {"username": `"half"`, "password": `"a\ufffdb"`},
		"/manager/api/swap-user/":           {"username": `"half"`, "password": `"a\ufffdb"`},
		"/manager/api/admin/users/":         {"username": `"new"`, "password": `"secret"`, "email": `"a@b"`, "groups": `["cmd"]`},
		"/manager/api/lovecsc/observinglog": {"user": `"ana"`, "message": `"x"`},
		cmd:                                 {"csc": `"ATDome"`, "salindex": `0`, "cmd": `"cmd_x"`, "params": `{"a":["b"]}`},
	} {
		for wrong := range fields {
			if wrong == "salindex" {
				continue
			}
			for bad, want := range map[string]string{
				`"a\ud800b"`:       `has \\ud800, which is half of a surrogate pair`,
				`["\uDFFF"]`:       `has \\uDFFF, which is half of a surrogate pair`,
				"\"a\xffb\"":       "is not UTF-8",
				"\"\xed\xa0\x80\"": "is not UTF-8",
			} {
				body := "{"
				for name, value := range fields {
					if name == wrong {
						value = bad
					}
					body += `"` + name + `":` + value + `,`
				}
				got := h.call("POST", path, body[:len(body)-1]+"}", admin)
				require.Equal(t, 400, got.StatusCode, "%s %s %s", path, body, got.body)
				require.Contains(t, got.body, `the text of \"`+wrong+`\" `+want, path)
			}
		}
	}
	require.Empty(t, h.commander.calls(), "nothing was sent")
	form := header("Content-Type", "application/x-www-form-urlencoded")
	h.requireJSON(h.call("POST", getToken, "username=half&password=a%ffb", form), 400, `{"detail": "Form parse error - the text of \"password\" is not UTF-8"}`)
	h.session(h.call("POST", getToken, `username=half&password=a%EF%BF%BDb`, form))
}
