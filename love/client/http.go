package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/rubin-love/love-go/love"
)

const maxAnswer = 16 << 20 // bytes of an HTTP answer that are read

// Session is what a log-in gives (manager protocol, section 4.1).
type Session struct {
	Token       string          `json:"token"`
	User        User            `json:"user"`
	Permissions Permissions     `json:"permissions"`
	TimeData    love.TimeData   `json:"time_data"` // the manager's clock
	Config      json.RawMessage `json:"config"`    // of the LOVE-frontend
}

// User is who has logged in.
type User struct {
	Username  string `json:"username"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

// Permissions are what the user may do, at the time of the log-in.
type Permissions struct {
	ExecuteCommands bool `json:"execute_commands"`
}

// Login logs in over HTTP at the manager's URL (see [New]); its Token goes into
// [WithToken]. A wrong password is [ErrCredentials].
func Login(ctx context.Context, managerURL, user, password string, opts ...Option) (Session, error) {
	c, err := New(managerURL, opts...)
	if err != nil {
		return Session{}, err
	}
	c.cfg.token = "" // a stale one must not spoil the log-in
	body := map[string]string{"username": user, "password": password}
	var s Session
	status, answer, err := c.call(ctx, http.MethodPost, "/get-token/", body)
	if err != nil {
		return s, err
	}
	if status != http.StatusOK {
		e := httpError(http.MethodPost, "/get-token/", status, answer)
		e.login = true
		return s, e
	}
	if err := json.Unmarshal(answer, &s); err != nil || s.Token == "" {
		return s, fmt.Errorf("log in: what %s answered is not a manager's answer: check the URL", c.address.site.Host)
	}
	return s, nil
}

// Logout ends the client's token: everywhere, its websockets too.
func (c *Client) Logout(ctx context.Context) error {
	status, answer, err := c.call(ctx, http.MethodDelete, "/logout/", nil)
	if err == nil && status >= 300 {
		return httpError(http.MethodDelete, "/logout/", status, answer)
	}
	return err
}

// call makes one request below /manager/api.
func (c *Client) call(ctx context.Context, method, path string, body any) (status int, answer []byte, err error) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.address.api(path), content)
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.cfg.token != "" {
		req.Header.Set("Authorization", "Token "+c.cfg.token)
	}
	resp, err := c.cfg.http.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("ask the manager: %w", err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("read the manager's answer: %w", err)
	}
	if to := resp.Header.Get("Location"); resp.StatusCode/100 == 3 && to != "" {
		answer = []byte(to)
	}
	return resp.StatusCode, answer, nil
}

// httpError finds the text in the forms that managers answer errors in:
// {"detail": …}, {"ack": …}, {"error": …}, {"field": ["…", …]}.
func httpError(method, path string, status int, answer []byte) *HTTPError {
	e := &HTTPError{Request: method + " " + path, Status: status}
	var members map[string]any
	if json.Unmarshal(answer, &members) == nil {
		for _, key := range []string{"detail", "ack", "error"} {
			if s, ok := members[key].(string); ok {
				e.Text = s
				return e
			}
		}
		e.Text = string(bytes.TrimSpace(answer))
	} else if status/100 == 3 {
		e.Text = string(answer)
	}
	if e.Text == "" {
		e.Text = http.StatusText(status)
	}
	const enough = 500
	if len(e.Text) > enough {
		e.Text = strings.ToValidUTF8(e.Text[:enough], "") + "…"
	}
	return e
}
