package lovetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/frontend"
)

// RunFrontendStore is the conformance suite of [frontend.Store]. open returns an empty
// store with the clock for each test (see [Stored]), and closes it with t.Cleanup.
func RunFrontendStore(t *testing.T, open func(t *testing.T, c love.Clock) Stored[frontend.Store]) {
	r := frontendRun{open}
	runFrontendTable(t, r, frontendTable[frontend.View, *frontend.View]{
		name: "views", of: func(s frontend.Store) frontend.Table[frontend.View] { return s.Views() }, example: exampleView,
		change: func(v *frontend.View) { v.Name, v.Screen, v.Data = "other", "", json.RawMessage(`[1.50,{"é":null}]`) },
	})
	runFrontendTable(t, r, frontendTable[frontend.Workspace, *frontend.Workspace]{
		name: "workspaces", of: frontend.Store.Workspaces,
		example: func(n int) frontend.Workspace { return frontend.Workspace{Name: fmt.Sprint("wörk ", n)} },
		change:  func(w *frontend.Workspace) { w.Name = "other" },
	})
	runFrontendTable(t, r, frontendTable[frontend.WorkspaceView, *frontend.WorkspaceView]{
		name: "views in workspaces", of: frontend.Store.WorkspaceViews,
		example: func(n int) frontend.WorkspaceView {
			return frontend.WorkspaceView{Name: "custom", SortValue: int64(n), Workspace: 1, View: int64(n)}
		},
		change: func(w *frontend.WorkspaceView) { w.Name, w.SortValue = "", 7 },
	})
	runFrontendTable(t, r, frontendTable[frontend.ConfigFile, *frontend.ConfigFile]{
		name: "configurations", of: frontend.Store.ConfigFiles,
		example: func(n int) frontend.ConfigFile {
			return frontend.ConfigFile{Username: "ada", Filename: fmt.Sprint(n, ".json"), Content: json.RawMessage(`{"n":1e400}`)}
		},
		change: func(c *frontend.ConfigFile) { c.Content = json.RawMessage(`{}`) },
	})
	runFrontendTable(t, r, frontendTable[frontend.EmergencyContact, *frontend.EmergencyContact]{
		name: "contacts", of: frontend.Store.EmergencyContacts,
		example: func(n int) frontend.EmergencyContact {
			return frontend.EmergencyContact{Subsystem: "dome", Name: fmt.Sprint("Ada ", n), ContactInfo: "1", Email: "ada@example.org"}
		},
		change: func(c *frontend.EmergencyContact) { c.Name, c.Subsystem = "Ben", "" },
	})
	runFrontendTable(t, r, frontendTable[frontend.ImageTag, *frontend.ImageTag]{
		name: "tags", of: frontend.Store.ImageTags,
		example: func(n int) frontend.ImageTag { return frontend.ImageTag{Label: fmt.Sprint("Tag ", n), Key: "tag"} },
		change:  func(i *frontend.ImageTag) { i.Key = "other" },
	})
	runFrontendTable(t, r, frontendTable[frontend.ControlLocation, *frontend.ControlLocation]{
		name: "locations", of: frontend.Store.ControlLocations,
		example: func(n int) frontend.ControlLocation {
			return frontend.ControlLocation{Name: "base", Description: fmt.Sprint(n), Selected: true, IPWhitelist: "10.0.0.0/8"}
		},
		change: func(c *frontend.ControlLocation) { c.Selected, c.IPWhitelist = false, "" },
	})
	runFrontendTable(t, r, frontendTable[frontend.ScriptConfiguration, *frontend.ScriptConfiguration]{
		name: "script configurations", of: frontend.Store.ScriptConfigurations,
		example: func(n int) frontend.ScriptConfiguration {
			return frontend.ScriptConfiguration{Path: "a.py", Type: "standard", Name: fmt.Sprint(n), Configuration: "a: 1\n\tb"}
		},
		change: func(c *frontend.ScriptConfiguration) { c.Configuration = "b: 2\n" },
	})
	for name, test := range map[string]func(*testing.T, frontend.Store){
		"a view has a picture":                            viewPictures,
		"summaries have no data":                          viewSummaries,
		"a workspace has a view once":                     workspaceViewOnce,
		"a view in a workspace refers to both":            workspaceViewRefers,
		"what depends on an object goes with it":          frontendCascades,
		"a user selects a configuration":                  frontendSelections,
		"the revision grows with every change, only then": frontendRevision,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, NewClock(frontendStart)).Store) })
	}
	t.Run("what is stored outlives the store", func(t *testing.T) { frontendIsKept(t, open(t, NewClock(frontendStart))) })
}

// frontendStart is when the tests of a store of the frontend begin.
var frontendStart = time.Date(2026, 3, 14, 1, 59, 26, 535897000, time.UTC)

func exampleView(n int) frontend.View {
	return frontend.View{Name: fmt.Sprint("View ", n), Screen: "desktop", Data: json.RawMessage(`{"a":[1,null,"\u0000"]}`)}
}

// picture is a picture for a store, which does not look into it.
func picture(number int64, content string) frontend.Picture {
	return frontend.Picture{Number: number, Type: "png", Content: []byte(content)}
}

func viewPictures(t *testing.T, s frontend.Store) {
	ctx, views := t.Context(), s.Views()
	v := exampleView(1)
	v.Picture = picture(1, "\x00\xff one")
	v, err := views.Create(ctx, v)
	require.NoError(t, err)
	without, err := views.Create(ctx, exampleView(2))
	require.NoError(t, err)
	_, err = views.Picture(ctx, without.ID)
	require.ErrorIs(t, err, frontend.ErrNotFound)
	_, err = views.Picture(ctx, 99)
	require.ErrorIs(t, err, frontend.ErrNotFound)

	requirePicture := func(want frontend.Picture) {
		t.Helper()
		got, err := views.Picture(ctx, v.ID)
		require.NoError(t, err)
		require.Equal(t, want, got)
		got.Content[0] = 'x'
		want.Content = nil
		one, err := views.Get(ctx, v.ID)
		require.NoError(t, err)
		require.Equal(t, want, one.Picture, "without its content")
		all, err := views.Summaries(ctx)
		require.NoError(t, err)
		require.Equal(t, want, all[0].Picture)
	}
	requirePicture(picture(1, "\x00\xff one"))
	change := func(f func(*frontend.View)) {
		_, err := views.Update(ctx, v.ID, func(v *frontend.View) error { f(v); return nil })
		require.NoError(t, err)
	}
	change(func(v *frontend.View) { v.Name = "other" })
	requirePicture(picture(1, "\x00\xff one"))
	change(func(v *frontend.View) { v.Picture = picture(2, "two") })
	requirePicture(picture(2, "two"))
	change(func(v *frontend.View) { v.Picture = frontend.Picture{Number: 2} })
	_, err = views.Picture(ctx, v.ID)
	require.ErrorIs(t, err, frontend.ErrNotFound)
	one, err := views.Get(ctx, v.ID)
	require.NoError(t, err)
	require.Equal(t, frontend.Picture{Number: 2}, one.Picture, "the number is kept")
	change(func(v *frontend.View) { v.Picture = picture(3, "three") })
	require.NoError(t, views.Delete(ctx, v.ID))
	_, err = views.Picture(ctx, v.ID)
	require.ErrorIs(t, err, frontend.ErrNotFound)
}

func viewSummaries(t *testing.T, s frontend.Store) {
	for n := range 3 {
		_, err := s.Views().Create(t.Context(), exampleView(n))
		require.NoError(t, err)
	}
	all, err := s.Views().List(t.Context())
	require.NoError(t, err)
	require.JSONEq(t, string(exampleView(0).Data), string(all[0].Data))
	for i := range all {
		all[i].Data = nil
	}
	summaries, err := s.Views().Summaries(t.Context())
	require.NoError(t, err)
	require.Equal(t, all, summaries)
}

// addWorkspace adds a workspace and n views, if they are not there.
func addWorkspace(t *testing.T, s frontend.Store, n int) {
	t.Helper()
	_, err := s.Workspaces().Create(t.Context(), frontend.Workspace{Name: "work"})
	require.NoError(t, err)
	for i := range n {
		_, err := s.Views().Create(t.Context(), exampleView(i+1))
		require.NoError(t, err)
	}
}

func workspaceViewOnce(t *testing.T, s frontend.Store) {
	ctx, in := t.Context(), s.WorkspaceViews()
	addWorkspace(t, s, 2)
	first, err := in.Create(ctx, frontend.WorkspaceView{Workspace: 1, View: 1})
	require.NoError(t, err)
	second, err := in.Create(ctx, frontend.WorkspaceView{Workspace: 1, View: 2})
	require.NoError(t, err)
	_, err = in.Create(ctx, frontend.WorkspaceView{Workspace: 1, View: 1})
	require.ErrorIs(t, err, frontend.ErrExists)
	_, _, err = in.Import(ctx, "x", frontend.WorkspaceView{Workspace: 1, View: 1})
	require.ErrorIs(t, err, frontend.ErrExists)
	_, err = in.Update(ctx, second.ID, func(w *frontend.WorkspaceView) error { w.View = 1; return nil })
	require.ErrorIs(t, err, frontend.ErrExists)
	_, err = in.Update(ctx, first.ID, func(w *frontend.WorkspaceView) error { w.SortValue = 3; return nil })
	require.NoError(t, err, "it may stay where it is")
	all, err := in.List(ctx)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.EqualValues(t, 2, all[1].View)
}

func workspaceViewRefers(t *testing.T, s frontend.Store) {
	ctx, in := t.Context(), s.WorkspaceViews()
	addWorkspace(t, s, 1)
	requireReference := func(err error, field string, id int64) {
		t.Helper()
		var wrong *frontend.ReferenceError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, frontend.ReferenceError{Field: field, ID: id}, *wrong)
	}
	_, err := in.Create(ctx, frontend.WorkspaceView{Workspace: 1, View: 9})
	requireReference(err, "view", 9)
	_, err = in.Create(ctx, frontend.WorkspaceView{Workspace: 8, View: 1})
	requireReference(err, "workspace", 8)
	w, err := in.Create(ctx, frontend.WorkspaceView{Workspace: 1, View: 1})
	require.NoError(t, err)
	_, err = in.Update(ctx, w.ID, func(w *frontend.WorkspaceView) error { w.View = 9; return nil })
	requireReference(err, "view", 9)
	_, _, err = in.Import(ctx, "x", frontend.WorkspaceView{Workspace: 9, View: 1})
	requireReference(err, "workspace", 9)
}

func frontendCascades(t *testing.T, s frontend.Store) {
	ctx := t.Context()
	addWorkspace(t, s, 2)
	_, err := s.Workspaces().Create(ctx, frontend.Workspace{Name: "another"})
	require.NoError(t, err)
	for _, w := range []frontend.WorkspaceView{{Workspace: 1, View: 1}, {Workspace: 1, View: 2}, {Workspace: 2, View: 2}} {
		_, err := s.WorkspaceViews().Create(ctx, w)
		require.NoError(t, err)
	}
	require.NoError(t, s.Views().Delete(ctx, 1))
	require.NoError(t, s.Workspaces().Delete(ctx, 2))
	left, err := s.WorkspaceViews().List(ctx)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Equal(t, []int64{1, 2}, []int64{left[0].Workspace, left[0].View})
	views, err := s.Views().List(ctx)
	require.NoError(t, err)
	require.Len(t, views, 1, "a view does not go with its workspace")
}

func frontendSelections(t *testing.T, s frontend.Store) {
	ctx := t.Context()
	for range 2 {
		_, err := s.ConfigFiles().Create(ctx, frontend.ConfigFile{Filename: "a.json", Content: json.RawMessage("{}")})
		require.NoError(t, err)
	}
	require.ErrorIs(t, s.Select(ctx, "ada", 3), frontend.ErrNotFound)
	require.NoError(t, s.Select(ctx, "ada", 1))
	require.NoError(t, s.Select(ctx, "ada", 2))
	require.NoError(t, s.Select(ctx, "bén", 1))
	selected, err := s.Selections(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"ada": 2, "bén": 1}, selected)
	require.NoError(t, s.ConfigFiles().Delete(ctx, 2))
	selected, err = s.Selections(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"bén": 1}, selected)
}

func frontendRevision(t *testing.T, s frontend.Store) {
	ctx, last := t.Context(), s.Revision()
	grows := func() {
		t.Helper()
		require.Greater(t, s.Revision(), last)
		last = s.Revision()
	}
	config, err := s.ConfigFiles().Create(ctx, frontend.ConfigFile{Filename: "a", Content: json.RawMessage("{}")})
	require.NoError(t, err)
	grows()
	_, err = s.ConfigFiles().Update(ctx, config.ID, func(*frontend.ConfigFile) error { return nil })
	require.NoError(t, err)
	grows()
	require.NoError(t, s.Select(ctx, "ada", config.ID))
	grows()
	_, _, err = s.ImageTags().Import(ctx, "x", frontend.ImageTag{Label: "a"})
	require.NoError(t, err)
	grows()
	require.NoError(t, s.ControlLocations().Seed(ctx, frontend.ControlLocation{Name: "base"}))
	grows()
	require.NoError(t, s.ConfigFiles().Delete(ctx, config.ID))
	grows()
	_, err = s.ConfigFiles().List(ctx)
	require.NoError(t, err)
	require.ErrorIs(t, s.ConfigFiles().Delete(ctx, config.ID), frontend.ErrNotFound)
	require.Equal(t, last, s.Revision())
}

func frontendIsKept(t *testing.T, stored Stored[frontend.Store]) {
	ctx, s := t.Context(), stored.Store
	addWorkspace(t, s, 2)
	_, err := s.WorkspaceViews().Create(ctx, frontend.WorkspaceView{Workspace: 1, View: 1})
	require.NoError(t, err)
	_, err = s.Views().Update(ctx, 1, func(v *frontend.View) error { v.Picture = picture(1, "one"); return nil })
	require.NoError(t, err)
	require.NoError(t, s.Views().Delete(ctx, 2))
	_, _, err = s.ImageTags().Import(ctx, "a tag", frontend.ImageTag{Label: "a"})
	require.NoError(t, err)
	require.NoError(t, s.ImageTags().Delete(ctx, 1))
	_, err = s.ConfigFiles().Create(ctx, frontend.ConfigFile{Filename: "a.json", Content: json.RawMessage("{}")})
	require.NoError(t, err)
	require.NoError(t, s.Select(ctx, "ada", 1))
	views, err := s.Views().List(ctx)
	require.NoError(t, err)
	revision := s.Revision()

	again := stored.reopened(t)
	require.Equal(t, revision, again.Revision())
	kept, err := again.Views().List(ctx)
	require.NoError(t, err)
	require.Equal(t, views, kept)
	p, err := again.Views().Picture(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, picture(1, "one"), p)
	contents, err := again.WorkspaceViews().List(ctx)
	require.NoError(t, err)
	require.Len(t, contents, 1)
	selected, err := again.Selections(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"ada": 1}, selected)
	third, err := again.Views().Create(ctx, exampleView(3))
	require.NoError(t, err)
	require.EqualValues(t, 3, third.ID, "no ID is given twice")
	_, added, err := again.ImageTags().Import(ctx, "a tag", frontend.ImageTag{Label: "a"})
	require.NoError(t, err)
	require.False(t, added, "what was imported and deleted does not come back")
	require.NoError(t, again.ImageTags().Seed(ctx, frontend.ImageTag{Label: "first"}))
	tags, err := again.ImageTags().List(ctx)
	require.NoError(t, err)
	require.Empty(t, tags, "the table has had a tag")
}
