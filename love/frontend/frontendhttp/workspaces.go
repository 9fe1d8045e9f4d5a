package frontendhttp

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/manager"
)

const (
	workspacesPath     = "/manager/ui_framework/workspaces/"
	workspaceViewsPath = "/manager/ui_framework/workspaceviews/"
)

func (a *API) workspaceRoutes() []manager.Route {
	workspaces := resource[frontend.Workspace, *frontend.Workspace]{
		api: a, table: a.store.Workspaces(), read: readWorkspace, check: frontend.Workspace.Check,
		show: func(w frontend.Workspace) any { return showWorkspace(w, nil, itself) }, // a new one has no views
	}
	contents := resource[frontend.WorkspaceView, *frontend.WorkspaceView]{
		api: a, key: workspaceViewsPath, table: a.store.WorkspaceViews(), read: readWorkspaceView, check: frontend.WorkspaceView.Check,
		show: func(w frontend.WorkspaceView) any { return showWorkspaceView(w) },
	}
	model := auth.Model{App: "ui_framework", Name: "workspace"}
	all := changes(model, a.handle(workspaces.create), nil, nil)
	all[http.MethodGet] = manager.Method{Handler: a.handle(a.listWorkspaces)}
	one := changes(model, nil, a.named(a.changeWorkspace(workspaces)), a.named(workspaces.remove))
	one[http.MethodGet] = manager.Method{Handler: a.handle(a.getWorkspace)}
	return append(contents.routes(auth.Model{App: "ui_framework", Name: "workspaceview"}),
		manager.Route{Path: workspacesPath, Methods: all},
		manager.Route{Path: workspacesPath + ":id/", Methods: one},
		manager.Route{Path: workspacesPath + ":id/full/", Methods: map[string]manager.Method{http.MethodGet: {Handler: a.handle(a.fullWorkspace)}}},
	)
}

func readWorkspace(in *input) func(*frontend.Workspace) {
	in.need("name")
	name := in.line("name")
	return func(w *frontend.Workspace) { name.to(&w.Name) }
}

func readWorkspaceView(in *input) func(*frontend.WorkspaceView) {
	in.need("workspace", "view")
	name, sort := in.line("view_name"), in.integer("sort_value")
	workspace, view := in.integer("workspace"), in.integer("view")
	return func(w *frontend.WorkspaceView) {
		name.to(&w.Name)
		sort.to(&w.SortValue)
		workspace.to(&w.Workspace)
		view.to(&w.View)
	}
}

// times are those of an object in JSON.
type times struct {
	ID      int64  `json:"id"`
	Created string `json:"creation_timestamp"`
	Updated string `json:"update_timestamp"`
}

func timesOf(m frontend.Meta) times {
	return times{m.ID, httpapi.ModelTime(m.Created), httpapi.ModelTime(m.Updated)}
}

type workspaceView struct {
	times
	Name      string `json:"view_name"`
	SortValue int64  `json:"sort_value"`
	Workspace int64  `json:"workspace"`
	View      int64  `json:"view"`
}

func showWorkspaceView(w frontend.WorkspaceView) workspaceView {
	return workspaceView{timesOf(w.Meta), w.Name, w.SortValue, w.Workspace, w.View}
}

// workspace is a workspace with its views: their IDs, their summaries or themselves.
type workspace struct {
	times
	Name  string `json:"name"`
	Views []any  `json:"views"`
}

// contents returns the IDs of the views of each workspace, in their order.
func (a *API) contents(ctx context.Context) (map[int64][]int64, error) {
	all, err := a.store.WorkspaceViews().List(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b frontend.WorkspaceView) int { return cmp.Compare(a.SortValue, b.SortValue) })
	views := map[int64][]int64{}
	for _, w := range all {
		views[w.Workspace] = append(views[w.Workspace], w.View)
	}
	return views, nil
}

// showWorkspace returns a workspace with what show returns for each of its views.
func showWorkspace(w frontend.Workspace, views []int64, show func(view int64) any) workspace {
	shown := workspace{times: timesOf(w.Meta), Name: w.Name, Views: []any{}}
	for _, id := range views {
		if v := show(id); v != nil { // it may have been deleted just now
			shown.Views = append(shown.Views, v)
		}
	}
	return shown
}

func itself(view int64) any { return view }

// workspaces answers with all workspaces.
func (a *API) workspaces(ctx context.Context, show func(view int64) any) (any, error) {
	all, err := a.store.Workspaces().List(ctx)
	if err != nil {
		return nil, err
	}
	views, err := a.contents(ctx)
	return shown(all, nil, func(w frontend.Workspace) any { return showWorkspace(w, views[w.ID], show) }), err
}

func (a *API) listWorkspaces(w http.ResponseWriter, r *http.Request) error {
	return a.serve(w, r, workspacesPath, func(ctx context.Context) (any, error) { return a.workspaces(ctx, itself) })
}

// getWorkspace answers with one workspace, or with all and the summaries of their views.
func (a *API) getWorkspace(w http.ResponseWriter, r *http.Request) error {
	if manager.Param(r, "id") == "with_view_name" {
		return a.serve(w, r, workspacesPath+"with_view_name/", a.workspacesWithNames)
	}
	id := pathID(r)
	if id == 0 {
		return errNotFound
	}
	return a.serve(w, r, fmt.Sprint(workspacesPath, " ", id), func(ctx context.Context) (any, error) {
		of, err := a.store.Workspaces().Get(ctx, id)
		if err != nil {
			return nil, err
		}
		views, err := a.contents(ctx)
		return showWorkspace(of, views[id], itself), err
	})
}

func (a *API) workspacesWithNames(ctx context.Context) (any, error) {
	all, err := a.store.Views().Summaries(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[int64]any{}
	for _, v := range all {
		byID[v.ID] = a.showSummary(v)
	}
	return a.workspaces(ctx, func(view int64) any { return byID[view] })
}

// fullWorkspace answers with a workspace and its whole views.
func (a *API) fullWorkspace(w http.ResponseWriter, r *http.Request) error {
	id := pathID(r)
	if id == 0 {
		return errNotFound
	}
	return a.serve(w, r, fmt.Sprint(workspacesPath, " full ", id), func(ctx context.Context) (any, error) {
		of, err := a.store.Workspaces().Get(ctx, id)
		if err != nil {
			return nil, err
		}
		ids, err := a.contents(ctx)
		if err != nil {
			return nil, err
		}
		return showWorkspace(of, ids[id], func(view int64) any {
			v, failed := a.store.Views().Get(ctx, view)
			if isNotFound(failed) {
				return nil
			}
			err = cmp.Or(err, failed)
			return a.showView(v)
		}), err
	})
}

// changeWorkspace answers with the workspace and its views.
func (a *API) changeWorkspace(workspaces resource[frontend.Workspace, *frontend.Workspace]) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		changed, err := workspaces.apply(r)
		if err != nil {
			return err
		}
		views, err := a.contents(r.Context())
		if err != nil {
			return err
		}
		return a.reply(w, http.StatusOK, showWorkspace(changed, views[changed.ID], itself))
	}
}
