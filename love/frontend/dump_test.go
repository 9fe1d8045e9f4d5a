package frontend_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/lovetest"
)

// dumpdata is what a Python manager exports.
const dumpdata = `[
{"model": "ui_framework.workspaceview", "pk": 4, "fields": {"creation_timestamp": "2020-01-01T00:00:00Z", "update_timestamp": "2020-01-01T00:00:00Z", "view_name": "custom", "sort_value": 2, "view": 31, "workspace": 9}},
{"model": "ui_framework.workspaceview", "pk": 5, "fields": {"view_name": "", "sort_value": 0, "view": 99, "workspace": 9}},
{"model": "ui_framework.workspaceview", "pk": 6, "fields": {"view_name": "", "sort_value": 0, "view": 31, "workspace": 9}},
{"model": "auth.user", "pk": 1, "fields": {"username": "ada"}},
{"model": "auth.user", "pk": 2, "fields": {"username": "ben"}},
{"model": "ui_framework.view", "pk": 31, "fields": {"creation_timestamp": "2019-11-18T18:36:40.224Z", "update_timestamp": "2021-05-06T07:08:09Z", "name": "Dome", "data": {"n": 1.50, "a": null}, "thumbnail": "thumbnails/view_31.png", "screen": "desktop"}},
{"model": "ui_framework.view", "pk": 32, "fields": {"creation_timestamp": "2019-11-18T18:36:40.224Z", "name": "Old", "data": "{\"as\": \"text\"}", "thumbnail": "", "screen": null}},
{"model": "ui_framework.view", "pk": 33, "fields": {"name": "No picture", "data": null, "thumbnail": "thumbnails/missing.png", "screen": "4k"}},
{"model": "ui_framework.view", "pk": 34, "fields": {"name": "A name that is far too long", "data": {}, "screen": "desktop"}},
{"model": "ui_framework.view", "pk": 35, "fields": {"name": "odd", "data": {"n": NaN}}},
{"model": "ui_framework.view", "pk": 36, "fields": {"name": "when", "creation_timestamp": "yesterday"}},
{"model": "ui_framework.view", "pk": "x", "fields": {"name": "no pk"}},
{"model": "ui_framework.view", "pk": 37, "fields": {"name": 5}},
{"model": "ui_framework.view", "pk": 38},
{"model": "ui_framework.workspace", "pk": 9, "fields": {"creation_timestamp": "2020-01-01T00:00:00Z", "name": "Night"}},
{"model": "api.configfile", "pk": 1, "fields": {"creation_timestamp": "2020-01-01T00:00:00Z", "user": 1, "file_name": "", "config_file": "configs/loud.json", "selected_by_users": [2, 7]}},
{"model": "api.configfile", "pk": 2, "fields": {"user": ["ada"], "file_name": "far.json", "config_file": "https://example.org/configs/far.json"}},
{"model": "api.configfile", "pk": 3, "fields": {"user": 1, "file_name": "up.json", "config_file": "../secret.json"}},
{"model": "api.configfile", "pk": 4, "fields": {"user": 1, "file_name": "bad.json", "config_file": "configs/bad.json"}},
{"model": "api.emergencycontact", "pk": 1, "fields": {"creation_timestamp": "2021-01-05T17:03:55.382Z", "subsystem": "ATDome", "name": "Ada", "contact_info": "+1", "email": "ada@example.org"}},
{"model": "api.emergencycontact", "pk": 2, "fields": {"subsystem": "ATDome", "name": "Ben", "contact_info": "+1", "email": "none"}},
{"model": "api.imagetag", "pk": 1, "fields": {"label": "Wind", "key": "wind"}},
{"model": "api.controllocation", "pk": 1, "fields": {"name": "summit", "description": "Summit", "selected": true, "ip_whitelist": "10.0.0.0/8"}},
{"model": "api.controllocation", "pk": 2, "fields": {"name": "base", "description": "Base", "ip_whitelist": ["*", "10.1.1.1"]}},
{"model": "api.scriptconfiguration", "pk": 1, "fields": {"script_path": "a.py", "config_name": "n", "config_schema": "a: 1\n", "script_type": "standard", "creation_timestamp": "2024-01-01T00:00:00Z"}},
{"model": "sessions.session", "pk": "x", "fields": {}},
{"model": 3}, 4
]`

func media(t testing.TB) fstest.MapFS {
	return fstest.MapFS{
		"thumbnails/view_31.png": {Data: pngFile(t)},
		"configs/loud.json":      {Data: []byte(` {"alarms": {"minSeveritySound": "warning"}} `)},
		"configs/bad.json":       {Data: []byte(`{"a": 1, "a": 2}`)},
	}
}

var start = time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)

func newStore() frontend.Store { return frontend.NewMemory(lovetest.NewClock(start)) }

func read(t testing.TB, text string) frontend.Dump {
	t.Helper()
	d, err := frontend.ReadDump(strings.NewReader(text), media(t))
	require.NoError(t, err)
	return d
}

func importInto(t testing.TB, s frontend.Store, d frontend.Dump) frontend.Imported {
	t.Helper()
	done, err := d.ImportInto(t.Context(), s)
	require.NoError(t, err)
	return done
}

func TestImport_TakesOverWhatAPythonManagerHas(t *testing.T) {
	s, ctx := newStore(), t.Context()
	d := read(t, dumpdata)
	require.Equal(t, 13, d.Len())
	done := importInto(t, s, d)
	require.Equal(t, []int{11, 0}, []int{done.Added, done.Kept})

	views, err := s.Views().List(ctx)
	require.NoError(t, err)
	require.Len(t, views, 3)
	require.Equal(t, frontend.View{
		Meta: frontend.Meta{ID: 31, Created: time.Date(2019, 11, 18, 18, 36, 40, 224e6, time.UTC), Updated: time.Date(2021, 5, 6, 7, 8, 9, 0, time.UTC)},
		Name: "Dome", Screen: "desktop", Data: json.RawMessage(`{"n": 1.50, "a": null}`), Picture: frontend.Picture{Number: 1, Type: "png"},
	}, views[0])
	require.JSONEq(t, `{"as": "text"}`, string(views[1].Data))
	require.Equal(t, []string{"", "4k"}, []string{views[1].Screen, views[2].Screen})
	p, err := s.Views().Picture(ctx, 31)
	require.NoError(t, err)
	require.Equal(t, pngFile(t), p.Content)
	contents, err := s.WorkspaceViews().List(ctx)
	require.NoError(t, err)
	require.Len(t, contents, 1)
	require.Equal(t, []int64{31, 9, 2}, []int64{contents[0].View, contents[0].Workspace, contents[0].SortValue})
	configs, err := s.ConfigFiles().List(ctx)
	require.NoError(t, err)
	require.Len(t, configs, 1)
	require.Equal(t, []string{"ada", "loud.json", `{"alarms": {"minSeveritySound": "warning"}}`}, []string{configs[0].Username, configs[0].Filename, string(configs[0].Content)})
	selected, err := s.Selections(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"ben": 1}, selected)
	locations, err := s.ControlLocations().List(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"10.0.0.0/8", "*,10.1.1.1"}, []string{locations[0].IPWhitelist, locations[1].IPWhitelist})
	require.True(t, locations[0].Selected)
	scripts, err := s.ScriptConfigurations().List(ctx)
	require.NoError(t, err)
	require.Equal(t, "a: 1\n", scripts[0].Configuration)
}

func TestImport_NamesWhatItLeavesOut(t *testing.T) {
	d := read(t, dumpdata)
	notes := strings.Join(append(d.Notes, importInto(t, newStore(), d).Notes...), "\n")
	for _, want := range []string{
		`ui_framework.view 33 "No picture": without its picture: open thumbnails/missing.png: file does not exist`,
		`ui_framework.view 34 "A name that is far too long": left out: name: Ensure this field has no more than 20 characters.`,
		`ui_framework.view 35 "odd": left out: not JSON at byte`,
		`ui_framework.view 36 "when": left out: "yesterday" is not a time`,
		`ui_framework.view "x" "no pk": left out: its pk is not a number that an object can have`,
		`ui_framework.view 37 5: left out: json: cannot unmarshal number`,
		`ui_framework.view 38: left out: `,
		`api.configfile 2 "far.json": left out: https://example.org/configs/far.json is not a file of the media folder`,
		`api.configfile 3 "up.json": left out: ../secret.json is not a file of the media folder`,
		`api.configfile 4 "bad.json": left out: configs/bad.json: the key "a" occurs twice`,
		`api.emergencycontact 2 "Ben": left out: email: Enter a valid email address.`,
		`ui_framework.workspaceview 5: left out: its workspace 9 or its view 99 is not in the export`,
		`ui_framework.workspaceview 6: left out: view 31 in workspace 9: the view is in the workspace already`,
	} {
		require.Contains(t, notes, want)
	}
	require.Equal(t, 13, strings.Count(notes, "\n")+1, notes)
}

func TestImport_WithoutTheMediaFolder(t *testing.T) {
	d, err := frontend.ReadDump(strings.NewReader(dumpdata), nil)
	require.NoError(t, err)
	require.Contains(t, strings.Join(d.Notes, "\n"), `ui_framework.view 31 "Dome": without its picture: the file thumbnails/view_31.png is not in the export: give the media folder`)
	require.Equal(t, 12, d.Len(), "and the configuration is left out")
}

func TestImport_CanBeRepeated(t *testing.T) {
	s, ctx := newStore(), t.Context()
	importInto(t, s, read(t, dumpdata))
	_, err := s.Views().Update(ctx, 31, func(v *frontend.View) error { v.Name = "mine"; return nil })
	require.NoError(t, err)
	require.NoError(t, s.Views().Delete(ctx, 32))
	_, err = s.ConfigFiles().Create(ctx, frontend.ConfigFile{Filename: "x", Content: json.RawMessage("{}")})
	require.NoError(t, err)
	require.NoError(t, s.Select(ctx, "ben", 2))
	before, err := frontend.Export(ctx, s)
	require.NoError(t, err)
	done := importInto(t, s, read(t, dumpdata))
	require.Equal(t, []int{0, 11}, []int{done.Added, done.Kept})
	after, err := frontend.Export(ctx, s)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestImport_IntoAStoreWithOtherObjects(t *testing.T) {
	s, ctx := newStore(), t.Context()
	require.NoError(t, frontend.AddFirst(ctx, s))
	for range 31 {
		_, err := s.Views().Create(ctx, frontend.View{Name: "other", Data: json.RawMessage("1")})
		require.NoError(t, err)
	}
	importInto(t, s, read(t, dumpdata))
	contents, err := s.WorkspaceViews().List(ctx)
	require.NoError(t, err)
	v, err := s.Views().Get(ctx, contents[0].View)
	require.NoError(t, err)
	require.Equal(t, "Dome", v.Name, "its number was taken, and the workspace has it all the same")
	require.EqualValues(t, 36, v.ID)
	selected, err := s.Selections(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"ben": 2}, selected)
}

// exported returns a store as loved export writes it.
func exported(t testing.TB, s frontend.Store) string {
	t.Helper()
	all, err := frontend.Export(t.Context(), s)
	require.NoError(t, err)
	text, err := json.Marshal(map[string]any{"format": 1, "users": []any{}, "frontend": all})
	require.NoError(t, err)
	return string(text)
}

func TestExport_CanBeImported(t *testing.T) {
	s := newStore()
	importInto(t, s, read(t, dumpdata))
	_, err := s.Views().Create(t.Context(), frontend.View{Name: "local", Data: json.RawMessage(`{}`)})
	require.NoError(t, err)
	text := exported(t, s)
	require.Contains(t, text, `"thumbnail":"data:image/png;base64,`+base64.StdEncoding.EncodeToString(pngFile(t)))

	other := newStore()
	d, err := frontend.ReadDump(strings.NewReader(text), nil)
	require.NoError(t, err)
	require.Empty(t, d.Notes)
	done := importInto(t, other, d)
	require.Equal(t, 12, done.Added)
	require.Equal(t, text, exported(t, other))
	done = importInto(t, s, d)
	require.Equal(t, []int{0, 12}, []int{done.Added, done.Kept}, "in the store that it comes from it changes nothing")
	require.Equal(t, text, exported(t, s))
}

func TestReadDump_RefusesWhatIsNone(t *testing.T) {
	for _, text := range []string{"", "{", "{}", "3", `{"frontend": 3}`, `"x"`} {
		_, err := frontend.ReadDump(strings.NewReader(text), nil)
		require.ErrorContains(t, err, "this is not an export", text)
	}
	d, err := frontend.ReadDump(strings.NewReader("[]"), nil)
	require.NoError(t, err)
	require.Zero(t, d.Len())
}

func FuzzReadDump(f *testing.F) {
	f.Add(dumpdata)
	f.Add(`{"frontend": [{"model": "ui_framework.view", "pk": 1, "fields": {"name": "a", "thumbnail": "data:image/png;base64,AAAA"}}]}`)
	f.Add(`[{"model": "api.configfile", "pk": 1, "fields": {"user": ["a"], "file_name": "b", "content": {}, "selected_by_users": [["a"], 1, {}]}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := frontend.ReadDump(strings.NewReader(text), media(t))
		if err != nil {
			return
		}
		s := newStore()
		importInto(t, s, d)
		require.True(t, json.Valid([]byte(exported(t, s))))
	})
}

func TestAddFirst_FillsANewStoreOnce(t *testing.T) {
	s, ctx := newStore(), t.Context()
	require.NoError(t, frontend.AddFirst(ctx, s))
	views, err := s.Views().List(ctx)
	require.NoError(t, err)
	require.NotEmpty(t, views)
	for _, v := range views {
		require.Empty(t, v.Check())
		require.NoError(t, s.Views().Delete(ctx, v.ID))
	}
	require.NoError(t, frontend.AddFirst(ctx, s))
	views, err = s.Views().List(ctx)
	require.NoError(t, err)
	require.Empty(t, views, "what was deleted does not come back")
	configs, err := s.ConfigFiles().List(ctx)
	require.NoError(t, err)
	require.Len(t, configs, 1)

	imported := newStore()
	importInto(t, imported, read(t, dumpdata))
	require.NoError(t, frontend.AddFirst(ctx, imported))
	views, err = imported.Views().List(ctx)
	require.NoError(t, err)
	require.Len(t, views, 3, "a manager with views of its own needs no others")
}

// The recorded first screen of the frontend has the components that ours use.
func TestAddFirst_HasTheFormOfTheFrontend(t *testing.T) {
	folder := os.Getenv("LOVE_GOLDEN")
	if folder == "" {
		t.Skip("LOVE_GOLDEN is not set: give it the folder with recordings")
	}
	text, err := os.ReadFile(folder + "/frontend/first-screen.json")
	require.NoError(t, err)
	type node struct {
		Properties map[string]any  `json:"properties"`
		Content    json.RawMessage `json:"content"`
		Config     map[string]any  `json:"config"`
	}
	var visit func(data json.RawMessage, f func(component string, n node))
	visit = func(data json.RawMessage, f func(string, node)) {
		var n node
		require.NoError(t, json.Unmarshal(data, &n))
		var component string
		if json.Unmarshal(n.Content, &component) == nil {
			f(component, n)
			return
		}
		var inner map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(n.Content, &inner))
		for _, data := range inner {
			visit(data, f)
		}
	}
	var golden struct {
		Views []struct{ Data json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(text, &golden))
	properties, configs := map[string]map[string]any{}, map[string]map[string]any{}
	for _, v := range golden.Views {
		visit(v.Data, func(c string, n node) { properties[c], configs[c] = n.Properties, n.Config })
	}
	s := newStore()
	require.NoError(t, frontend.AddFirst(t.Context(), s))
	views, err := s.Views().List(t.Context())
	require.NoError(t, err)
	for _, v := range views {
		visit(v.Data, func(c string, n node) {
			require.Contains(t, properties, c)
			for key := range properties[c] {
				require.Contains(t, n.Properties, key, "%s in %s", c, v.Name)
			}
			for key := range configs[c] {
				require.Contains(t, n.Config, key, "%s in %s", c, v.Name)
			}
		})
	}
}
