package manager

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// group is a group as administrators see it.
type group struct {
	Name        string            `json:"name"`
	Permissions []auth.Permission `json:"permissions"`
}

func (m *Manager) listGroups(c *call) (answer, error) {
	if m.config.Users == nil {
		return answer{}, errNotFound
	}
	all, err := m.config.Users.Store().Groups(c.Context())
	if err != nil {
		return answer{}, err
	}
	list := make([]group, len(all))
	for i, g := range all {
		list[i] = group{g.Name, nonNil(g.Permissions)}
	}
	return answer{Status: http.StatusOK, Body: list}, nil
}

// putGroup creates a group or replaces its permissions.
func (m *Manager) putGroup(c *call) (answer, error) {
	if m.config.Users == nil {
		return answer{}, errNotFound
	}
	var body struct {
		Permissions *[]auth.Permission `json:"permissions"`
	}
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	if body.Permissions == nil {
		return answer{}, fieldErrors{"permissions": {"This field is required."}}.Refusal()
	}
	g := auth.Group{Name: c.params.ByName("name"), Permissions: *body.Permissions}.Normal()
	if err := g.Check(); err != nil {
		return answer{}, fieldErrors{noField: {sentence(err)}}.Refusal()
	}
	if err := m.mayChangeGroup(c, g); err != nil {
		return answer{}, err
	}
	err := m.config.Users.Store().PutGroup(c.Context(), g)
	if err == nil || errors.Is(err, auth.ErrUnrecorded) {
		m.noteRevocation(c, audit.Record{Action: audit.GroupChanged, Subject: g.Name, Detail: fmt.Sprint(g.Permissions)}, err)
	}
	if err != nil {
		return answer{}, err
	}
	return answer{Status: http.StatusOK, Body: group{g.Name, nonNil(g.Permissions)}}, nil
}

func (m *Manager) removeGroup(c *call) (answer, error) {
	if m.config.Users == nil {
		return answer{}, errNotFound
	}
	name := c.params.ByName("name")
	if err := m.mayChangeGroup(c, auth.Group{Name: name}); err != nil {
		return answer{}, err
	}
	err := m.config.Users.Store().DeleteGroup(c.Context(), name)
	if errors.Is(err, auth.ErrUnknownGroup) {
		return answer{}, errNotFound
	}
	if err == nil || errors.Is(err, auth.ErrUnrecorded) {
		m.noteRevocation(c, audit.Record{Action: audit.GroupRemoved, Subject: name}, err)
	}
	if err != nil {
		return answer{}, err
	}
	return answer{Status: http.StatusNoContent}, nil
}

func (m *Manager) listPermissions(*call) (answer, error) {
	return answer{Status: http.StatusOK, Body: auth.Permissions()}, nil
}
