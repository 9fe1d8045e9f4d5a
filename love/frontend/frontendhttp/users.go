package frontendhttp

import (
	"net/http"
	"slices"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/manager"
)

const usersPath = "/manager/api/user/"

// hiddenUsers are accounts of roles, not of people.
var hiddenUsers = []string{"admin", "cmd_user", "test", "user"}

// person is a user in a list for people: the crew of a night, for instance.
type person struct {
	Username  string `json:"username"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

// userRoutes are read only: users are administered elsewhere.
func (a *API) userRoutes() []manager.Route {
	get := func(h handler) map[string]manager.Method {
		return map[string]manager.Method{http.MethodGet: {Handler: a.handle(h)}}
	}
	return []manager.Route{
		{Path: usersPath, Methods: get(a.listUsers)},
		{Path: usersPath + ":id/", Methods: get(a.getUser)},
	}
}

// people returns the users without those of roles.
func (a *API) people(r *http.Request) ([]person, error) {
	all := []person{}
	if a.config.Users == nil {
		return all, nil
	}
	accounts, err := a.config.Users.Accounts(r.Context())
	if err != nil {
		return nil, err
	}
	for _, u := range accounts {
		if !slices.Contains(hiddenUsers, u.Username) {
			all = append(all, personOf(u.User))
		}
	}
	return all, nil
}

func personOf(u auth.User) person { return person{u.Username, u.Email, u.FirstName, u.LastName} }

func (a *API) listUsers(w http.ResponseWriter, r *http.Request) error {
	all, err := a.people(r)
	if err != nil {
		return err
	}
	return a.reply(w, http.StatusOK, all)
}

// getUser answers with the user of a name: accounts have no number.
func (a *API) getUser(w http.ResponseWriter, r *http.Request) error {
	all, err := a.people(r)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(p person) bool { return p.Username == manager.Param(r, "id") })
	if i < 0 {
		return errNotFound
	}
	return a.reply(w, http.StatusOK, all[i])
}
