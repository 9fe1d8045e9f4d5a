package frontendhttp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/frontend/frontendhttp"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
	"github.com/rubin-love/love-go/love/store"
)

// BenchmarkViews answers requests of the frontend with 200 views of 200 kB in a SQLite
// file: log-in and permission are checked, the network is left out.
func BenchmarkViews(b *testing.B) {
	s, err := store.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "love.db"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	data := []byte(`{"content":"` + strings.Repeat("0123456789", 20_000) + `"}`)
	for i := range 200 {
		_, err := s.Frontend().Views().Create(b.Context(), frontend.View{Name: fmt.Sprint("view ", i), Screen: "desktop", Data: data})
		require.NoError(b, err)
	}
	users := auth.NewUsers(s.Users(), password.New(password.WithCost(8, 1)))
	require.NoError(b, users.Add(b.Context(), auth.User{Username: "ada"}, "secret of ada"))
	user, err := users.Lookup(b.Context(), "ada")
	require.NoError(b, err)
	tokens := jwt.New(nil, users)
	token, err := tokens.Issue(b.Context(), user)
	require.NoError(b, err)
	live := hub.New()
	b.Cleanup(func() { _ = live.Shutdown(b.Context()) })
	api := frontendhttp.New(frontendhttp.Config{Store: s.Frontend()})
	m, err := manager.New(manager.Config{Hub: live, Authenticator: users, Users: users, Tokens: tokens, Routes: api.Routes()})
	require.NoError(b, err)
	b.Cleanup(m.Close)

	for _, c := range []struct{ name, path string }{
		{"summary", "/manager/ui_framework/views/summary/"},
		{"view", "/manager/ui_framework/views/1/"},
		{"location", "/manager/api/controllocation/?selected"},
	} {
		request := func(etag string) *httptest.ResponseRecorder {
			r := httptest.NewRequest("GET", c.path, nil)
			r.Header.Set("Authorization", "Token "+token)
			r.Header.Set("If-None-Match", etag)
			w := httptest.NewRecorder()
			m.ServeHTTP(w, r)
			return w
		}
		first := request("")
		require.Equal(b, http.StatusOK, first.Code, first.Body)
		for name, etag := range map[string]string{"200": "", "304": first.Header().Get("Etag")} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					request(etag)
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
			})
		}
	}
	b.Run("view/changed", func(b *testing.B) { // as after each change: from the database
		for b.Loop() {
			_, err := s.Frontend().Views().Update(b.Context(), 2, func(v *frontend.View) error { v.Screen = "4k"; return nil })
			require.NoError(b, err)
			r := httptest.NewRequest("GET", "/manager/ui_framework/views/1/", nil)
			r.Header.Set("Authorization", "Token "+token)
			m.ServeHTTP(httptest.NewRecorder(), r)
		}
	})
}
