package frontend

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
)

// Dump holds the frontend's data of an export; see [ReadDump].
type Dump struct {
	// Notes name what could not be read, and say why, for people.
	Notes []string

	views      []dumped[View]
	workspaces []dumped[Workspace]
	contents   []dumped[WorkspaceView]
	configs    []dumped[ConfigFile]
	contacts   []dumped[EmergencyContact]
	tags       []dumped[ImageTag]
	locations  []dumped[ControlLocation]
	scripts    []dumped[ScriptConfiguration]
	selections map[int64][]string // user names by the ID of a configuration
}

// dumped is an object of an export. Its ID is that in the export.
type dumped[T any] struct {
	model  string
	origin string // for Table.Import
	object T
}

// Len returns the number of objects.
func (d Dump) Len() int {
	return len(d.views) + len(d.workspaces) + len(d.contents) + len(d.configs) + len(d.contacts) + len(d.tags) + len(d.locations) + len(d.scripts)
}

// exportedObject is an element of an export.
type exportedObject struct {
	Model      string
	PK, Fields json.RawMessage
}

// ReadDump reads the frontend's data of an export: what Django's dumpdata writes for a
// Python manager, or loved export. Other models are ignored. An odd object is left out
// and noted. The files that a Python manager keeps beside its database, pictures and
// configurations, are read from its media folder; nil: they are not there.
func ReadDump(r io.Reader, media fs.FS) (Dump, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return Dump{}, err
	}
	text = []byte(strings.TrimSpace(string(text)))
	if err := wire.Valid(text); err != nil {
		return Dump{}, fmt.Errorf("this is not an export: %w", err)
	}
	for name, value := range wire.Members(text) {
		if name == "frontend" {
			text = value
		}
	}
	if len(text) == 0 || text[0] != '[' {
		return Dump{}, errors.New("this is not an export: that is a list of objects, or has one under \"frontend\"")
	}
	d := &dumpReader{media: media, users: map[string]string{}, dump: Dump{selections: map[int64][]string{}}}
	var objects []exportedObject
	for element := range wire.Elements(text) {
		var o exportedObject // encoding/json would refuse all of it for a bare NaN in one field
		for name, value := range wire.Members(element) {
			switch name {
			case "model":
				_ = json.Unmarshal(value, &o.Model) // another model is ignored
			case "pk":
				o.PK = value
			case "fields":
				o.Fields = value
			}
		}
		objects = append(objects, o)
	}
	for _, o := range objects { // whatever the order of the file, first what others refer to
		if o.Model == "auth.user" {
			d.user(o)
		}
	}
	for _, o := range objects {
		d.read(o)
	}
	return d.dump, nil
}

type dumpReader struct {
	media fs.FS
	users map[string]string // names by primary key
	dump  Dump
}

func (d *dumpReader) user(o exportedObject) {
	var u struct {
		Username string `json:"username"`
	}
	if json.Unmarshal(o.Fields, &u) == nil {
		d.users[string(o.PK)] = u.Username
	}
}

// username returns the user that a reference is about: a number or ["name"]; empty: it is
// unknown.
func (d *dumpReader) username(ref json.RawMessage) string {
	var name []string
	if json.Unmarshal(ref, &name) != nil || len(name) != 1 {
		name = []string{d.users[string(ref)]}
	}
	if strings.ContainsRune(name[0], 0) { // a database may not take it
		return ""
	}
	return name[0]
}

func (d *dumpReader) read(o exportedObject) {
	var err error
	switch o.Model {
	case "ui_framework.view":
		err = readObject(d, o, &d.dump.views, d.view)
	case "ui_framework.workspace":
		err = readObject(d, o, &d.dump.workspaces, readDumpedWorkspace)
	case "ui_framework.workspaceview":
		err = readObject(d, o, &d.dump.contents, readDumpedWorkspaceView)
	case "api.configfile":
		err = readObject(d, o, &d.dump.configs, d.config)
	case "api.emergencycontact":
		err = readObject(d, o, &d.dump.contacts, readDumpedContact)
	case "api.imagetag":
		err = readObject(d, o, &d.dump.tags, readDumpedTag)
	case "api.controllocation":
		err = readObject(d, o, &d.dump.locations, readDumpedLocation)
	case "api.scriptconfiguration":
		err = readObject(d, o, &d.dump.scripts, readDumpedScript)
	}
	if err != nil {
		d.note(o, "left out: %v", err)
	}
}

// note notes something about an object.
func (d *dumpReader) note(o exportedObject, format string, args ...any) {
	name := ""
	for member, value := range wire.Members(o.Fields) {
		switch member {
		case "name", "file_name", "config_name", "label", "view_name":
			name = " " + string(value)
		}
	}
	d.dump.Notes = append(d.dump.Notes, fmt.Sprintf("%s %s%s: ", o.Model, o.PK, name)+fmt.Sprintf(format, args...))
}

// dumpedFields are the fields of all models; each has some of them.
type dumpedFields struct {
	Created string `json:"creation_timestamp"`
	Updated string `json:"update_timestamp"`

	Name       string            `json:"name"`
	Screen     *string           `json:"screen"`
	Data       json.RawMessage   `json:"data"`
	Thumbnail  *string           `json:"thumbnail"`
	ViewName   string            `json:"view_name"`
	SortValue  int64             `json:"sort_value"`
	Workspace  int64             `json:"workspace"`
	View       int64             `json:"view"`
	User       json.RawMessage   `json:"user"`
	FileName   string            `json:"file_name"`
	ConfigFile string            `json:"config_file"`
	Content    json.RawMessage   `json:"content"` // of a configuration; only loved export has it
	SelectedBy []json.RawMessage `json:"selected_by_users"`

	Subsystem   string          `json:"subsystem"`
	ContactInfo string          `json:"contact_info"`
	Email       string          `json:"email"`
	Label       string          `json:"label"`
	Key         string          `json:"key"`
	Description string          `json:"description"`
	Selected    bool            `json:"selected"`
	IPWhitelist json.RawMessage `json:"ip_whitelist"`

	ScriptPath   string `json:"script_path"`
	ConfigName   string `json:"config_name"`
	ConfigSchema string `json:"config_schema"`
	ScriptType   string `json:"script_type"`
}

// maxDumpedID is the largest ID that a Python manager gives: those of new objects count on
// from it.
const maxDumpedID = 1<<31 - 1

// readObject reads an object and appends it to the others of its model.
func readObject[T any, P object[T]](d *dumpReader, o exportedObject, to *[]dumped[T], read func(exportedObject, dumpedFields) (T, Problems, error)) error {
	id := ParseID(string(o.PK))
	if id == 0 || id > maxDumpedID {
		return errors.New("its pk is not a number that an object can have")
	}
	if err := wire.Strict(o.Fields); err != nil {
		return err
	}
	var f dumpedFields
	if err := json.Unmarshal(o.Fields, &f); err != nil {
		return err
	}
	made, problems, err := read(o, f)
	if err != nil {
		return err
	}
	for field, problem := range problems {
		return fmt.Errorf("%s: %s", field, problem)
	}
	meta := P(&made).Object()
	meta.ID = id
	if meta.Created, err = dumpedTime(f.Created); err == nil {
		meta.Updated, err = dumpedTime(f.Updated)
	}
	if err != nil {
		return err
	}
	if o.Model == "api.configfile" {
		d.selections(id, f.SelectedBy)
	}
	*to = append(*to, dumped[T]{o.Model, fmt.Sprintf("%s %d %s", o.Model, id, meta.Created.Format(time.RFC3339Nano)), made})
	return nil
}

// selections notes who has selected a configuration.
func (d *dumpReader) selections(config int64, users []json.RawMessage) {
	for _, ref := range users {
		if name := d.username(ref); name != "" {
			d.dump.selections[config] = append(d.dump.selections[config], name)
		}
	}
}

// dumpedTime parses a time, which may be missing.
func dumpedTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time", text)
	}
	return micros(t), nil
}
