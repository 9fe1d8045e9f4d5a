package frontendhttp

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/manager"
)

const locationsPath = "/manager/api/controllocation/"

func (a *API) listRoutes() []manager.Route {
	contacts := resource[frontend.EmergencyContact, *frontend.EmergencyContact]{
		api: a, key: "/manager/api/emergencycontact/", table: a.store.EmergencyContacts(), read: readContact,
		check: frontend.EmergencyContact.Check, show: showContact,
		order: func(a, b frontend.EmergencyContact) int { return cmp.Compare(a.Subsystem, b.Subsystem) },
	}
	tags := resource[frontend.ImageTag, *frontend.ImageTag]{
		api: a, key: "/manager/api/imagetag/", table: a.store.ImageTags(), read: readTag, check: frontend.ImageTag.Check, show: showTag,
		order: func(a, b frontend.ImageTag) int { return cmp.Compare(a.Label, b.Label) },
	}
	return slices.Concat(contacts.routes(auth.Model{App: "api", Name: "emergencycontact"}),
		tags.routes(auth.Model{App: "api", Name: "imagetag"}), a.locationRoutes())
}

func readContact(in *input) func(*frontend.EmergencyContact) {
	in.need("email")
	subsystem, name, info, email := in.line("subsystem"), in.line("name"), in.line("contact_info"), in.line("email")
	return func(c *frontend.EmergencyContact) {
		subsystem.to(&c.Subsystem)
		name.to(&c.Name)
		info.to(&c.ContactInfo)
		email.to(&c.Email)
	}
}

func showContact(c frontend.EmergencyContact) any {
	return struct {
		times
		Subsystem   string `json:"subsystem"`
		Name        string `json:"name"`
		ContactInfo string `json:"contact_info"`
		Email       string `json:"email"`
	}{timesOf(c.Meta), c.Subsystem, c.Name, c.ContactInfo, c.Email}
}

func readTag(in *input) func(*frontend.ImageTag) {
	label, key := in.line("label"), in.line("key")
	return func(i *frontend.ImageTag) {
		label.to(&i.Label)
		key.to(&i.Key)
	}
}

func showTag(i frontend.ImageTag) any {
	return struct {
		times
		Label string `json:"label"`
		Key   string `json:"key"`
	}{timesOf(i.Meta), i.Label, i.Key}
}

// locationRoutes are those of the control locations, which are not added or removed here.
func (a *API) locationRoutes() []manager.Route {
	locations := resource[frontend.ControlLocation, *frontend.ControlLocation]{
		api: a, key: locationsPath, table: a.store.ControlLocations(), read: readLocation, check: frontend.ControlLocation.Check, show: showLocation,
	}
	return []manager.Route{
		{Path: locationsPath, Methods: map[string]manager.Method{
			http.MethodGet: {Handler: a.handle(func(w http.ResponseWriter, r *http.Request) error {
				if _, selected := r.URL.Query()["selected"]; selected {
					return a.selectedLocations(w, r)
				}
				return locations.list(w, r)
			})},
		}},
		{Path: locationsPath + ":id/", Methods: map[string]manager.Method{
			http.MethodGet: {Handler: a.handle(locations.get)},
			http.MethodPatch: {
				Needs: auth.Model{App: "api", Name: "controllocation"}.Permission("change"), Handler: a.handle(a.changeLocation(locations)),
			},
		}},
	}
}

// selectedLocations answers the question that each page of the frontend asks every three
// seconds.
func (a *API) selectedLocations(w http.ResponseWriter, r *http.Request) error {
	return a.serve(w, r, locationsPath+"?selected", func(ctx context.Context) (any, error) {
		all, err := a.store.ControlLocations().List(ctx)
		all = slices.DeleteFunc(all, func(c frontend.ControlLocation) bool { return !c.Selected })
		return shown(all, nil, showLocation), err
	})
}

// changeLocation changes a location. If it is selected then, no other one is.
func (a *API) changeLocation(locations resource[frontend.ControlLocation, *frontend.ControlLocation]) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		changed, err := locations.apply(r)
		if err == nil && changed.Selected {
			err = a.deselectOthers(r.Context(), changed.ID)
		}
		if err != nil {
			return err
		}
		return a.reply(w, http.StatusOK, showLocation(changed))
	}
}

func (a *API) deselectOthers(ctx context.Context, id int64) error {
	all, err := a.store.ControlLocations().List(ctx)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID == id || !other.Selected {
			continue
		}
		_, err := a.store.ControlLocations().Update(ctx, other.ID, func(c *frontend.ControlLocation) error {
			c.Selected = false
			return nil
		})
		if err != nil && !isNotFound(err) {
			return err
		}
	}
	return nil
}

func readLocation(in *input) func(*frontend.ControlLocation) {
	name, description := in.line("name"), in.line("description")
	selected, whitelist := in.boolean("selected"), in.line("ip_whitelist")
	return func(c *frontend.ControlLocation) {
		name.to(&c.Name)
		description.to(&c.Description)
		selected.to(&c.Selected)
		whitelist.to(&c.IPWhitelist)
	}
}

func showLocation(c frontend.ControlLocation) any {
	return struct {
		times
		Name        string `json:"name"`
		Description string `json:"description"`
		Selected    bool   `json:"selected"`
		IPWhitelist string `json:"ip_whitelist"`
	}{timesOf(c.Meta), c.Name, c.Description, c.Selected, c.IPWhitelist}
}
