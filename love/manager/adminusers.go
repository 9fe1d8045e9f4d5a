package manager

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// account is a user as administrators see them.
type account struct {
	Username         string            `json:"username"`
	Email            string            `json:"email"`
	FirstName        string            `json:"first_name"`
	LastName         string            `json:"last_name"`
	Superuser        bool              `json:"superuser"`
	Active           bool              `json:"active"`
	HasPassword      bool              `json:"has_password"` // false: the user can log in only elsewhere, such as with LDAP
	Groups           []string          `json:"groups"`
	Permissions      []auth.Permission `json:"permissions"`
	GroupPermissions []auth.Permission `json:"group_permissions"`
}

func accountOf(a auth.Account) account {
	return account{
		a.Username, a.Email, a.FirstName, a.LastName, a.Superuser, !a.Disabled, a.PasswordHash != "",
		nonNil(a.Groups), nonNil(a.Permissions), nonNil(a.GroupPermissions),
	}
}

// nonNil turns nil into an empty list, which JSON shows as [] and not as null.
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// accountChange is the body of a request; nil leaves a field as it is.
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

// apply changes an account. Its error is the refusal to send.
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
				return fieldErrors{"permissions": {sentence(err)}}.Refusal()
			}
		}
	}
	if err := a.Check(); err != nil {
		return fieldErrors{noField: {sentence(err)}}.Refusal()
	}
	return nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// sentence returns the text of an error as a sentence, for an answer.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// changedFields lists the names of the fields that a change has changed, for the
// audit record. It does not show their values.
func changedFields(before, after auth.User) string {
	var names []string
	for _, f := range []struct{ name, before, after string }{
		{"email", before.Email, after.Email}, {"first_name", before.FirstName, after.FirstName}, {"last_name", before.LastName, after.LastName},
	} {
		if f.before != f.after {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, ", ")
}

func (m *Manager) listUsers(c *call) (answer, error) {
	if m.config.Users == nil {
		return answer{}, errNotFound
	}
	all, err := m.config.Users.Store().Accounts(c.Context())
	if err != nil {
		return answer{}, err
	}
	list := make([]account, len(all))
	for i, a := range all {
		list[i] = accountOf(a)
	}
	return answer{Status: http.StatusOK, Body: list}, nil
}

// requestedAccount returns the account that the path names.
func (m *Manager) requestedAccount(c *call) (auth.Account, error) {
	if m.config.Users == nil {
		return auth.Account{}, errNotFound
	}
	a, err := m.config.Users.Store().Account(c.Context(), c.params.ByName("name"))
	return a, storeError(err)
}

// storeError turns an error of the store into the refusal to send, if it is a
// mistake of the caller.
func storeError(err error) error {
	switch {
	case errors.Is(err, auth.ErrUnknownUser):
		return errNotFound
	case errors.Is(err, auth.ErrUnknownGroup):
		return fieldErrors{"groups": {sentence(err)}}.Refusal()
	case errors.Is(err, auth.ErrUserExists):
		return fieldErrors{"username": {"A user with that username already exists."}}.Refusal()
	}
	return err
}

func (m *Manager) showUser(c *call) (answer, error) {
	a, err := m.requestedAccount(c)
	if err != nil {
		return answer{}, err
	}
	return answer{Status: http.StatusOK, Body: accountOf(a)}, nil
}

func (m *Manager) addUser(c *call) (answer, error) {
	if m.config.Users == nil {
		return answer{}, errNotFound
	}
	var ch accountChange
	if err := c.decode(&ch); err != nil {
		return answer{}, err
	}
	if ch.Username == nil || ch.Password == nil || *ch.Password == "" {
		return answer{}, fieldErrors{"username": {"A new user needs a username and a password."}}.Refusal()
	}
	a := auth.Account{User: auth.User{Username: *ch.Username}}
	if err := ch.apply(&a); err != nil {
		return answer{}, err
	}
	if err := m.checkNewUser(c, a.User); err != nil {
		return answer{}, err
	}
	if err := m.checkPassword(a.Username, *ch.Password); err != nil {
		return answer{}, err
	}
	groups, err := m.groups(c)
	if err != nil {
		return answer{}, err
	}
	err = c.mayHave(a.User, groups)
	m.noteForbidden(c, a.Username, err)
	if err != nil {
		return answer{}, err
	}
	if err := m.createUser(c, a, *ch.Password); err != nil {
		return answer{}, storeError(err)
	}
	return m.accountAnswer(c, http.StatusCreated, a.Username)
}

// checkNewUser refuses a name that people could take for another one, or that the
// directory has for somebody else, whose rights the new user would get.
func (m *Manager) checkNewUser(c *call, u auth.User) error {
	_, err := m.config.Directory.Lookup(c.Context(), u.Username)
	switch {
	case err == nil, errors.Is(err, auth.ErrInactive):
		return storeError(auth.ErrUserExists)
	case !errors.Is(err, auth.ErrUnknownUser):
		return err
	}
	all, err := m.config.Users.Store().Accounts(c.Context())
	if err != nil {
		return err
	}
	var taken []string
	for _, a := range all {
		taken = append(taken, a.Username)
	}
	return badField("username", auth.CheckNewName("user", u.Username, taken))
}

// checkPassword refuses a new password that can be guessed.
func (m *Manager) checkPassword(username, password string) error {
	if m.config.CheckPassword == nil {
		return nil
	}
	return badField("password", m.config.CheckPassword(username, password))
}

// badField returns the refusal of a field, if err is the reason why it is bad.
func badField(field string, err error) error {
	if err == nil {
		return nil
	}
	return fieldErrors{field: {sentence(err)}}.Refusal()
}

// createUser creates an account and its audit record. A disabled account is
// disabled from the first write on and gets its password last, so that after a
// failure in between nobody can log in.
func (m *Manager) createUser(c *call, a auth.Account, password string) error {
	var err error
	if a.Disabled {
		err = m.config.Users.Store().CreateAccount(c.Context(), a)
	} else {
		err = m.config.Users.Add(c.Context(), a.User, password)
	}
	if err != nil {
		return err
	}
	m.note(c, audit.Record{Action: audit.UserAdded, Subject: a.Username, Outcome: audit.Done, Detail: rightsOf(a.User)})
	if a.Disabled {
		return m.config.Users.SetPassword(c.Context(), a.Username, password)
	}
	return nil
}

func (m *Manager) accountAnswer(c *call, status int, username string) (answer, error) {
	a, err := m.config.Users.Store().Account(c.Context(), username)
	if err != nil {
		return answer{}, storeError(err)
	}
	return answer{Status: status, Body: accountOf(a)}, nil
}

// rightsOf describes what a user may do, for an audit record.
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
	if len(words) == 0 {
		return "no rights"
	}
	return strings.Join(words, ", ")
}

var errYourself = fieldErrors{noField: {"You cannot disable or remove yourself, or give up being a superuser: ask another administrator."}}.Refusal()

func (m *Manager) changeUser(c *call) (answer, error) {
	user, err := m.requestedAccount(c)
	if err != nil {
		return answer{}, err
	}
	var ch accountChange
	if err := c.decode(&ch); err != nil {
		return answer{}, err
	}
	if ch.Username != nil && *ch.Username != user.Username {
		return answer{}, fieldErrors{"username": {"A user cannot be renamed."}}.Refusal()
	}
	if ch.Password != nil && *ch.Password == "" {
		return answer{}, fieldErrors{"password": {"This field may not be blank."}}.Refusal()
	}
	if ch.Password != nil {
		if err := m.checkPassword(user.Username, *ch.Password); err != nil {
			return answer{}, err
		}
	}
	groups, err := m.groups(c)
	if err != nil {
		return answer{}, err
	}
	var before, after auth.Account
	change := func(a *auth.Account) error {
		// No record is written in here: the database may have only one
		// connection, which is in use.
		before = *a
		if err := c.mayHave(a.User, groups); err != nil {
			return err
		}
		if err := ch.apply(a); err != nil {
			return err
		}
		if user.Username == c.who.User.Username && (a.Disabled || c.who.User.Superuser && !a.Superuser) {
			return errYourself
		}
		after = *a
		after.User = a.Normal() // as the store writes it
		return c.mayHave(a.User, groups)
	}
	if ch.Password != nil {
		err = m.config.Users.ChangeWithPassword(c.Context(), user.Username, *ch.Password, change)
	} else {
		err = m.config.Users.Store().UpdateAccount(c.Context(), user.Username, change)
	}
	m.noteForbidden(c, user.Username, err)
	if err != nil && !errors.Is(err, auth.ErrUnrecorded) {
		return answer{}, storeError(err)
	}
	m.noteChange(c, before, after, err)
	if ch.Password != nil {
		m.noteRevocation(c, audit.Record{Action: audit.PasswordSet, Subject: user.Username}, err)
		err = errors.Join(err, m.endTokens(c, user.Username))
	}
	if err != nil {
		return answer{}, storeError(err)
	}
	return m.accountAnswer(c, http.StatusOK, user.Username)
}

// noteRevocation writes the audit record of a revocation that was done, or whose
// error is auth.ErrUnrecorded.
func (m *Manager) noteRevocation(c *call, r audit.Record, err error) {
	if r.Outcome = audit.Done; err != nil {
		r.Detail = strings.TrimPrefix(r.Detail+"; "+notRecorded, "; ")
	}
	m.note(c, r)
}

// noteChange writes an audit record for each kind of change. If its error is
// auth.ErrUnrecorded, only what was taken away is in effect.
func (m *Manager) noteChange(c *call, before, after auth.Account, err error) {
	note := func(action, detail string) {
		m.noteRevocation(c, audit.Record{Action: action, Subject: after.Username, Detail: detail}, err)
	}
	switch {
	case after.Disabled && !before.Disabled:
		note(audit.UserDisabled, "")
	case before.Disabled && !after.Disabled:
		note(audit.UserEnabled, "")
	}
	if before.Superuser != after.Superuser || !slices.Equal(before.Groups, after.Groups) || !slices.Equal(before.Permissions, after.Permissions) {
		note(audit.PermissionGranted, rightsOf(after.User))
	}
	if names := changedFields(before.User, after.User); names != "" {
		note(audit.UserChanged, names)
	}
}

func (m *Manager) removeUser(c *call) (answer, error) {
	a, err := m.requestedAccount(c)
	if err != nil {
		return answer{}, err
	}
	if err := m.mayTouch(c, a.Username); err != nil {
		return answer{}, err
	}
	if a.Username == c.who.User.Username {
		return answer{}, errYourself
	}
	// A new user of the same name must not inherit tokens. They are revoked twice,
	// because of a log-in that may come in between.
	ended := m.endTokens(c, a.Username)
	if ended != nil && !errors.Is(ended, auth.ErrUnrecorded) {
		return answer{}, ended
	}
	err = m.config.Users.Store().DeleteAccount(c.Context(), a.Username)
	if err != nil && !errors.Is(err, auth.ErrUnrecorded) {
		return answer{}, storeError(err)
	}
	m.noteRevocation(c, audit.Record{Action: audit.UserRemoved, Subject: a.Username}, err)
	if err := errors.Join(ended, err, m.endTokens(c, a.Username)); err != nil {
		return answer{}, err
	}
	return answer{Status: http.StatusNoContent}, nil
}

// endTokens revokes all tokens of a user, if the token service can do that.
func (m *Manager) endTokens(c *call, username string) error {
	admin, ok := m.config.Tokens.(auth.TokenAdmin)
	if !ok {
		return nil
	}
	_, err := admin.RevokeAll(context.WithoutCancel(c.Context()), username)
	return err
}
