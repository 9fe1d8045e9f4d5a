package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/rubin-love/love-go/love/frontend"
)

// frontendStore is the frontend.Store of a [Store].
type frontendStore struct {
	store    *Store
	revision atomic.Int64

	views      viewTable
	workspaces frontendTable[frontend.Workspace, *frontend.Workspace]
	contents   frontendTable[frontend.WorkspaceView, *frontend.WorkspaceView]
	configs    frontendTable[frontend.ConfigFile, *frontend.ConfigFile]
	contacts   frontendTable[frontend.EmergencyContact, *frontend.EmergencyContact]
	tags       frontendTable[frontend.ImageTag, *frontend.ImageTag]
	locations  frontendTable[frontend.ControlLocation, *frontend.ControlLocation]
	scripts    frontendTable[frontend.ScriptConfiguration, *frontend.ScriptConfiguration]
}

var _ frontend.Store = (*frontendStore)(nil)

// Frontend returns what the LOVE-frontend keeps in the manager.
func (s *Store) Frontend() frontend.Store { return s.frontend }

func (f *frontendStore) Views() frontend.Views                            { return &f.views }
func (f *frontendStore) Workspaces() frontend.Table[frontend.Workspace]   { return &f.workspaces }
func (f *frontendStore) ConfigFiles() frontend.Table[frontend.ConfigFile] { return &f.configs }
func (f *frontendStore) ImageTags() frontend.Table[frontend.ImageTag]     { return &f.tags }
func (f *frontendStore) WorkspaceViews() frontend.Table[frontend.WorkspaceView] {
	return &f.contents
}
func (f *frontendStore) EmergencyContacts() frontend.Table[frontend.EmergencyContact] {
	return &f.contacts
}
func (f *frontendStore) ControlLocations() frontend.Table[frontend.ControlLocation] {
	return &f.locations
}
func (f *frontendStore) ScriptConfigurations() frontend.Table[frontend.ScriptConfiguration] {
	return &f.scripts
}

func newFrontend(s *Store) *frontendStore {
	f := &frontendStore{store: s}
	f.views.frontendTable = frontendTable[frontend.View, *frontend.View]{
		store: s, name: "frontend_views", columns: []string{"name", "screen", "picture_number", "picture_type", "data"},
		values: func(v *frontend.View) []any {
			return []any{v.Name, v.Screen, v.Picture.Number, v.Picture.Type, string(v.Data)}
		},
		targets: func(v *frontend.View) []any {
			return []any{&v.Name, &v.Screen, &v.Picture.Number, &v.Picture.Type, jsonText{&v.Data}}
		},
		written: writePicture,
	}
	f.workspaces = frontendTable[frontend.Workspace, *frontend.Workspace]{
		store: s, name: "frontend_workspaces", columns: []string{"name"},
		values:  func(w *frontend.Workspace) []any { return []any{w.Name} },
		targets: func(w *frontend.Workspace) []any { return []any{&w.Name} },
	}
	f.contents = frontendTable[frontend.WorkspaceView, *frontend.WorkspaceView]{
		store: s, name: "frontend_workspace_views", columns: []string{"view_name", "sort_value", "workspace", "view_id"},
		values:  func(w *frontend.WorkspaceView) []any { return []any{w.Name, w.SortValue, w.Workspace, w.View} },
		targets: func(w *frontend.WorkspaceView) []any { return []any{&w.Name, &w.SortValue, &w.Workspace, &w.View} },
		check:   checkWorkspaceView,
	}
	f.configs = frontendTable[frontend.ConfigFile, *frontend.ConfigFile]{
		store: s, name: "frontend_config_files", columns: []string{"username", "filename", "content"},
		values:  func(c *frontend.ConfigFile) []any { return []any{c.Username, c.Filename, string(c.Content)} },
		targets: func(c *frontend.ConfigFile) []any { return []any{&c.Username, &c.Filename, jsonText{&c.Content}} },
	}
	f.contacts = frontendTable[frontend.EmergencyContact, *frontend.EmergencyContact]{
		store: s, name: "frontend_emergency_contacts", columns: []string{"subsystem", "name", "contact_info", "email"},
		values: func(c *frontend.EmergencyContact) []any { return []any{c.Subsystem, c.Name, c.ContactInfo, c.Email} },
		targets: func(c *frontend.EmergencyContact) []any {
			return []any{&c.Subsystem, &c.Name, &c.ContactInfo, &c.Email}
		},
	}
	f.tags = frontendTable[frontend.ImageTag, *frontend.ImageTag]{
		store: s, name: "frontend_image_tags", columns: []string{"label", "tag_key"},
		values:  func(i *frontend.ImageTag) []any { return []any{i.Label, i.Key} },
		targets: func(i *frontend.ImageTag) []any { return []any{&i.Label, &i.Key} },
	}
	f.locations = frontendTable[frontend.ControlLocation, *frontend.ControlLocation]{
		store: s, name: "frontend_control_locations", columns: []string{"name", "description", "selected", "ip_whitelist"},
		values: func(c *frontend.ControlLocation) []any {
			return []any{c.Name, c.Description, c.Selected, c.IPWhitelist}
		},
		targets: func(c *frontend.ControlLocation) []any {
			return []any{&c.Name, &c.Description, &c.Selected, &c.IPWhitelist}
		},
	}
	f.scripts = frontendTable[frontend.ScriptConfiguration, *frontend.ScriptConfiguration]{
		store: s, name: "frontend_script_configurations", columns: []string{"path", "script_type", "name", "configuration"},
		values:  func(c *frontend.ScriptConfiguration) []any { return []any{c.Path, c.Type, c.Name, c.Configuration} },
		targets: func(c *frontend.ScriptConfiguration) []any { return []any{&c.Path, &c.Type, &c.Name, &c.Configuration} },
	}
	return f
}

// jsonText scans a text into a json.RawMessage.
type jsonText struct{ into *json.RawMessage }

// Scan implements sql.Scanner.
func (j jsonText) Scan(value any) error {
	switch text := value.(type) {
	case string:
		*j.into = json.RawMessage(text)
	case []byte:
		*j.into = append(json.RawMessage(nil), text...)
	default:
		return fmt.Errorf("a text was expected, not %T", value)
	}
	return nil
}

// checkWorkspaceView checks what the constraints of the table would refuse; the errors of
// the databases differ.
func checkWorkspaceView(ctx context.Context, tx *sql.Tx, w *frontend.WorkspaceView) error {
	for _, reference := range []struct {
		kind, table string
		id          int64
	}{{"workspace", "frontend_workspaces", w.Workspace}, {"view", "frontend_views", w.View}} {
		found, err := exists(ctx, tx, `SELECT 1 FROM `+reference.table+` WHERE id = $1`, reference.id)
		if err != nil {
			return err
		}
		if !found {
			return &frontend.ReferenceError{Field: reference.kind, ID: reference.id}
		}
	}
	found, err := exists(ctx, tx, `SELECT 1 FROM frontend_workspace_views WHERE workspace = $1 AND view_id = $2 AND id <> $3`, w.Workspace, w.View, w.ID)
	if err == nil && found {
		err = fmt.Errorf("view %d in workspace %d: %w", w.View, w.Workspace, frontend.ErrExists)
	}
	return err
}

// exists reports whether a query has a row.
func exists(ctx context.Context, tx *sql.Tx, query string, args ...any) (bool, error) {
	var one int
	err := tx.QueryRowContext(ctx, query, args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, unavailable(err)
}

// Revision implements frontend.Store.
func (f *frontendStore) Revision() int64 { return f.revision.Load() }

// sawRevision notes a revision that the database has, or had.
func (f *frontendStore) sawRevision(n int64) {
	for {
		known := f.revision.Load()
		if n <= known || f.revision.CompareAndSwap(known, n) {
			return
		}
	}
}

// change changes the data of the frontend in a transaction; see [Store.change].
func (f *frontendStore) change(ctx context.Context, do func(ctx context.Context, tx *sql.Tx) error) error {
	var revision int64
	err := f.store.change(ctx, frontendData, func(ctx context.Context, tx *sql.Tx, n int64) error {
		revision = n
		return do(ctx, tx)
	})
	if err == nil {
		f.sawRevision(revision) // even if the reload of the snapshots has failed
	}
	return err
}

// Selections implements frontend.Store.
func (f *frontendStore) Selections(ctx context.Context) (map[string]int64, error) {
	all := map[string]int64{}
	err := f.store.query(ctx, func(rows *sql.Rows) error {
		var username string
		var config int64
		err := rows.Scan(&username, &config)
		all[username] = config
		return err
	}, `SELECT username, config_file FROM frontend_selections`)
	return all, err
}

// Select implements frontend.Store.
func (f *frontendStore) Select(ctx context.Context, username string, config int64) error {
	return f.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		found, err := exists(ctx, tx, `SELECT 1 FROM frontend_config_files WHERE id = $1`, config)
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("configuration %d: %w", config, frontend.ErrNotFound)
		}
		return exec(ctx, tx, `INSERT INTO frontend_selections (username, config_file) VALUES ($1, $2)
			ON CONFLICT (username) DO UPDATE SET config_file = excluded.config_file`, username, config)
	})
}
