package frontendhttp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/manager"
)

const (
	viewsPath = "/manager/ui_framework/views/"
	// maxViewBody is the size of the largest view that can be sent, with its picture.
	maxViewBody = 8 << 20
)

func (a *API) viewRoutes() []manager.Route {
	views := resource[frontend.View, *frontend.View]{
		api: a, key: viewsPath, table: a.store.Views(), order: newestFirst, read: readView, check: frontend.View.Check,
		show: func(v frontend.View) any { return a.showView(v) },
		fresh: func(*http.Request) frontend.View {
			return frontend.View{Screen: frontend.DefaultScreen, Data: json.RawMessage("null")}
		},
	}
	one := changes(auth.Model{App: "ui_framework", Name: "view"}, nil, a.named(views.change), a.named(views.remove))
	one[http.MethodGet] = manager.Method{Handler: a.handle(func(w http.ResponseWriter, r *http.Request) error {
		switch manager.Param(r, "id") {
		case "summary":
			return a.viewSummaries(w, r)
		case "search":
			return a.searchViews(w, r)
		}
		return views.get(w, r)
	})}
	all := changes(auth.Model{App: "ui_framework", Name: "view"}, a.handle(views.create), nil, nil)
	all[http.MethodGet] = manager.Method{Handler: a.handle(views.list)}
	return []manager.Route{
		{Path: viewsPath, MaxBody: maxViewBody, Methods: all},
		{Path: viewsPath + ":id/", MaxBody: maxViewBody, Methods: one},
		a.thumbnailRoute(),
	}
}

// readOnlyNames are paths beside those of the objects.
var readOnlyNames = map[string]bool{"summary": true, "search": true, "with_view_name": true}

// named handles the change of an object. The paths beside those of the objects can only
// be read.
func (a *API) named(h handler) http.Handler {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		if readOnlyNames[manager.Param(r, "id")] {
			return httpapi.RefuseDetail(http.StatusMethodNotAllowed, fmt.Sprintf("Method %q not allowed.", r.Method)).With("Allow", "GET, HEAD, OPTIONS")
		}
		return h(w, r)
	})
}

// summary is a view without its data.
type summary struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	Thumbnail *string `json:"thumbnail"` // the path of the picture
	Screen    *string `json:"screen"`
}

// wholeView is a view with its data.
type wholeView struct {
	summary
	Data json.RawMessage `json:"data"`
}

func (a *API) showSummary(v frontend.View) summary {
	s := summary{ID: v.ID, Name: v.Name}
	if name := v.FileName(); name != "" {
		path := a.prefix + thumbnailsPath + name
		s.Thumbnail = &path
	}
	if v.Screen != "" {
		s.Screen = &v.Screen
	}
	return s
}

func (a *API) showView(v frontend.View) wholeView {
	w := wholeView{summary: a.showSummary(v), Data: v.Data}
	if len(w.Data) == 0 {
		w.Data = json.RawMessage("null")
	}
	return w
}

func newestFirst(a, b frontend.View) int { return b.Updated.Compare(a.Updated) }

// readView reads a view. A picture in the form of a data URI is a new one; any other text,
// and null, removes the old one, since the frontend sends null whenever it saves.
func readView(in *input) func(*frontend.View) {
	in.need("name")
	name, data := in.line("name"), in.json("data")
	screen, picture := in.screen("screen"), in.picture("thumbnail")
	return func(v *frontend.View) {
		name.to(&v.Name)
		screen.to(&v.Screen)
		data.to(&v.Data)
		if !picture.ok {
			return
		}
		number := v.Picture.Number
		if v.Picture = picture.value; v.Picture.Type != "" {
			number++
		}
		v.Picture.Number = number
	}
}

// screen returns a text that may be null, but not empty.
func (in *input) screen(name string) given[string] {
	if value, ok := in.members[name]; ok && string(value) == "null" {
		return given[string]{"", true}
	}
	g := in.text(name)
	if g.ok && g.value == "" {
		in.fail(name, `"" is not a valid choice.`)
	}
	return g
}

// viewSummaries answers with all views without their data: the frontend's list of views.
func (a *API) viewSummaries(w http.ResponseWriter, r *http.Request) error {
	return a.serve(w, r, viewsPath+"summary/", func(ctx context.Context) (any, error) {
		all, err := a.store.Views().Summaries(ctx)
		return shown(all, newestFirst, func(v frontend.View) any { return a.showSummary(v) }), err
	})
}

// searchViews answers with the views whose name contains the text of the query.
func (a *API) searchViews(w http.ResponseWriter, r *http.Request) error {
	text := strings.ToLower(r.URL.Query().Get("query"))
	all, err := a.store.Views().Summaries(r.Context())
	if err != nil {
		return err
	}
	found := []frontend.View{}
	for _, v := range all {
		if !strings.Contains(strings.ToLower(v.Name), text) {
			continue
		}
		switch v, err := a.store.Views().Get(r.Context(), v.ID); {
		case err == nil:
			found = append(found, v)
		case !isNotFound(err): // it may have been deleted just now
			return err
		}
	}
	body, err := encode(shown(found, newestFirst, func(v frontend.View) any { return a.showView(v) }))
	if err != nil {
		return err
	}
	return a.replyRaw(w, body)
}
