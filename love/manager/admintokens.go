package manager

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// tokenAdmin returns the token service if it can be administered; otherwise an
// error that is answered 404.
func (m *Manager) tokenAdmin() (auth.TokenAdmin, error) {
	admin, ok := m.config.Tokens.(auth.TokenAdmin)
	if !ok {
		return nil, errNotFound
	}
	return admin, nil
}

// token is a token as administrators see it.
type token struct {
	ID       string    `json:"id"`
	Username string    `json:"username"`
	Issued   time.Time `json:"issued"`
	Expires  time.Time `json:"expires"`
}

func (m *Manager) listTokens(c *call) (answer, error) {
	admin, err := m.tokenAdmin()
	if err != nil {
		return answer{}, err
	}
	q, err := c.query("username")
	if err != nil {
		return answer{}, err
	}
	all, err := admin.Issued(c.Context(), q.Get("username"))
	if err != nil {
		return answer{}, err
	}
	list := make([]token, len(all))
	for i, t := range all {
		list[i] = token{t.ID, t.Username, t.Issued.UTC(), t.Expires.UTC()}
	}
	return answer{Status: http.StatusOK, Body: list}, nil
}

func (m *Manager) revokeToken(c *call) (answer, error) {
	admin, err := m.tokenAdmin()
	if err != nil {
		return answer{}, err
	}
	id := c.params.ByName("id")
	if err := m.mayRevoke(c, admin, id); err != nil {
		return answer{}, err
	}
	err = admin.RevokeID(context.WithoutCancel(c.Context()), id)
	switch {
	case errors.Is(err, auth.ErrToken):
		return answer{}, errNotFound
	case err != nil && !errors.Is(err, auth.ErrUnrecorded):
		return answer{}, err
	}
	m.noteRevocation(c, audit.Record{Action: audit.TokenRevoked, Subject: id}, err)
	return answer{Status: http.StatusNoContent}, err
}

// revokeTokensOf revokes all tokens of one user. No request revokes those of all
// users, so that nobody does it by mistake.
func (m *Manager) revokeTokensOf(c *call) (answer, error) {
	admin, err := m.tokenAdmin()
	if err != nil {
		return answer{}, err
	}
	q, err := c.query("username")
	if err != nil {
		return answer{}, err
	}
	username := q.Get("username")
	if username == "" {
		return answer{}, fieldErrors{"username": {"This field is required."}}.Refusal()
	}
	if err := m.mayTouch(c, username); err != nil {
		return answer{}, err
	}
	n, err := admin.RevokeAll(context.WithoutCancel(c.Context()), username)
	if err != nil && !errors.Is(err, auth.ErrUnrecorded) {
		return answer{}, err
	}
	m.noteRevocation(c, audit.Record{Action: audit.TokenRevoked, Subject: username, Detail: fmt.Sprintf("%d tokens", n)}, err)
	return answer{Status: http.StatusOK, Body: map[string]int{"revoked": n}}, err
}

func (m *Manager) rotateKey(c *call) (answer, error) {
	if err := c.recheck(); err != nil {
		return answer{}, err
	}
	admin, err := m.tokenAdmin()
	if err != nil {
		return answer{}, err
	}
	id, err := admin.RotateKey(c.Context())
	if errors.Is(err, auth.ErrFixedKey) {
		return answer{}, refuse(http.StatusConflict, "The signing key is given by the manager's configuration: change it there.")
	}
	if err != nil {
		return answer{}, err
	}
	m.note(c, audit.Record{Action: audit.KeyRotated, Subject: id, Outcome: audit.Done})
	return answer{Status: http.StatusOK, Body: map[string]string{"key": id}}, nil
}
