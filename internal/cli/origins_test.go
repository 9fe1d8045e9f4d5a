package cli

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPagesOfOtherOriginsGetNoPermissionToReadAnswers(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager("--origins", "https://love.example")
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
