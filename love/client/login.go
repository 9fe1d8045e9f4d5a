package client

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/rubin-love/love-go/love"
)

// LoginResult is the manager's answer to a log-in (docs/protocol/manager.md#log-in).
type LoginResult struct {
	Token       string          `json:"token"`
	User        User            `json:"user"`
	Permissions Permissions     `json:"permissions"`
	TimeData    love.TimeData   `json:"time_data"` // the manager's clock
	Config      json.RawMessage `json:"config"`    // of the LOVE-frontend
}

// User is the user who has logged in.
type User struct {
	Username  string `json:"username"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

// Permissions is what the user may do, at the time of the log-in.
type Permissions struct {
	ExecuteCommands bool `json:"execute_commands"`
}

// Login logs in over HTTP at the manager's URL (see [New]); its Token goes into
// [WithToken]. A wrong password is [ErrCredentials].
func Login(ctx context.Context, managerURL, user, password string, opts ...Option) (LoginResult, error) {
	c, err := New(managerURL, opts...)
	if err != nil {
		return LoginResult{}, err
	}
	c.cfg.token = "" // the log-in must not fail because of an old one
	body := map[string]string{"username": user, "password": password}
	status, answer, err := c.call(ctx, http.MethodPost, "/get-token/", body)
	if err != nil {
		return LoginResult{}, err
	}
	if status != http.StatusOK {
		e := httpError(http.MethodPost, "/get-token/", status, answer)
		e.login = true
		return LoginResult{}, e
	}
	return c.loginResult(answer)
}

// Logout revokes the client's token, which also closes the websockets that use
// it.
func (c *Client) Logout(ctx context.Context) error {
	status, answer, err := c.call(ctx, http.MethodDelete, "/logout/", nil)
	if err == nil && status >= 300 {
		return httpError(http.MethodDelete, "/logout/", status, answer)
	}
	return err
}
