package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// site answers requests with a status and a body, and keeps the last request.
type site struct {
	*httptest.Server
	request *http.Request
	body    string
}

func newSite(t *testing.T, status int, answer string) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		s.request, s.body = r, string(b)
		if status == http.StatusMovedPermanently {
			w.Header().Set("Location", "https://elsewhere/")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) client(t *testing.T) *client.Client {
	c, err := client.New(s.URL+"/love", client.WithHTTPClient(s.Client()), client.WithToken("tok"))
	require.NoError(t, err)
	return c
}

func TestACommandIsPostedToTheManagerAndAcknowledged(t *testing.T) {
	for answer, want := range map[string]love.Ack{
		`{"ack":"Done"}`:                            {Text: "Done"},
		`{"ack":"100000","code":303}`:               {Text: "100000", Code: 303},
		`{"ack":"Failed: not enabled","code":-302}`: {Text: "Failed: not enabled", Code: -302},
	} {
		want.Raw = []byte(answer)
		s := newSite(t, 200, answer)
		ack, err := s.client(t).Command(t.Context(), love.Command{CSC: "ATDome", Name: "moveAzimuth", Params: json.RawMessage(`{"azimuth":90}`)})
		require.NoError(t, err)
		require.Equal(t, want, ack)
		require.Equal(t, want.Code >= 0, ack.Succeeded())
		require.Equal(t, "/love/manager/api/cmd/", s.request.URL.Path)
		require.Equal(t, "Token tok", s.request.Header.Get("Authorization"))
		require.JSONEq(t, `{"csc":"ATDome","salindex":0,"cmd":"cmd_moveAzimuth","params":{"azimuth":90}}`, s.body)
	}
}

func TestACommandWithoutAckIsAnError(t *testing.T) {
	s := newSite(t, 401, `{"detail": "The Token is expired"}`)
	_, err := s.client(t).Command(t.Context(), love.Command{CSC: "ATDome", Name: "cmd_start"})
	require.ErrorIs(t, err, client.ErrRefused)
	require.ErrorContains(t, err, "POST /cmd/: HTTP 401: The Token is expired: log in again")
	require.JSONEq(t, `{"csc":"ATDome","salindex":0,"cmd":"cmd_start","params":{}}`, s.body)

	s = newSite(t, 400, `{"salindex": ["A valid integer is required."]}`)
	_, err = s.client(t).Command(t.Context(), love.Command{})
	require.ErrorContains(t, err, "A valid integer is required.")
}
