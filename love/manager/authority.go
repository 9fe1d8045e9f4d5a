package manager

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/authority"
)

var errNoAuthority = refuse(http.StatusNotFound, "Authority over commands is not switched on at this manager.")

// showAuthority answers with who holds authority and what waits for approval.
func (m *Manager) showAuthority(*call) (answer, error) {
	if m.config.Authority == nil {
		return answer{}, errNoAuthority
	}
	now, err := m.authority()
	if err != nil {
		return answer{}, err
	}
	return answer{Status: http.StatusOK, Body: now}, nil
}

// authority returns who holds authority and what waits for approval.
func (m *Manager) authority() (love.Authority, error) {
	held, err := m.config.Authority.Holds()
	if err != nil {
		return love.Authority{}, err
	}
	waiting, err := m.config.Authority.Waiting()
	if err != nil {
		return love.Authority{}, err
	}
	return love.Authority{Holds: nonNil(held), Waiting: nonNil(waiting)}, nil
}

// takeAuthority gives the caller authority over a pattern: {"pattern",
// "seconds"}. It needs the permission for all commands: users who may give only
// some could otherwise exclude others from the rest.
func (m *Manager) takeAuthority(c *call) (answer, error) {
	if m.config.Authority == nil {
		return answer{}, errNoAuthority
	}
	if err := m.authorize(c, auth.ExecuteCommand); err != nil {
		return answer{}, err
	}
	var wanted struct {
		Pattern *string  `json:"pattern"`
		Seconds *float64 `json:"seconds"`
	}
	if err := c.decode(&wanted); err != nil {
		return answer{}, err
	}
	if wanted.Pattern == nil || wanted.Seconds == nil {
		return answer{}, fieldErrors{noField: {`Give {"pattern": "ATDome:*:move*", "seconds": 3600}.`}}.Refusal()
	}
	pattern, err := love.ParseCommandPattern(*wanted.Pattern)
	if err != nil {
		return answer{}, fieldErrors{"pattern": {err.Error()}}.Refusal()
	}
	const most = 1e6 // a much larger number would overflow a time.Duration
	hold, err := m.config.Authority.Take(c.Context(), c.who.Name(), pattern, time.Duration(min(*wanted.Seconds, most)*float64(time.Second)))
	switch {
	case errors.Is(err, authority.ErrHoldTime):
		return answer{}, fieldErrors{"seconds": {err.Error()}}.Refusal()
	case err != nil:
		return answer{}, authorityRefusal(err)
	}
	m.note(c, audit.Record{Action: audit.AuthorityTaken, Subject: string(hold.Pattern), Outcome: audit.Done, Detail: "until " + hold.Until.UTC().Format(time.RFC3339)})
	return answer{Status: http.StatusCreated, Body: hold}, nil
}

// releaseAuthority ends a hold: the caller's own or, if the caller is an
// administrator, that of anybody with no more rights than they have.
func (m *Manager) releaseAuthority(c *call) (answer, error) {
	if m.config.Authority == nil {
		return answer{}, errNoAuthority
	}
	id := c.params.ByName("id")
	administrator, err := m.mayRelease(c, id)
	if err != nil {
		return answer{}, err
	}
	released, err := m.config.Authority.Release(c.Context(), id, c.who.Name(), administrator)
	if err != nil {
		return answer{}, authorityRefusal(err)
	}
	m.note(c, audit.Record{Action: audit.AuthorityReleased, Subject: string(released.Pattern), Outcome: audit.Done, Detail: "of " + released.User})
	return answer{Status: http.StatusNoContent}, nil
}

// mayRelease reports whether the caller may end a hold of somebody else.
func (m *Manager) mayRelease(c *call, id string) (bool, error) {
	if m.config.Authorizer.Authorize(c.Context(), c.who, auth.ManageUsers) != nil {
		return false, nil
	}
	held, err := m.config.Authority.Holds()
	if err != nil {
		return false, err
	}
	for _, h := range held {
		if h.ID == id && h.User != c.who.Name() {
			return true, m.mayTouch(c, h.User)
		}
	}
	return false, nil
}

// approve executes a waiting command; the caller is the second person, and needs
// the permission to give the command themselves.
func (m *Manager) approve(c *call) (answer, error) {
	if err := c.recheck(); err != nil {
		return answer{}, err
	}
	w, err := m.waiting(c)
	if err != nil {
		return answer{}, err
	}
	if err := m.mayGive(c, w.Command); err != nil {
		return answer{}, err
	}
	var refused error
	ack, err := ask(m, c, commander.UnknownOutcome, func(ctx context.Context) (love.Ack, error) {
		ack, err := m.config.Authority.Approve(ctx, w.ID, c.who.Name())
		refused = authorityRefusal(err)
		return ack, err
	})
	if refused, ok := errors.AsType[*refusal](refused); ok {
		return answer{}, refused
	}
	return answerOf(m.responseOf(c, ack, err, &w.Command)), nil
}

// dismiss drops a waiting command. Its giver always may; anyone else needs the
// permission for it.
func (m *Manager) dismiss(c *call) (answer, error) {
	w, err := m.waiting(c)
	if err != nil {
		return answer{}, err
	}
	if w.User != c.who.Name() {
		if err := m.mayGive(c, w.Command); err != nil {
			return answer{}, err
		}
	}
	if err := m.config.Authority.Dismiss(c.Context(), w.ID, c.who.Name()); err != nil {
		return answer{}, authorityRefusal(err)
	}
	return answer{Status: http.StatusNoContent}, nil
}

// waiting finds the waiting command that the path names. IDs are unique, so the
// command that is checked is the one that Approve or Dismiss then takes.
func (m *Manager) waiting(c *call) (love.WaitingCommand, error) {
	if m.config.Authority == nil {
		return love.WaitingCommand{}, errNoAuthority
	}
	id := c.params.ByName("id")
	waiting, err := m.config.Authority.Waiting()
	if err != nil {
		return love.WaitingCommand{}, err
	}
	for _, w := range waiting {
		if w.ID == id {
			return w, nil
		}
	}
	return love.WaitingCommand{}, authorityRefusal(authority.ErrNotFound)
}

// authorityRefusal turns an error of the authority into the refusal to send; it
// returns other errors as they are.
func authorityRefusal(err error) error {
	switch {
	case errors.Is(err, authority.ErrNotFound):
		return refuse(http.StatusNotFound, "There is no such authority or approval, or its time is over.")
	case errors.Is(err, authority.ErrNotYours):
		return refuse(http.StatusForbidden, err.Error())
	case errors.Is(err, authority.ErrHeld), errors.Is(err, authority.ErrTooManyHolds):
		return refuse(http.StatusConflict, err.Error())
	}
	return err
}
