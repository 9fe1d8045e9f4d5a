package manager

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// hubReport is everything that a [HubReporter] reports.
type hubReport struct {
	Stats    hub.Stats          `json:"stats"`
	Sessions []hub.SessionStats `json:"sessions"`
	Groups   []hub.GroupStats   `json:"groups"`
}

func (m *Manager) hubReport(*call) (answer, error) {
	h, ok := m.config.Hub.(HubReporter)
	if !ok {
		return answer{}, errNotFound
	}
	return answer{Status: http.StatusOK, Body: hubReport{h.Stats(), h.Sessions(), h.Groups()}}, nil
}

func (m *Manager) listSessions(*call) (answer, error) {
	h, ok := m.config.Hub.(HubReporter)
	if !ok {
		return answer{}, errNotFound
	}
	return answer{Status: http.StatusOK, Body: h.Sessions()}, nil
}

// tokenAdmin returns the token service if it can be administered; otherwise the
// request is answered 404.
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
	all, err := admin.Issued(c.Context(), c.URL.Query().Get("username"))
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
	switch err := admin.RevokeID(c.Context(), id); {
	case errors.Is(err, auth.ErrToken):
		return answer{}, errNotFound
	case err != nil:
		return answer{}, err
	}
	m.note(c, audit.Record{Action: audit.TokenRevoked, Subject: id, Outcome: audit.Done})
	return answer{Status: http.StatusNoContent}, nil
}

// revokeTokensOf ends all tokens of one user. No request ends those of all users
// at once, so that none does by mistake.
func (m *Manager) revokeTokensOf(c *call) (answer, error) {
	admin, err := m.tokenAdmin()
	if err != nil {
		return answer{}, err
	}
	username := c.URL.Query().Get("username")
	if username == "" {
		return answer{}, fieldErrors{"username": {"This field is required."}}.refusal()
	}
	n, err := admin.RevokeAll(c.Context(), username)
	if err != nil {
		return answer{}, err
	}
	m.note(c, audit.Record{Action: audit.TokenRevoked, Subject: username, Outcome: audit.Done, Detail: fmt.Sprintf("%d tokens", n)})
	return answer{Status: http.StatusOK, Body: map[string]int{"revoked": n}}, nil
}

func (m *Manager) rotateKey(c *call) (answer, error) {
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

func (m *Manager) listPermissions(*call) (answer, error) {
	return answer{Status: http.StatusOK, Body: auth.Permissions()}, nil
}

// into reads a body that has to be a JSON object into a struct. It refuses a key
// that the struct does not have, which is probably misspelt.
func (c *call) into(target any) error {
	body, err := c.json()
	if err != nil {
		return err
	}
	if kind := jsonKind(body); kind != "object" {
		return fieldErrors{noField: {"Invalid data. Expected an object, but got " + kind + "."}}.refusal()
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err = dec.Decode(target)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fieldErrors{wrong.Field: {"Not a valid " + wrong.Type.String() + "."}}.refusal()
	}
	if err != nil {
		return parseError(err)
	}
	return nil
}
