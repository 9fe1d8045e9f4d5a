package manager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// session is the body that get-token, validate-token and swap-user share
// (docs/protocol/manager.md#log-in).
type session struct {
	User        sessionUser     `json:"user"`
	Token       string          `json:"token"`
	Permissions permissions     `json:"permissions"`
	TimeData    love.TimeData   `json:"time_data"`
	Config      json.RawMessage `json:"config"` // null if there is none, or the client asks for none
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

// session returns the answer to a log-in. Its permission is the result of the
// check that a command passes.
func (m *Manager) session(c *call, who auth.Principal, token string) answer {
	s := session{
		User:        sessionUser{who.User.Username, who.User.Email, who.User.FirstName, who.User.LastName},
		Token:       token,
		Permissions: permissions{m.mayCommand(c, who) == nil},
		TimeData:    love.TimeDataAt(m.config.Clock.Now()),
	}
	switch c.params.ByName("flags") {
	case "no_config", "no-config":
	default:
		s.Config = m.configurationFor(c.Context(), who.User.Username)
	}
	return answer{Status: http.StatusOK, Body: s}
}

func (m *Manager) getToken(c *call) (answer, error) {
	l, err := m.logIn(c)
	if err != nil {
		return answer{}, err
	}
	return m.newSession(c, l, audit.Record{Actor: l.user.Username, Action: audit.LogIn})
}

func (m *Manager) validateToken(c *call) (answer, error) {
	return m.session(c, c.who, c.token), nil
}

// logout revokes the token even if the caller hangs up. A token that has ended here
// counts as logged out, even if that could not be recorded yet.
func (m *Manager) logout(c *call) (answer, error) {
	noted := audit.Record{Action: audit.LogOut, Subject: c.who.TokenID, Outcome: audit.Done}
	switch err := m.config.Tokens.Revoke(context.WithoutCancel(c.Context()), c.token); {
	case errors.Is(err, auth.ErrUnrecorded):
		noted.Detail = notRecorded
	case err != nil:
		return answer{}, err
	}
	m.note(c, noted)
	return answer{Status: http.StatusNoContent}, nil
}

// notRecorded is the detail of audit records about a revocation that is in effect
// only at this manager.
const notRecorded = "in effect here, not recorded yet"

// swapUser logs in another user on the same screen: it issues the new token first,
// so that a failure leaves the old one as it is.
func (m *Manager) swapUser(c *call) (answer, error) {
	if c.token == "" {
		return answer{Status: http.StatusUnauthorized, Header: challenge()}, nil
	}
	l, err := m.logIn(c)
	if err != nil {
		return answer{}, err
	}
	swapped, err := m.newSession(c, l, audit.Record{Actor: l.user.Username, Action: audit.UserSwapped, Subject: c.who.Name()})
	if err != nil {
		return answer{}, err
	}
	// The old token is revoked even if the caller has hung up meanwhile.
	err = m.config.Tokens.Revoke(context.WithoutCancel(c.Context()), c.token)
	if err != nil && !errors.Is(err, auth.ErrUnrecorded) {
		return answer{}, err
	}
	return swapped, nil
}

// loggedIn is a user whose password was right, with a new token.
type loggedIn struct {
	user  auth.User
	token string
}

// logIn reads user name and password, checks them and issues a token. It writes an
// audit record only if they are wrong; newSession writes that of a success.
func (m *Manager) logIn(c *call) (loggedIn, error) {
	started := m.config.Clock.Now()
	l, err := m.tryLogIn(c)
	if outcome := logInOutcome(err); outcome != "" {
		m.config.Observer.LoggedIn(outcome, m.config.Clock.Now().Sub(started))
	}
	return l, err
}

func (m *Manager) tryLogIn(c *call) (loggedIn, error) {
	f, err := c.fields()
	if err != nil {
		return loggedIn{}, err
	}
	errs := fieldErrors{}
	username, password := f.text("username", errs), f.secret("password", errs)
	if len(errs) > 0 {
		return loggedIn{}, errs.Refusal()
	}
	address := auth.Address(c.Request)
	failed := audit.Record{Actor: username, Action: audit.LogIn, Outcome: audit.Refused}
	if !auth.UsableName(username) { // no user has it, so its attempts need no limit
		if m.throttle.Allow("an unusable name from " + address) {
			m.note(c, failed)
		}
		return loggedIn{}, errWrongLogIn
	}
	try, err := m.limiter.Try(c.Context(), username, address)
	if err != nil {
		if failed.Detail = "too many log-ins failed"; m.throttle.Allow("log-ins of " + username + " from " + address) {
			m.note(c, failed)
		}
		return loggedIn{}, tooManyLogIns(err)
	}
	defer try.Wrong() // does nothing after Right or GiveBack
	l, err := m.checkLogIn(c, username, password)
	switch {
	case errors.Is(err, auth.ErrCredentials):
		m.note(c, failed)
		return loggedIn{}, errWrongLogIn
	case err != nil:
		// A failure of the manager does not count against the user, unless the
		// password was refused somewhere or the client hung up: both may have been
		// guesses.
		if c.Context().Err() == nil && !errors.Is(err, auth.ErrRefused) {
			try.GiveBack()
		}
		m.outages.logIns.Failed(m.config.Clock.Now(), err)
		failed.Outcome = audit.Failed
		m.note(c, failed)
		return loggedIn{}, errUnavailable
	}
	m.outages.logIns.Succeeded(m.config.Clock.Now())
	try.Right()
	m.reportWeakPassword(l.user.Username, password)
	return l, nil
}

// reportWeakPassword logs that a user has a password that a new user could not have, once
// for each user.
func (m *Manager) reportWeakPassword(username, password string) {
	if m.config.CheckPassword == nil {
		return
	}
	if _, checked := m.checkedPasswords.LoadOrStore(username, true); checked {
		return
	}
	if err := m.config.CheckPassword(username, password); err != nil {
		m.config.Logger.Warn("a user has a password that can be guessed", "user", username, "error", err)
	}
}

// logInChecks is how often a log-in is checked if the account changes meanwhile.
const logInChecks = 3

// checkLogIn checks a password and issues a token. If the account has changed in
// between, the password is checked again: it may be the old one.
func (m *Manager) checkLogIn(c *call, username, password string) (l loggedIn, err error) {
	for range logInChecks {
		l.user, err = m.config.Authenticator.Authenticate(c.Context(), username, password)
		if err == nil {
			if l.token, err = m.config.Tokens.Issue(c.Context(), l.user); err == nil {
				return l, nil
			}
		}
		if !errors.Is(err, auth.ErrSuperseded) {
			break
		}
		m.config.Refresh(c.Context())
	}
	return loggedIn{}, err
}

var errWrongLogIn = fieldErrors{noField: {"Unable to log in with provided credentials."}}.Refusal()

// tooManyLogIns returns the refusal of a log-in whose password is not checked.
func tooManyLogIns(err error) error {
	many, ok := errors.AsType[*auth.TooManyTriesError](err)
	if !ok {
		return err
	}
	seconds := strconv.Itoa(int(many.RetryAfter.Seconds()))
	return refuse(http.StatusTooManyRequests, "Too many log-ins have failed. Try again in "+seconds+" seconds.").With("Retry-After", seconds)
}

// newSession returns the answer to a log-in. If its audit record cannot be written,
// the log-in fails.
func (m *Manager) newSession(c *call, l loggedIn, r audit.Record) (answer, error) {
	r.Address, r.Outcome = auth.Address(c.Request), audit.Done
	if err := m.audit.Record(c.Context(), r); err != nil {
		return answer{}, fmt.Errorf("logging in: %w", err)
	}
	return m.session(c, auth.Principal{User: l.user, Address: auth.Address(c.Request)}, l.token), nil
}
