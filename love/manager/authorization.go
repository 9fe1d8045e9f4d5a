package manager

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// The refusals of docs/protocol/manager.md#http.
var (
	errNoCredentials = unauthorized("Authentication credentials were not provided.")
	errNoToken       = unauthorized("Invalid token header. No credentials provided.")
	errSpaces        = unauthorized("Invalid token header. Token string should not contain spaces.")
	errUnknownToken  = unauthorized("Invalid Token")
	errInactive      = unauthorized("User is not active")
	errExpired       = unauthorized("The Token is expired")
)

// challenge returns the header with the scheme that a 401 asks for.
func challenge() http.Header { return http.Header{"Www-Authenticate": {"Token"}} }

func unauthorized(text string) *refusal {
	return refuse(http.StatusUnauthorized, text).With("WWW-Authenticate", "Token")
}

// authenticate verifies the token of the request and sets c.who.
func (m *Manager) authenticate(c *call) error {
	// Which of two headers counts is undefined: joined, they are refused.
	token, err := m.bearer(strings.Join(c.Header.Values("Authorization"), ", "))
	if err != nil {
		return err
	}
	who, err := m.config.Tokens.Verify(c.Context(), token)
	switch {
	case errors.Is(err, auth.ErrToken):
		return errUnknownToken
	case errors.Is(err, auth.ErrInactive):
		return errInactive
	case errors.Is(err, auth.ErrExpired):
		m.note(c, audit.Record{Actor: who.User.Username, Action: audit.TokenExpired, Subject: who.TokenID, Outcome: audit.Refused})
		return errExpired
	case err != nil:
		m.outages.tokens.Failed(m.config.Clock.Now(), err)
		return errUnavailable
	}
	m.outages.tokens.Succeeded(m.config.Clock.Now())
	who.Address = auth.Address(c.Request)
	c.who, c.token = who, token
	return nil
}

// bearer returns the token in an Authorization header. The scheme of ours is Token, as in
// the Python manager; that of other issuers may be Bearer, too, as everywhere else.
func (m *Manager) bearer(header string) (string, error) {
	words := strings.Fields(header)
	if foreign, ok := m.config.Tokens.(auth.IssuerTokens); ok && len(words) == 2 && strings.EqualFold(words[0], "Bearer") && foreign.Foreign(words[1]) {
		return words[1], nil
	}
	switch {
	case len(words) == 0 || !strings.EqualFold(words[0], "Token"):
		return "", errNoCredentials
	case len(words) == 1:
		return "", errNoToken
	case len(words) > 2:
		return "", errSpaces
	}
	return words[1], nil
}

// The refusals of docs/protocol/manager.md#commands.
var (
	errMayNotCommand = refuseAck(http.StatusForbidden, "Your user is not allowed to command the observatory.")
	errWrongLocation = refuseAck(http.StatusForbidden, "Your location is not allowed to command the observatory.")
)

// mayCommand returns nil if somebody may give any command at all.
func (m *Manager) mayCommand(c *call, who auth.Principal) error {
	err := m.config.Authorizer.Authorize(c.Context(), who, auth.ExecuteCommand)
	if !errors.Is(err, auth.ErrForbidden) || errors.Is(err, auth.ErrLocation) {
		return err
	}
	return m.config.Authorizer.Authorize(c.Context(), who, auth.SomeCommand)
}

func (m *Manager) authorize(c *call, needed auth.Permission) error {
	var err error
	if needed == auth.SomeCommand {
		err = m.mayCommand(c, c.who)
	} else {
		err = m.config.Authorizer.Authorize(c.Context(), c.who, needed)
	}
	if err == nil {
		m.outages.permissions.Succeeded(m.config.Clock.Now())
		return nil
	}
	if errors.Is(err, auth.ErrForbidden) && m.throttle.Allow(c.who.Name()+" "+c.Method+" "+c.URL.Path) {
		m.note(c, audit.Record{Action: audit.Forbidden, Subject: c.Method + " " + c.URL.Path, Outcome: audit.Refused, Detail: string(needed)})
	}
	switch {
	case !errors.Is(err, auth.ErrForbidden):
		m.outages.permissions.Failed(m.config.Clock.Now(), err, "user", c.who.Name(), "permission", needed)
		return errUnavailable
	case errors.Is(err, auth.ErrLocation):
		return errWrongLocation
	case needed == auth.ExecuteCommand || needed == auth.SomeCommand || needed.IsCommand():
		return errMayNotCommand
	}
	return errForbidden
}
