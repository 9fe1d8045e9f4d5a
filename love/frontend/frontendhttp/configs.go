package frontendhttp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/manager"
)

const configsPath = "/manager/api/configfile/"

func (a *API) configRoutes() []manager.Route {
	configs := resource[frontend.ConfigFile, *frontend.ConfigFile]{
		api: a, key: configsPath, table: a.store.ConfigFiles(), read: readConfig, check: frontend.ConfigFile.Check, show: showConfig,
		order: func(a, b frontend.ConfigFile) int { return b.Updated.Compare(a.Updated) },
		fresh: func(r *http.Request) frontend.ConfigFile {
			return frontend.ConfigFile{Username: manager.Caller(r.Context()).User.Username}
		},
	}
	get := func(h handler) map[string]manager.Method {
		return map[string]manager.Method{http.MethodGet: {Handler: a.handle(h)}}
	}
	return append(configs.routes(auth.Model{App: "api", Name: "configfile"}),
		manager.Route{Path: configsPath + ":id/content/", Methods: get(a.configContent)},
		manager.Route{Path: "/manager/api/config", Methods: get(a.firstConfig)},
		manager.Route{Path: "/manager/api/config-set", Methods: map[string]manager.Method{http.MethodPost: {Handler: a.handle(a.selectConfig)}}},
	)
}

func readConfig(in *input) func(*frontend.ConfigFile) {
	in.need("filename", "content")
	filename, content := in.line("filename"), in.json("content")
	return func(c *frontend.ConfigFile) {
		filename.to(&c.Filename)
		content.to(&c.Content)
	}
}

func showConfig(c frontend.ConfigFile) any {
	return struct {
		times
		Username string `json:"username"`
		Filename string `json:"filename"`
	}{timesOf(c.Meta), c.Username, c.Filename}
}

// configurations are what the users get at their log-in, as of a revision of the store.
type configurations struct {
	revision int64
	byID     map[int64]json.RawMessage
	first    int64 // ID, 0 if there is none
	selected map[string]int64
}

// of returns the configuration of a user: the one that they have selected, or the first.
func (c *configurations) of(username string) json.RawMessage {
	if selected, ok := c.byID[c.selected[username]]; ok {
		return selected
	}
	return c.byID[c.first]
}

// current returns the configurations as they are now. The store is asked only after a
// change.
func (a *API) current(ctx context.Context) (*configurations, error) {
	revision := a.store.Revision()
	if known := a.configurations.Load(); known != nil && known.revision == revision {
		return known, nil
	}
	c := &configurations{revision: revision, byID: map[int64]json.RawMessage{}}
	all, err := a.store.ConfigFiles().List(ctx)
	if err != nil {
		return nil, err
	}
	for _, file := range all {
		if c.first == 0 {
			c.first = file.ID
		}
		c.byID[file.ID], err = encode(struct {
			ID       int64           `json:"id"`
			Filename string          `json:"filename"`
			Content  json.RawMessage `json:"content"`
			Updated  string          `json:"update_timestamp"`
		}{file.ID, file.Filename, file.Content, httpapi.ModelTime(file.Updated)})
		if err != nil {
			return nil, err
		}
	}
	if c.selected, err = a.store.Selections(ctx); err != nil {
		return nil, err
	}
	a.configurations.Store(c)
	return c, nil
}

// For implements manager.Configurations.
func (a *API) For(ctx context.Context, username string) (json.RawMessage, error) {
	c, err := a.current(ctx)
	if err != nil {
		return nil, err
	}
	return c.of(username), nil
}

// sendConfig answers with the configuration of an ID.
func (a *API) sendConfig(w http.ResponseWriter, r *http.Request, id func(*configurations) int64) error {
	c, err := a.current(r.Context())
	if err != nil {
		return err
	}
	body, ok := c.byID[id(c)]
	if !ok {
		return errNotFound
	}
	return a.send(w, r, fmt.Sprint(configsPath, id(c), "/content/"), body)
}

func (a *API) configContent(w http.ResponseWriter, r *http.Request) error {
	return a.sendConfig(w, r, func(*configurations) int64 { return pathID(r) })
}

func (a *API) firstConfig(w http.ResponseWriter, r *http.Request) error {
	return a.sendConfig(w, r, func(c *configurations) int64 { return c.first })
}

// selectConfig selects a configuration for the caller.
func (a *API) selectConfig(w http.ResponseWriter, r *http.Request) error {
	in, err := readInput(r)
	if err != nil {
		return err
	}
	id := in.integer("config_id")
	if !id.ok {
		return errNotFound
	}
	if err := a.store.Select(r.Context(), manager.Caller(r.Context()).User.Username, id.value); err != nil {
		return err
	}
	c, err := a.current(r.Context())
	if err != nil {
		return err
	}
	if c.byID[id.value] == nil {
		return errNotFound // deleted just now
	}
	return a.replyRaw(w, c.byID[id.value])
}
