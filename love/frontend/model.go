package frontend

import (
	"encoding/json"
	"strconv"
	"time"
)

// Meta is what every object has. It is embedded in each kind of object.
type Meta struct {
	ID      int64     // from 1, unique among the objects of a kind; a store chooses it
	Created time.Time // to the microsecond, UTC, like all times
	Updated time.Time
}

// Object returns the Meta of the object in which it is embedded.
func (m *Meta) Object() *Meta { return m }

// View is a page of the frontend.
type View struct {
	Meta
	Name    string
	Screen  string          // one of [Screens], or empty: none was chosen
	Data    json.RawMessage // the tree of panels, any JSON, which only the frontend interprets
	Picture Picture
}

// Screens are what a view may be made for.
func Screens() []string { return []string{"4k", "desktop", "mobile"} }

// DefaultScreen is that of a new view which names none.
const DefaultScreen = "desktop"

// Picture is the thumbnail of a view.
type Picture struct {
	// Number counts the pictures that the view has had, so that a picture is never
	// served under the name of another one.
	Number int64
	// Type is that of [PictureType]: "png", "jpeg", "gif" or "webp"; empty: there is none.
	Type string
	// Content is the file. Of the methods of a [Views] only Picture returns it; if
	// there is none in what Update's function leaves behind, the stored one stays.
	Content []byte
}

// Workspace is a group of views.
type Workspace struct {
	Meta
	Name string
}

// WorkspaceView says that a view is in a workspace. A view is in a workspace once.
type WorkspaceView struct {
	Meta
	Name      string // of the view in this workspace; empty: its own
	SortValue int64  // from 0
	Workspace int64  // ID
	View      int64  // ID
}

// ConfigFile is a configuration of the frontend.
type ConfigFile struct {
	Meta
	Username string // whose it is
	Filename string
	Content  json.RawMessage // an object; what the frontend reads of it is in docs/protocol/manager.md
}

// EmergencyContact is whom to call.
type EmergencyContact struct {
	Meta
	Subsystem   string
	Name        string
	ContactInfo string // a telephone number, for example
	Email       string
}

// ImageTag is a label that log entries about images can have.
type ImageTag struct {
	Meta
	Label string
	Key   string
}

// ControlLocation is a room from which the observatory is controlled.
type ControlLocation struct {
	Meta
	Name        string // the frontend knows "summit", "base" and "tucson"
	Description string
	Selected    bool   // it is where the observatory is controlled from now
	IPWhitelist string // addresses and networks
}

// ScriptConfiguration is a stored configuration of a script.
type ScriptConfiguration struct {
	Meta
	Path          string // of the script
	Type          string // one of [ScriptTypes]
	Name          string
	Configuration string // YAML
}

// ScriptTypes are the kinds of scripts.
func ScriptTypes() []string { return []string{"standard", "external"} }

// ParseID parses the ID of an object; 0 if the text is none.
func ParseID(text string) int64 {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != text {
		return 0
	}
	return id
}
