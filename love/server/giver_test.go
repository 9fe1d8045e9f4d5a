package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/server"
)

// answerTo returns the answer to a request.
func answerTo(t *testing.T, method, url, token, body string, into any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Token "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.NoError(t, json.NewDecoder(resp.Body).Decode(into))
	return resp.StatusCode
}

func TestApproval_ChecksTheGiverAgain(t *testing.T) {
	for name, c := range map[string]struct {
		change func(context.Context, *server.Server) error
		status int
		reads  string
	}{
		"nothing":   {func(context.Context, *server.Server) error { return nil }, 200, love.Done},
		"a log-out": {func(ctx context.Context, s *server.Server) error { return nil }, 200, love.Done},
		"other data": {func(ctx context.Context, s *server.Server) error {
			return s.Users().Store().UpdateAccount(ctx, "cmd_user", func(a *auth.Account) error {
				a.Email = "new@example.org"
				return nil
			})
		}, 200, love.Done},
		"disabled": {func(ctx context.Context, s *server.Server) error { return s.Users().SetActive(ctx, "cmd_user", false) },
			403, "cmd_user, who gave the command, can no longer log in. Nothing was sent."},
		"deleted": {func(ctx context.Context, s *server.Server) error {
			return s.Users().Store().DeleteAccount(ctx, "cmd_user")
		},
			403, "cmd_user, who gave the command, can no longer log in. Nothing was sent."},
		"without the group": {func(ctx context.Context, s *server.Server) error {
			return s.Users().Store().UpdateAccount(ctx, "cmd_user", func(a *auth.Account) error {
				a.Groups = nil
				return nil
			})
		}, 403, "cmd_user, who gave the command, may no longer give it. Nothing was sent."},
		"with the right for this command alone": {func(ctx context.Context, s *server.Server) error {
			return s.Users().Store().UpdateAccount(ctx, "cmd_user", func(a *auth.Account) error {
				a.Groups, a.Permissions = nil, []auth.Permission{"ATDome:*:move*"}
				return nil
			})
		}, 200, love.Done},
		"a new password": {func(ctx context.Context, s *server.Server) error {
			return s.Users().SetPassword(ctx, "cmd_user", "new")
		},
			403, "The log-in with which cmd_user gave the command was ended since. Nothing was sent."},
	} {
		t.Run(name, func(t *testing.T) {
			commander := &lovetest.Commander{}
			s, url := serve(t, server.Config{
				Commander: commander, Approval: []love.CommandPattern{"ATDome"}, NoCommanderHeartbeat: true,
				Passwords: map[string]string{"admin": "a", "cmd_user": "c"},
			})
			token := func(name string) string {
				token, err := s.Tokens().Issue(t.Context(), auth.User{Username: name})
				require.NoError(t, err)
				return token
			}
			giver, admin := token("cmd_user"), token("admin")
			const dome = `{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {"azimuth": 90}}`
			require.Equal(t, 202, status(t, "POST", url+"/manager/api/cmd/", giver, dome))
			if name == "a log-out" {
				require.NoError(t, s.Tokens().Revoke(t.Context(), giver))
			}
			require.NoError(t, c.change(t.Context(), s))

			var now love.Authority
			require.Equal(t, 200, answerTo(t, "GET", url+"/manager/api/authority/", admin, "", &now))
			require.Len(t, now.Waiting, 1)
			var ack love.Ack
			require.Equal(t, c.status, answerTo(t, "POST", url+"/manager/api/approvals/"+now.Waiting[0].ID+"/", admin, "", &ack))
			require.Equal(t, c.reads, ack.Text)
			require.Len(t, commander.Calls(), map[bool]int{true: 1}[c.status == 200])
			require.Equal(t, 200, answerTo(t, "GET", url+"/manager/api/authority/", admin, "", &now))
			require.Empty(t, now.Waiting)
			var record struct {
				Commands []love.CommandEntry `json:"commands"`
			}
			require.Equal(t, 200, answerTo(t, "GET", url+"/manager/api/commands/", admin, "", &record))
			require.Len(t, record.Commands, 1)
			require.Equal(t, c.status, record.Commands[0].Status)
		})
	}
}
