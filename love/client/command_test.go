package client_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// answering is a manager that answers every request with a type and a body.
func answering(t *testing.T, contentType, body string) *client.Client {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	c, err := client.New(s.URL, client.WithToken("tok"), client.WithHTTPClient(s.Client()))
	require.NoError(t, err)
	return c
}

func TestProgressOfACommandIsToldAsItComes(t *testing.T) {
	c := answering(t, love.ProgressType, `{"progress":{"code":301,"name":"CMD_INPROGRESS","timeout":5}}`+"\n"+
		`{"progress":{"code":301,"name":"CMD_INPROGRESS","result":"half way"}}`+"\n"+`{"status":200,"body":{"ack":"Failed: x","code":-302,"error":1}}`+"\n")
	var told []love.Progress
	reply, err := c.Commanding(t.Context(), love.Command{CSC: "MTMount", Name: "moveToTarget"}, func(p love.Progress) { told = append(told, p) })
	require.NoError(t, err)
	require.Equal(t, client.Reply{Ack: love.Ack{Text: "Failed: x", Code: -302, Error: 1}, Status: 200}, reply)
	require.Equal(t, []love.Progress{{Code: 301, Name: "CMD_INPROGRESS", Timeout: 5}, {Code: 301, Name: "CMD_INPROGRESS", Result: "half way"}}, told)
}

func TestACommandWhoseAnswerIsLostHasAnUnknownOutcome(t *testing.T) {
	for body, says := range map[string]string{
		`{"progress":{"code":301}}` + "\n": "unexpected EOF",
		"<p>\n":                            "the answer is not of application/x-ndjson",
	} {
		c := answering(t, love.ProgressType, body)
		_, err := c.Command(t.Context(), love.Command{CSC: "X"})
		require.ErrorContains(t, err, says)
		require.ErrorIs(t, err, client.ErrOutcomeUnknown)
		_, err = c.Approve(t.Context(), "1")
		require.ErrorIs(t, err, client.ErrOutcomeUnknown)
		_, err = c.CheckCommand(t.Context(), love.Command{CSC: "X"})
		require.ErrorContains(t, err, says)
		require.NotErrorIs(t, err, client.ErrOutcomeUnknown, "nothing is sent")
	}
}

func TestACommandThatNeverLeftHasNoUnknownOutcome(t *testing.T) {
	s := newSite(t, 200, "")
	s.Close()
	_, err := s.client(t).Command(t.Context(), love.Command{CSC: "X"})
	require.ErrorContains(t, err, "ask the manager")
	require.NotErrorIs(t, err, client.ErrOutcomeUnknown)
}

func TestACommandIsWaitedForAsLongAsItsContext(t *testing.T) {
	arrived := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		close(arrived)
		<-r.Context().Done()
	}))
	defer s.Close()
	const soon = time.Nanosecond // over before any answer can be there
	c, err := client.New(s.URL, client.WithHTTPClient(&http.Client{Transport: s.Client().Transport, Timeout: soon}))
	require.NoError(t, err)
	_, err = c.Components(t.Context())
	require.ErrorIs(t, err, context.DeadlineExceeded)

	ctx, stop := context.WithCancel(t.Context())
	go func() {
		<-arrived
		stop()
	}()
	_, err = c.Command(ctx, love.Command{CSC: "X"})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, client.ErrOutcomeUnknown)
}

func TestACommandIsCheckedWithoutBeingSent(t *testing.T) {
	s := newSite(t, 200, `{"ack":"in order"}`)
	reply, err := s.client(t).CheckCommand(t.Context(), love.Command{CSC: "ATDome", Name: "moveAzimuth", Params: json.RawMessage(`{}`)})
	require.NoError(t, err)
	require.Equal(t, "in order", reply.Text)
	require.Equal(t, "/love/manager/api/cmd/check/", s.request.URL.Path)
}

func TestComponentsAreThoseOfTheDefinitions(t *testing.T) {
	components, err := answering(t, "application/json", `{"ATDome":{"command_data":{"moveAzimuth":{"azimuth":{}},"stopAzimuth":{}}},"ESS":{"command_data":{"start":{"salIndex":{}}}}}`).Components(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]client.Component{
		"ATDome": {Commands: map[string][]string{"moveAzimuth": {"azimuth"}, "stopAzimuth": {}}},
		"ESS":    {Indexed: true, Commands: map[string][]string{"start": {}}},
	}, components)
	s := newSite(t, 200, `{}`)
	_, err = s.client(t).Components(t.Context())
	require.NoError(t, err)
	require.Equal(t, "/love/manager/api/salinfo/topic-data?categories=command", s.request.URL.RequestURI())
	_, err = answering(t, "application/json", `[]`).Components(t.Context())
	require.ErrorContains(t, err, "not a manager's")
}
