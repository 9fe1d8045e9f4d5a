package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyTrustedProxiesMaySayWhoAsks(t *testing.T) {
	e := edge{proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}
	cases := map[string]struct {
		peer   string
		header http.Header
		want   string
	}{
		"no proxy":                      {"192.0.2.1:5", nil, "192.0.2.1:5"},
		"a stranger is not believed":    {"192.0.2.1:5", http.Header{"X-Real-Ip": {"10.1.1.1"}}, "192.0.2.1:5"},
		"a proxy's X-Real-IP":           {"10.0.0.1:5", http.Header{"X-Real-Ip": {"192.0.2.9"}}, "192.0.2.9:0"},
		"the last untrusted hop counts": {"10.0.0.1:5", http.Header{"X-Forwarded-For": {"203.0.113.7, 192.0.2.9", "10.0.0.2"}}, "192.0.2.9:0"},
		"nonsense is ignored":           {"10.0.0.1:5", http.Header{"X-Forwarded-For": {"nobody"}, "X-Real-Ip": {"x"}}, "10.0.0.1:5"},
		"a mapped address":              {"[::ffff:10.0.0.1]:5", http.Header{"X-Real-Ip": {"2001:db8::1"}}, "[2001:db8::1]:0"},
		"a silent proxy":                {"[::1]:5", nil, "[::1]:5"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			for key, values := range c.header {
				r.Header[key] = values
			}
			var seen string
			e.handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.RemoteAddr })).ServeHTTP(httptest.NewRecorder(), r)
			require.Equal(t, c.want, seen)
		})
	}
}

func TestPagesOfOtherOriginsGetNoPermissionToReadAnswers(t *testing.T) {
	u := newUser(t)
	_, url := u.startsManager("--origins", "https://love.example")
	allowed := func(origin string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/manager/api/validate-token/", nil)
		require.NoError(t, err)
		r.Header.Set("Origin", origin)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		return resp.Header.Get("Access-Control-Allow-Origin")
	}
	require.Equal(t, "https://love.example", allowed("https://love.example"))
	require.Empty(t, allowed("https://elsewhere.example"))
}
