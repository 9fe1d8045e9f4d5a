package manager

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
)

var errNoAuthority = refuse(http.StatusNotFound, "Authority over commands is not switched on at this manager.")

// showAuthority tells who holds authority and what waits for approval.
func (m *Manager) showAuthority(*call) (answer, error) {
	if m.Authority == nil {
		return answer{}, errNoAuthority
	}
	held, err := m.Authority.Holds()
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: struct {
		Holds   []commander.Hold    `json:"holds"`
		Waiting []commander.Waiting `json:"waiting"`
	}{append([]commander.Hold{}, held...), append([]commander.Waiting{}, m.Authority.Waiting()...)}}, nil
}

// takeAuthority gives the caller authority over a pattern: {"pattern",
// "seconds"}.
func (m *Manager) takeAuthority(c *call) (answer, error) {
	if m.Authority == nil {
		return answer{}, errNoAuthority
	}
	body, err := c.object()
	if err != nil {
		return answer{}, err
	}
	var wanted struct {
		Pattern string
		Seconds float64
	}
	if err := json.Unmarshal(body, &wanted); err != nil {
		return answer{}, fieldErrors{noField: {`Give {"pattern": "ATDome:*:move*", "seconds": 3600}.`}}.refusal()
	}
	pattern, err := commander.ParsePattern(wanted.Pattern)
	if err != nil {
		return answer{}, fieldErrors{"pattern": {err.Error()}}.refusal()
	}
	const most = 1e6 // a float beyond is no time.Duration
	hold, err := m.Authority.Take(c.Context(), c.who.Name(), pattern, time.Duration(min(wanted.Seconds, most)*float64(time.Second)))
	switch {
	case errors.Is(err, commander.ErrHoldTime):
		return answer{}, fieldErrors{"seconds": {err.Error()}}.refusal()
	case err != nil:
		return answer{}, authorityRefusal(err)
	}
	m.note(c, auth.AuditRecord{Action: auth.AuditAuthorityTaken, Subject: string(hold.Pattern), Outcome: auth.OutcomeDone, Detail: "until " + hold.Until.UTC().Format(time.RFC3339)})
	return answer{status: http.StatusCreated, body: hold}, nil
}

// releaseAuthority ends an authority: the caller's, or for an administrator
// anybody's.
func (m *Manager) releaseAuthority(c *call) (answer, error) {
	if m.Authority == nil {
		return answer{}, errNoAuthority
	}
	id := c.params.ByName("id")
	administrator := m.Authorizer.Authorize(c.Context(), c.who, auth.ManageUsers) == nil
	released, err := m.Authority.Release(c.Context(), id, c.who.Name(), administrator)
	if err != nil {
		return answer{}, authorityRefusal(err)
	}
	m.note(c, auth.AuditRecord{Action: auth.AuditAuthorityEnded, Subject: string(released.Pattern), Outcome: auth.OutcomeDone, Detail: "of " + released.User})
	return answer{status: http.StatusNoContent}, nil
}

// approve executes a command that waits, as its second person.
func (m *Manager) approve(c *call) (answer, error) {
	if m.Authority == nil {
		return answer{}, errNoAuthority
	}
	reply, err := m.Authority.Approve(c.Context(), c.params.ByName("id"), c.who.Name())
	if refused, ok := errors.AsType[*refusal](authorityRefusal(err)); ok {
		return answer{}, refused
	}
	return m.passOn(c, reply, err)
}

// dismiss drops a command that waits.
func (m *Manager) dismiss(c *call) (answer, error) {
	if m.Authority == nil {
		return answer{}, errNoAuthority
	}
	if err := m.Authority.Dismiss(c.Context(), c.params.ByName("id"), c.who.Name()); err != nil {
		return answer{}, authorityRefusal(err)
	}
	return answer{status: http.StatusNoContent}, nil
}

// authorityRefusal is what an error of the authority is answered with, or the
// error itself if it is none of its own.
func authorityRefusal(err error) error {
	switch {
	case errors.Is(err, commander.ErrNoSuch):
		return errNotFound
	case errors.Is(err, commander.ErrNotYours):
		return refuse(http.StatusForbidden, err.Error())
	case errors.Is(err, commander.ErrHeld):
		return refuse(http.StatusConflict, err.Error())
	}
	return err
}
