package manager

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// session is the body that get-token, validate-token and swap-user share
// (manager protocol, section 4.1).
type session struct {
	User        sessionUser    `json:"user"`
	Token       string         `json:"token"`
	Permissions permissions    `json:"permissions"`
	TimeData    love.TimeData  `json:"time_data"`
	Config      *configuration `json:"config"` // null if not wanted
}

type sessionUser struct {
	Username  string `json:"username"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

type permissions struct {
	ExecuteCommands bool `json:"execute_commands"`
}

// session describes a log-in. The permission is the result of the very check
// that a command gets.
func (m *Manager) session(c *call, who auth.Principal, token string) answer {
	s := session{
		User:        sessionUser{who.User.Username, who.User.Email, who.User.FirstName, who.User.LastName},
		Token:       token,
		Permissions: permissions{m.Authorizer.Authorize(c.Context(), who, auth.ExecuteCommand) == nil},
		TimeData:    love.TimeDataAt(m.Clock.Now()),
		Config:      &m.config,
	}
	switch c.params.ByName("flags") {
	case "no_config", "no-config":
		s.Config = nil
	}
	return answer{status: http.StatusOK, body: s}
}

func (m *Manager) getToken(c *call) (answer, error) {
	user, err := m.logIn(c)
	if err != nil {
		return answer{}, err
	}
	return m.newSession(c, user)
}

func (m *Manager) validateToken(c *call) (answer, error) {
	return m.session(c, c.who, c.token), nil
}

func (m *Manager) logout(c *call) (answer, error) {
	if err := m.Tokens.Revoke(c.Context(), c.token); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, nil
}

// swapUser gives the screen to another user: the new token first, so that a
// failure leaves the old one as it is.
func (m *Manager) swapUser(c *call) (answer, error) {
	if c.token == "" {
		return answer{status: http.StatusUnauthorized, header: challenge()}, nil
	}
	user, err := m.logIn(c)
	if err != nil {
		return answer{}, err
	}
	swapped, err := m.newSession(c, user)
	if err != nil {
		return answer{}, err
	}
	// The new log-in counts even if the caller has hung up meanwhile.
	if err := m.Tokens.Revoke(context.WithoutCancel(c.Context()), c.token); err != nil {
		return answer{}, err
	}
	return swapped, nil
}

// logIn reads user name and password and checks them.
func (m *Manager) logIn(c *call) (auth.User, error) {
	f, err := c.fields()
	if err != nil {
		return auth.User{}, err
	}
	errs := fieldErrors{}
	username, password := f.text("username", errs), f.secret("password", errs)
	if len(errs) > 0 {
		return auth.User{}, errs.refusal()
	}
	user, err := m.Authenticator.Authenticate(c.Context(), username, password)
	switch {
	case errors.Is(err, auth.ErrCredentials):
		return auth.User{}, fieldErrors{noField: {"Unable to log in with provided credentials."}}.refusal()
	case err != nil:
		m.Logger.Error("a log-in could not be checked", "error", err)
		return auth.User{}, errNotNow
	}
	return user, nil
}

func (m *Manager) newSession(c *call, user auth.User) (answer, error) {
	token, err := m.Tokens.Issue(c.Context(), user)
	if err != nil {
		return answer{}, fmt.Errorf("logging in: %w", err)
	}
	return m.session(c, auth.Principal{User: user, Address: auth.Address(c.Request)}, token), nil
}
