package client_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

const aHold = `{"id":"7","pattern":"ATDome:*:move*","user":"ana","since":"2026-03-14T01:00:00Z","until":"2026-03-14T02:00:00Z"}`

func TestAuthorityIsShownTakenAndReleased(t *testing.T) {
	began := time.Date(2026, 3, 14, 1, 0, 0, 0, time.UTC)
	hold := love.Hold{ID: "7", Pattern: "ATDome:*:move*", User: "ana", Since: began, Until: began.Add(time.Hour)}

	s := newSite(t, 200, `{"holds":[`+aHold+`],"waiting":[{"id":"8","user":"bob","command":{"csc":"X","salindex":1,"cmd":"cmd_y"}}]}`)
	now, err := s.client(t).Authority(t.Context())
	require.NoError(t, err)
	require.Equal(t, "GET /love/manager/api/authority/", s.request.Method+" "+s.request.URL.Path)
	require.Equal(t, []love.Hold{hold}, now.Holds)
	require.Equal(t, []love.WaitingCommand{{ID: "8", User: "bob", Command: love.Command{CSC: "X", SalIndex: 1, Name: "cmd_y"}}}, now.Waiting)

	s = newSite(t, 201, aHold)
	taken, err := s.client(t).TakeAuthority(t.Context(), "ATDome:*:move*", time.Hour)
	require.NoError(t, err)
	require.Equal(t, hold, taken)
	require.Equal(t, "POST /love/manager/api/authority/", s.request.Method+" "+s.request.URL.Path)
	require.JSONEq(t, `{"pattern":"ATDome:*:move*","seconds":3600}`, s.body)

	s = newSite(t, 204, "")
	require.NoError(t, s.client(t).ReleaseAuthority(t.Context(), "7"))
	require.Equal(t, "DELETE /love/manager/api/authority/7/", s.request.Method+" "+s.request.URL.Path)
}

func TestAWaitingCommandIsApprovedOrDismissed(t *testing.T) {
	s := newSite(t, 200, `{"ack":"Done","code":303}`)
	ack, err := s.client(t).Approve(t.Context(), "8")
	require.NoError(t, err)
	require.True(t, ack.Succeeded())
	require.Equal(t, "POST /love/manager/api/approvals/8/", s.request.Method+" "+s.request.URL.Path)

	s = newSite(t, 204, "")
	require.NoError(t, s.client(t).Dismiss(t.Context(), "8"))
	require.Equal(t, "DELETE /love/manager/api/approvals/8/", s.request.Method+" "+s.request.URL.Path)
}

func TestWhatAuthorityDoesNotAllowIsAnHTTPError(t *testing.T) {
	c := newSite(t, 409, `{"detail":"ana has the authority"}`).client(t)
	for name, ask := range map[string]func(ctx context.Context) error{
		"show":    func(ctx context.Context) error { _, err := c.Authority(ctx); return err },
		"take":    func(ctx context.Context) error { _, err := c.TakeAuthority(ctx, "X", time.Hour); return err },
		"release": func(ctx context.Context) error { return c.ReleaseAuthority(ctx, "7") },
		"approve": func(ctx context.Context) error { _, err := c.Approve(ctx, "8"); return err },
		"dismiss": func(ctx context.Context) error { return c.Dismiss(ctx, "8") },
	} {
		var answered *client.HTTPError
		require.ErrorAs(t, ask(t.Context()), &answered, name)
		require.Equal(t, 409, answered.Status)
		require.Equal(t, "ana has the authority", answered.Text)
	}
	_, err := newSite(t, 201, "<html>").client(t).TakeAuthority(t.Context(), "X", time.Hour)
	require.ErrorContains(t, err, "not a manager's")
}
