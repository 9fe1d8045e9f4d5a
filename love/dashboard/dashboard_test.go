package dashboard_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/dashboard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func get(h http.Handler, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "http://love.example:8000/", nil)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestThePageShowsWhatRunsAndHowToConnect(t *testing.T) {
	w := get(dashboard.New(dashboard.Info{
		Version:   "v0.1.0",
		Started:   time.Date(2026, 3, 14, 1, 59, 26, 0, time.FixedZone("CLT", -3*3600)),
		Runs:      []string{"a simulated observatory", "the producers of ATDome & MTMount"},
		URLPrefix: "/love",
		Program:   "go run ./cmd/loved",
		Examples:  []string{"sub event-ATDome-0-summaryState"},
	}), nil)
	require.Equal(t, 200, w.Code)
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	for _, want := range []string{
		"v0.1.0", "14 March 2026, 04:59:26 UTC", "a simulated observatory", "ATDome &amp; MTMount",
		"ws://love.example:8000/love/manager/ws/subscription", "http://love.example:8000/love/manager/api/",
		"go run ./cmd/loved sub event-ATDome-0-summaryState\n",
	} {
		require.Contains(t, w.Body.String(), want)
	}
}

func TestThePageOfABareManagerHasDefaults(t *testing.T) {
	body := get(dashboard.New(dashboard.Info{}), nil).Body.String()
	require.Contains(t, body, "the manager: websocket hub")
	require.Contains(t, body, "loved cmd ATDome moveAzimuth azimuth=90")
	require.NotContains(t, body, "Running since")
	require.NotContains(t, body, "Version")
}

func TestURLsAreSecureWhenThePageWasReachedSecurely(t *testing.T) {
	page := dashboard.New(dashboard.Info{})
	for name, change := range map[string]func(*http.Request){
		"directly":                     func(r *http.Request) { r.TLS = &tls.ConnectionState{} },
		"behind a proxy":               func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") },
		"behind two":                   func(r *http.Request) { r.Header["X-Forwarded-Proto"] = []string{"HTTPS, http"} },
		"behind two, each with a line": func(r *http.Request) { r.Header["X-Forwarded-Proto"] = []string{"https", "http"} },
	} {
		t.Run(name, func(t *testing.T) {
			body := get(page, change).Body.String()
			require.Contains(t, body, "wss://love.example:8000/manager/ws/subscription")
			require.Contains(t, body, "https://love.example:8000/manager/api/")
		})
	}
}

func TestThePageLoadsNothingAndRunsNoScript(t *testing.T) {
	w := get(dashboard.New(dashboard.Info{}), nil)
	require.NotRegexp(t, regexp.MustCompile(`<script|src=|@import|url\(|href="https?:|style="`), w.Body.String())
	require.Regexp(t, `^default-src 'none';.* style-src 'sha256-[A-Za-z0-9+/]{43}='$`, w.Header().Get("Content-Security-Policy"))
}

func TestThePolicyAllowsTheStyleOfThePage(t *testing.T) {
	w := get(dashboard.New(dashboard.Info{}), nil)
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(w.Body.String())
	require.Len(t, style, 2)
	sum := sha256.Sum256([]byte(style[1]))
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
}

func TestTheHostOfTheRequestIsEscaped(t *testing.T) {
	w := get(dashboard.New(dashboard.Info{}), func(r *http.Request) { r.Host = "<script>alert(1)</script>" })
	require.NotContains(t, w.Body.String(), "<script>")
}
