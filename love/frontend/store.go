package frontend

import (
	"context"
	"errors"
	"fmt"
)

// The errors of a [Table], which wraps them.
var (
	// ErrNotFound means that there is no object of that ID.
	ErrNotFound = errors.New("no such object")
	// ErrExists means that the workspace has the view already.
	ErrExists = errors.New("the view is in the workspace already")
)

// A ReferenceError means that an object refers to one that does not exist.
type ReferenceError struct {
	Field string // of the API: "workspace" or "view"
	ID    int64
}

func (e *ReferenceError) Error() string { return fmt.Sprintf("there is no %s %d", e.Field, e.ID) }

// Store keeps the data of the frontend. It is safe for concurrent use. Every
// implementation must pass lovetest.RunFrontendStore.
//
// Objects that depend on others go with them: with a view or a workspace the
// WorkspaceViews of it, with a ConfigFile its selections.
type Store interface {
	Views() Views
	Workspaces() Table[Workspace]
	WorkspaceViews() Table[WorkspaceView]
	ConfigFiles() Table[ConfigFile]
	EmergencyContacts() Table[EmergencyContact]
	ImageTags() Table[ImageTag]
	ControlLocations() Table[ControlLocation]
	ScriptConfigurations() Table[ScriptConfiguration]

	// Selections returns the IDs of the configurations that users have selected, by name.
	Selections(ctx context.Context) (map[string]int64, error)
	// Select selects a configuration for a user. The error wraps ErrNotFound if there
	// is no such ConfigFile.
	Select(ctx context.Context, username string, config int64) error

	// Revision returns a number that grows with every change: what was read after the
	// call holds as long as it returns the same. It asks nobody; changes of another
	// process may show a little later.
	Revision() int64
}

// Table keeps the objects of a kind.
type Table[T any] interface {
	// List returns all objects, by ID.
	List(ctx context.Context) ([]T, error)
	// Get returns an object. The error wraps ErrNotFound if there is none.
	Get(ctx context.Context, id int64) (T, error)
	// Create adds an object, gives it an ID that none has had, and returns it. Its
	// times are now, unless they are set. The error may wrap ErrExists or be a
	// [*ReferenceError].
	Create(ctx context.Context, object T) (T, error)
	// Update changes an object by a function, which must not use the store: its error is
	// returned, and nothing is changed. Updates come one after the other, so that
	// none is lost. Updated becomes now; ID and Created stay.
	Update(ctx context.Context, id int64, change func(*T) error) (T, error)
	// Delete removes an object. The error wraps ErrNotFound if there is none.
	Delete(ctx context.Context, id int64) error
	// Import adds an object from elsewhere once: origin, a text, says which one. It gets
	// its own ID if that is not in use, else another; the ID is returned. If one of that
	// origin was added before, nothing is added, even if it was deleted since. Nor is
	// anything added if the object with its ID was created at the same time: that
	// is the object itself.
	Import(ctx context.Context, origin string, object T) (id int64, added bool, err error)
	// Seed adds objects to a table that has never had any, together and with the same
	// times, unless theirs are set.
	Seed(ctx context.Context, objects ...T) error
}

// Views is the table of the views. List and Get return pictures without Content.
type Views interface {
	Table[View]
	// Summaries is List without Data.
	Summaries(ctx context.Context) ([]View, error)
	// Picture returns the picture of a view with its Content. The error wraps ErrNotFound
	// if there is none.
	Picture(ctx context.Context, view int64) (Picture, error)
}
