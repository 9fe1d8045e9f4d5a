package manager_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/manager"
)

// FuzzBody checks that any body gets a refusal in JSON.
func FuzzBody(f *testing.F) {
	const multi = "multipart/form-data; boundary=x"
	f.Add("application/json", `{"username": "user", "password": "x"}`)
	f.Add("application/json", `{"username": [1e400, "\ud800"], "password": {}}`)
	f.Add("application/json", ` null `)
	f.Add("application/x-www-form-urlencoded", "username=a&password=%zz;")
	f.Add(multi, "--x\r\nContent-Disposition: form-data; name=\"username\"; filename=\"a\"\r\n\r\nuser\r\n--x--\r\n")
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(8, 1)))
	m, err := manager.New(manager.Config{Hub: &fakeHub{}, Authenticator: users, Tokens: jwt.New(nil, users)})
	require.NoError(f, err)
	f.Cleanup(m.Close)
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := httptest.NewRequest("POST", "/manager/api/get-token/", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		require.GreaterOrEqual(t, w.Code, 400)
		require.Less(t, w.Code, 500)
		require.True(t, json.Valid(w.Body.Bytes()), "%q", w.Body)
	})
}
