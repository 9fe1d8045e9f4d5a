package frontend

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Exported is an object in an export. [ReadDump] reads a list of them.
type Exported struct {
	Model  string         `json:"model"` // as Django names it: "ui_framework.view"
	PK     int64          `json:"pk"`
	Fields map[string]any `json:"fields"`
}

// Export returns all objects of a store, in the form of Django's dumpdata. Pictures are
// data URIs, configurations are in place, and users are given by their names.
func Export(ctx context.Context, s Store) (all []Exported, err error) {
	selections, err := s.Selections(ctx)
	if err != nil {
		return nil, err
	}
	selectedBy := map[int64][][]string{}
	for _, username := range slices.Sorted(maps.Keys(selections)) {
		id := selections[username]
		selectedBy[id] = append(selectedBy[id], []string{username})
	}
	err = errors.Join(
		exportAll(ctx, &all, s.Views(), "ui_framework.view", func(v View) (map[string]any, error) { return exportView(ctx, s, v) }),
		exportAll(ctx, &all, s.Workspaces(), "ui_framework.workspace", func(w Workspace) (map[string]any, error) {
			return map[string]any{"name": w.Name}, nil
		}),
		exportAll(ctx, &all, s.WorkspaceViews(), "ui_framework.workspaceview", func(w WorkspaceView) (map[string]any, error) {
			return map[string]any{"view_name": w.Name, "sort_value": w.SortValue, "workspace": w.Workspace, "view": w.View}, nil
		}),
		exportAll(ctx, &all, s.ConfigFiles(), "api.configfile", func(c ConfigFile) (map[string]any, error) {
			return map[string]any{"user": []string{c.Username}, "file_name": c.Filename, "content": c.Content, "selected_by_users": append([][]string{}, selectedBy[c.ID]...)}, nil
		}),
		exportAll(ctx, &all, s.EmergencyContacts(), "api.emergencycontact", func(c EmergencyContact) (map[string]any, error) {
			return map[string]any{"subsystem": c.Subsystem, "name": c.Name, "contact_info": c.ContactInfo, "email": c.Email}, nil
		}),
		exportAll(ctx, &all, s.ImageTags(), "api.imagetag", func(i ImageTag) (map[string]any, error) {
			return map[string]any{"label": i.Label, "key": i.Key}, nil
		}),
		exportAll(ctx, &all, s.ControlLocations(), "api.controllocation", func(c ControlLocation) (map[string]any, error) {
			return map[string]any{"name": c.Name, "description": c.Description, "selected": c.Selected, "ip_whitelist": c.IPWhitelist}, nil
		}),
		exportAll(ctx, &all, s.ScriptConfigurations(), "api.scriptconfiguration", func(c ScriptConfiguration) (map[string]any, error) {
			return map[string]any{"script_path": c.Path, "config_name": c.Name, "config_schema": c.Configuration, "script_type": c.Type}, nil
		}),
	)
	return all, err
}

// exportAll appends the objects of a model.
func exportAll[T any, P object[T]](ctx context.Context, to *[]Exported, table Table[T], model string, fields func(T) (map[string]any, error)) error {
	list, err := table.List(ctx)
	if err != nil {
		return fmt.Errorf("exporting %s: %w", model, err)
	}
	for _, o := range list {
		f, err := fields(o)
		if err != nil {
			return fmt.Errorf("exporting %s: %w", model, err)
		}
		meta := P(&o).Object()
		f["creation_timestamp"], f["update_timestamp"] = meta.Created.Format(time.RFC3339Nano), meta.Updated.Format(time.RFC3339Nano)
		*to = append(*to, Exported{model, meta.ID, f})
	}
	return nil
}

func exportView(ctx context.Context, s Store, v View) (map[string]any, error) {
	f := map[string]any{"name": v.Name, "screen": nil, "data": v.Data, "thumbnail": nil}
	if len(v.Data) == 0 {
		f["data"] = json.RawMessage("null")
	}
	if v.Screen != "" {
		f["screen"] = v.Screen
	}
	if v.Picture.Type == "" {
		return f, nil
	}
	p, err := s.Views().Picture(ctx, v.ID)
	if errors.Is(err, ErrNotFound) { // it was removed just now
		return f, nil
	}
	f["thumbnail"] = "data:image/" + p.Type + ";base64," + base64.StdEncoding.EncodeToString(p.Content)
	return f, err
}
