package manager

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love/auth"
)

// account is what administrators see of a user.
type account struct {
	Username         string            `json:"username"`
	Email            string            `json:"email"`
	FirstName        string            `json:"first_name"`
	LastName         string            `json:"last_name"`
	Superuser        bool              `json:"superuser"`
	Active           bool              `json:"active"`
	HasPassword      bool              `json:"has_password"` // false: LDAP or nobody lets the user in
	Groups           []string          `json:"groups"`
	Permissions      []auth.Permission `json:"permissions"`
	GroupPermissions []auth.Permission `json:"group_permissions"`
}

func accountOf(a auth.Account) account {
	return account{
		a.Username, a.Email, a.FirstName, a.LastName, a.Superuser, !a.Disabled, a.PasswordHash != "",
		listOf(a.Groups), listOf(a.Permissions), listOf(a.GroupPermissions),
	}
}

// listOf makes an empty list of none.
func listOf[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// accountChange is what a request gives; nil leaves a field as it is.
type accountChange struct {
	Username    *string            `json:"username"`
	Password    *string            `json:"password"`
	Email       *string            `json:"email"`
	FirstName   *string            `json:"first_name"`
	LastName    *string            `json:"last_name"`
	Superuser   *bool              `json:"superuser"`
	Active      *bool              `json:"active"`
	Groups      *[]string          `json:"groups"`
	Permissions *[]auth.Permission `json:"permissions"`
}

// apply changes an account; the error is the answer.
func (ch accountChange) apply(a *auth.Account) error {
	set(&a.Email, ch.Email)
	set(&a.FirstName, ch.FirstName)
	set(&a.LastName, ch.LastName)
	set(&a.Superuser, ch.Superuser)
	set(&a.Groups, ch.Groups)
	set(&a.Permissions, ch.Permissions)
	if ch.Active != nil {
		a.Disabled = !*ch.Active
	}
	if ch.Permissions != nil {
		for _, p := range *ch.Permissions {
			if _, err := auth.ParsePermission(string(p)); err != nil {
				return fieldErrors{"permissions": {sentence(err)}}.refusal()
			}
		}
	}
	if err := a.Check(); err != nil {
		return fieldErrors{noField: {sentence(err)}}.refusal()
	}
	return nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// sentence is an error as people read it in an answer.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// names lists what a change touches, for its record; no value is in it.
func (ch accountChange) names() string {
	var names []string
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"password", ch.Password != nil}, {"email", ch.Email != nil}, {"first_name", ch.FirstName != nil},
		{"last_name", ch.LastName != nil}, {"superuser", ch.Superuser != nil}, {"active", ch.Active != nil},
		{"groups", ch.Groups != nil}, {"permissions", ch.Permissions != nil},
	} {
		if f.given {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, ", ")
}

func (m *Manager) listUsers(c *call) (answer, error) {
	if m.Users == nil {
		return answer{}, errNotFound
	}
	all, err := m.Users.Store().Accounts(c.Context())
	if err != nil {
		return answer{}, err
	}
	list := make([]account, len(all))
	for i, a := range all {
		list[i] = accountOf(a)
	}
	return answer{status: http.StatusOK, body: list}, nil
}

// theUser is whom a path names.
func (m *Manager) theUser(c *call) (auth.Account, error) {
	if m.Users == nil {
		return auth.Account{}, errNotFound
	}
	a, err := m.Users.Store().Account(c.Context(), c.params.ByName("name"))
	return a, storeError(err)
}

// storeError is a store's error as an answer.
func storeError(err error) error {
	switch {
	case errors.Is(err, auth.ErrUnknownUser):
		return errNotFound
	case errors.Is(err, auth.ErrUnknownGroup):
		return fieldErrors{"groups": {sentence(err)}}.refusal()
	case errors.Is(err, auth.ErrUserExists):
		return fieldErrors{"username": {"A user with that username already exists."}}.refusal()
	}
	return err
}

func (m *Manager) showUser(c *call) (answer, error) {
	a, err := m.theUser(c)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: accountOf(a)}, nil
}

func (m *Manager) addUser(c *call) (answer, error) {
	if m.Users == nil {
		return answer{}, errNotFound
	}
	var ch accountChange
	if err := c.into(&ch); err != nil {
		return answer{}, err
	}
	if ch.Username == nil || ch.Password == nil || *ch.Password == "" {
		return answer{}, fieldErrors{"username": {"A new user needs a username and a password."}}.refusal()
	}
	a := auth.Account{User: auth.User{Username: *ch.Username}}
	if err := ch.apply(&a); err != nil {
		return answer{}, err
	}
	if err := m.mayTouch(c, a); err != nil {
		return answer{}, err
	}
	if err := m.Users.Add(c.Context(), a.User, *ch.Password); err != nil {
		return answer{}, storeError(err)
	}
	if a.Disabled {
		if err := m.Users.SetActive(c.Context(), a.Username, false); err != nil {
			return answer{}, err
		}
	}
	m.note(c, auth.AuditRecord{Action: auth.AuditUserAdded, Subject: a.Username, Outcome: auth.OutcomeDone, Detail: rightsOf(a.User)})
	return m.accountAnswer(c, http.StatusCreated, a.Username)
}

func (m *Manager) accountAnswer(c *call, status int, username string) (answer, error) {
	a, err := m.Users.Store().Account(c.Context(), username)
	if err != nil {
		return answer{}, storeError(err)
	}
	return answer{status: status, body: accountOf(a)}, nil
}

// rightsOf tells in a record what a user may.
func rightsOf(u auth.User) string {
	var words []string
	if u.Superuser {
		words = append(words, "superuser")
	}
	if len(u.Groups) > 0 {
		words = append(words, "groups "+strings.Join(u.Groups, " "))
	}
	for _, p := range u.Permissions {
		words = append(words, string(p))
	}
	return strings.Join(words, ", ")
}

// mayTouch keeps who is no superuser away from superusers: or else the
// permission to manage users would be that to do anything.
func (m *Manager) mayTouch(c *call, a auth.Account) error {
	err := touches(c, a)
	m.noteTouch(c, a.Username, err)
	return err
}

// touches decides what mayTouch says.
func touches(c *call, a auth.Account) error {
	if a.Superuser && !c.who.User.Superuser {
		return errForbidden
	}
	return nil
}

func (m *Manager) noteTouch(c *call, username string, err error) {
	if errors.Is(err, errForbidden) {
		m.note(c, auth.AuditRecord{Action: auth.AuditForbidden, Subject: username, Outcome: auth.OutcomeRefused, Detail: "a superuser"})
	}
}

var errYourself = fieldErrors{noField: {"You cannot disable or remove yourself, or give up being a superuser: ask another administrator."}}.refusal()

func (m *Manager) changeUser(c *call) (answer, error) {
	before, err := m.theUser(c)
	if err != nil {
		return answer{}, err
	}
	var ch accountChange
	if err := c.into(&ch); err != nil {
		return answer{}, err
	}
	if ch.Username != nil && *ch.Username != before.Username {
		return answer{}, fieldErrors{"username": {"A user cannot be renamed."}}.refusal()
	}
	if ch.Password != nil && *ch.Password == "" {
		return answer{}, fieldErrors{"password": {"This field may not be blank."}}.refusal()
	}
	var after auth.Account
	err = m.Users.Store().UpdateAccount(c.Context(), before.Username, func(a *auth.Account) error {
		// Nothing is noted in here: the database is at work, and may have one
		// connection only.
		if err := touches(c, *a); err != nil {
			return err
		}
		if err := ch.apply(a); err != nil {
			return err
		}
		if before.Username == c.who.User.Username && (a.Disabled || c.who.User.Superuser && !a.Superuser) {
			return errYourself
		}
		after = *a
		return touches(c, *a)
	})
	m.noteTouch(c, before.Username, err)
	if err != nil {
		return answer{}, storeError(err)
	}
	if ch.Password != nil {
		if err := m.Users.SetPassword(c.Context(), before.Username, *ch.Password); err != nil {
			return answer{}, storeError(err)
		}
		if err := m.endTokens(c, before.Username); err != nil {
			return answer{}, err
		}
	}
	m.noteChange(c, before, after, ch)
	return m.accountAnswer(c, http.StatusOK, before.Username)
}

// noteChange leaves a record for each kind of change.
func (m *Manager) noteChange(c *call, before, after auth.Account, ch accountChange) {
	r := auth.AuditRecord{Action: auth.AuditUserChanged, Subject: before.Username, Outcome: auth.OutcomeDone, Detail: ch.names()}
	if ch.Password != nil {
		r.Action = auth.AuditPassword
		m.note(c, r)
	}
	if before.Disabled != after.Disabled {
		r.Action = auth.AuditEnabled
		if after.Disabled {
			r.Action = auth.AuditDisabled
		}
		m.note(c, r)
	}
	if before.Superuser != after.Superuser || !slices.Equal(before.Groups, after.Groups) || !slices.Equal(before.Permissions, after.Permissions) {
		r.Action, r.Detail = auth.AuditGranted, rightsOf(after.User)
		m.note(c, r)
	}
	if r.Action == auth.AuditUserChanged {
		m.note(c, r)
	}
}

func (m *Manager) removeUser(c *call) (answer, error) {
	a, err := m.theUser(c)
	if err != nil {
		return answer{}, err
	}
	if err := m.mayTouch(c, a); err != nil {
		return answer{}, err
	}
	if a.Username == c.who.User.Username {
		return answer{}, errYourself
	}
	// A new user of that name must not get the old one's tokens. The second time
	// is for a log-in meanwhile.
	if err := m.endTokens(c, a.Username); err != nil {
		return answer{}, err
	}
	if err := m.Users.Store().DeleteAccount(c.Context(), a.Username); err != nil {
		return answer{}, storeError(err)
	}
	if err := m.endTokens(c, a.Username); err != nil {
		return answer{}, err
	}
	m.note(c, auth.AuditRecord{Action: auth.AuditUserRemoved, Subject: a.Username, Outcome: auth.OutcomeDone})
	return answer{status: http.StatusNoContent}, nil
}

// endTokens ends all tokens that a user has, if somebody keeps count of them.
func (m *Manager) endTokens(c *call, username string) error {
	admin, ok := m.Tokens.(auth.TokenAdmin)
	if !ok {
		return nil
	}
	_, err := admin.RevokeAll(context.WithoutCancel(c.Context()), username)
	return err
}
