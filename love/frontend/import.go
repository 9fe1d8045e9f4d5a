package frontend

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
)

// Imported is what [Dump.ImportInto] did.
type Imported struct {
	Added int      // objects
	Kept  int      // objects that were imported before, or are there, and stay as they are
	Notes []string // what could not be imported, and why, for people
}

// ImportInto adds the objects of an export to a store. Those that were imported before stay as
// they are, even if they were changed or deleted since, so that an import can be
// repeated. An object gets the ID that it had if that is free.
func (d Dump) ImportInto(ctx context.Context, s Store) (done Imported, err error) {
	i := importer{ctx: ctx, done: &done, views: map[int64]int64{}, workspaces: map[int64]int64{}, configs: map[int64]int64{}, added: map[int64]bool{}}
	for _, step := range []func() error{
		func() error { return importAll(i, s.Views(), d.views, i.views) },
		func() error { return importAll(i, s.Workspaces(), d.workspaces, i.workspaces) },
		func() error { return importAll(i, s.WorkspaceViews(), i.translated(d.contents), nil) },
		func() error { return importAll(i, s.ConfigFiles(), d.configs, i.configs) },
		func() error { return i.selectConfigs(s, d.selections) },
		func() error { return importAll(i, s.EmergencyContacts(), d.contacts, nil) },
		func() error { return importAll(i, s.ImageTags(), d.tags, nil) },
		func() error { return importAll(i, s.ControlLocations(), d.locations, nil) },
		func() error { return importAll(i, s.ScriptConfigurations(), d.scripts, nil) },
	} {
		if err := step(); err != nil {
			return done, err
		}
	}
	return done, nil
}

type importer struct {
	ctx  context.Context
	done *Imported
	// The IDs in the store, by those in the export.
	views, workspaces, configs map[int64]int64
	added                      map[int64]bool // configurations, by their ID in the store
}

// importAll imports the objects of a model, and notes their IDs.
func importAll[T any, P object[T]](i importer, table Table[T], all []dumped[T], ids map[int64]int64) error {
	for _, d := range all {
		was := P(&d.object).Object().ID
		id, added, err := table.Import(i.ctx, d.origin, d.object)
		reference := (*ReferenceError)(nil)
		switch {
		case errors.Is(err, ErrExists), errors.As(err, &reference):
			i.note("%s %d: left out: %v", d.model, was, err)
			continue
		case err != nil:
			return fmt.Errorf("importing %s %d: %w", d.model, was, err)
		case added:
			i.done.Added++
		default:
			i.done.Kept++
		}
		if ids != nil {
			ids[was] = id
		}
		if d.model == "api.configfile" {
			i.added[id] = added
		}
	}
	return nil
}

func (i importer) note(format string, args ...any) {
	i.done.Notes = append(i.done.Notes, fmt.Sprintf(format, args...))
}

// translated returns the views in workspaces with the IDs that these have in the store.
func (i importer) translated(all []dumped[WorkspaceView]) (known []dumped[WorkspaceView]) {
	for _, d := range all {
		workspace, hasWorkspace := i.workspaces[d.object.Workspace]
		view, hasView := i.views[d.object.View]
		if !hasWorkspace || !hasView {
			i.note("%s %d: left out: its workspace %d or its view %d is not in the export", d.model, d.object.ID, d.object.Workspace, d.object.View)
			continue
		}
		d.object.Workspace, d.object.View = workspace, view
		known = append(known, d)
	}
	return known
}

// selectConfigs selects configurations for their users, if they are new: a choice that
// was made later counts.
func (i importer) selectConfigs(s Store, selections map[int64][]string) error {
	for was, users := range selections {
		id, ok := i.configs[was]
		if !ok || !i.added[id] {
			continue
		}
		for _, username := range users {
			if err := s.Select(i.ctx, username, id); err != nil {
				return fmt.Errorf("selecting the configuration of %s: %w", username, err)
			}
		}
	}
	return nil
}

//go:embed firstrun.json
var firstRun string

// AddFirst gives a new store a few views, a configuration, control locations and image
// tags. A table that has had an object stays as it is, so what was deleted does not come
// back.
func AddFirst(ctx context.Context, s Store) error {
	d, err := ReadDump(strings.NewReader(firstRun), nil)
	if err != nil {
		return err
	}
	return errors.Join(
		s.Views().Seed(ctx, objects(d.views)...),
		s.ConfigFiles().Seed(ctx, objects(d.configs)...),
		s.ControlLocations().Seed(ctx, objects(d.locations)...),
		s.ImageTags().Seed(ctx, objects(d.tags)...),
	)
}

func objects[T any](all []dumped[T]) (list []T) {
	for _, d := range all {
		list = append(list, d.object)
	}
	return list
}
