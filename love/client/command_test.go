package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
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

func TestProgressOfACommandIsReportedAsItComes(t *testing.T) {
	c := answering(t, commanderhttp.ProgressType, `{"progress":{"code":301,"name":"CMD_INPROGRESS","timeout":5}}`+"\n"+
		`{"progress":{"code":301,"name":"CMD_INPROGRESS","result":"half way"}}`+"\n"+`{"status":200,"body":{"ack":"Failed: x","code":-302,"error":1}}`+"\n")
	var reported []love.Progress
	ctx := commander.WithProgress(t.Context(), func(p love.Progress) { reported = append(reported, p) })
	ack, err := c.Command(ctx, love.Command{CSC: "MTMount", Name: "moveToTarget"})
	require.NoError(t, err)
	require.Equal(t, love.Ack{Text: "Failed: x", Code: -302, Error: 1, Raw: []byte(`{"ack":"Failed: x","code":-302,"error":1}`)}, ack)
	require.Equal(t, []love.Progress{{Code: 301, Name: "CMD_INPROGRESS", Timeout: 5}, {Code: 301, Name: "CMD_INPROGRESS", Result: "half way"}}, reported)
}

func TestACommandWithoutParametersIsSent(t *testing.T) {
	for _, none := range []json.RawMessage{nil, {}} {
		ack, err := answering(t, "application/json", `{"ack":"Done"}`).Command(t.Context(), love.Command{CSC: "X", Name: "stop", Params: none})
		require.NoError(t, err)
		require.True(t, ack.Succeeded())
	}
}

func TestAnAnswerOtherThanAnAcknowledgementReportsWhatIsKnownOfTheCommand(t *testing.T) {
	for status, want := range map[int]commander.Kind{
		202: commander.Awaiting, 400: commander.Refused, 403: commander.Forbidden, 502: commander.Unknown, 503: commander.NotSent, 504: commander.TimedOut,
	} {
		for _, ask := range []func(*client.Client) error{
			func(c *client.Client) error { _, err := c.Command(t.Context(), love.Command{CSC: "X"}); return err },
			func(c *client.Client) error {
				_, err := c.CheckCommand(t.Context(), love.Command{CSC: "X"})
				return err
			},
			func(c *client.Client) error { _, err := c.Approve(t.Context(), "1"); return err },
		} {
			err := ask(newSite(t, status, `{"ack":"because","code":301}`).client(t))
			var failed *commander.Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, want, failed.Kind, status)
			require.Equal(t, "because", failed.Text)
			require.Equal(t, 301, failed.Code)
			var answered *commanderhttp.StatusError
			require.ErrorAs(t, err, &answered)
			require.Equal(t, status, answered.Status)
		}
	}
}

func TestACommandWhoseAnswerIsLostHasAnUnknownOutcome(t *testing.T) {
	for body, cause := range map[string]string{
		`{"progress":{"code":301}}` + "\n": "unexpected EOF",
		"<p>\n":                            "the answer to POST /cmd/ is not a manager's",
	} {
		c := answering(t, commanderhttp.ProgressType, body)
		_, err := c.Command(t.Context(), love.Command{CSC: "X"})
		require.ErrorContains(t, err, cause)
		requireSent(t, err, true)
		_, err = c.Approve(t.Context(), "1")
		requireSent(t, err, true)
		_, err = c.CheckCommand(t.Context(), love.Command{CSC: "X"})
		require.ErrorContains(t, err, "have the manager check the command")
		var failed *commander.Error
		require.False(t, errors.As(err, &failed), "nothing is sent")
	}
}

func requireSent(t *testing.T, err error, sent bool) {
	t.Helper()
	var failed *commander.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, sent, failed.Sent())
}

func TestACommandThatNeverLeftWasNotSent(t *testing.T) {
	s := newSite(t, 200, "")
	s.Close()
	_, err := s.client(t).Command(t.Context(), love.Command{CSC: "X"})
	require.ErrorContains(t, err, "The manager cannot be reached. Nothing was sent.")
	requireSent(t, err, false)
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
	requireSent(t, err, true)
}

func TestACommandIsCheckedWithoutBeingSent(t *testing.T) {
	s := newSite(t, 200, `{"ack":"in order"}`)
	ack, err := s.client(t).CheckCommand(t.Context(), love.Command{CSC: "ATDome", Name: "moveAzimuth", Params: json.RawMessage(`{}`)})
	require.NoError(t, err)
	require.Equal(t, "in order", ack.Text)
	require.Equal(t, "/love/manager/api/cmd/check/", s.request.URL.Path)
}
