package manager_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
)

func TestMetricsHaveTheCountsOfTheHub(t *testing.T) {
	h := hub.New()
	defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New())
	m, err := manager.New(manager.Config{Hub: h, Authenticator: users, Tokens: jwt.New(nil, users)})
	require.NoError(t, err)
	defer m.Close()
	local := h.Local(auth.Principal{Process: true})
	defer local.Close()
	require.NoError(t, local.Send(t.Context(), []byte(`{"nonsense":1}`)))

	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, w.Code)
	for _, line := range []string{
		"# TYPE love_hub_sessions gauge\nlove_hub_sessions 1\n",
		"# TYPE love_hub_plain_bytes_total counter\nlove_hub_plain_bytes_total 0\n",
		"# TYPE love_hub_compressed_bytes_total counter\nlove_hub_compressed_bytes_total 0\n",
		`love_hub_denied_total{reason="malformed"} 1` + "\n",
		`love_hub_closed_total{reason="slow"} 0` + "\n",
		`love_hub_dropped_total{reason="backlog"} 0` + "\n",
		"love_leap_seconds_expiry_timestamp_seconds ",
	} {
		require.Contains(t, w.Body.String(), line)
	}
}
