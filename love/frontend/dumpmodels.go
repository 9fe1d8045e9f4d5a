package frontend

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/rubin-love/love-go/internal/wire"
)

func (d *dumpReader) view(o exportedObject, f dumpedFields) (View, Problems, error) {
	v := View{Name: f.Name, Data: f.Data}
	if f.Screen != nil {
		v.Screen = *f.Screen
	}
	var text string // some releases wrote the data as a text
	if json.Unmarshal(f.Data, &text) == nil && wire.Strict([]byte(text)) == nil {
		v.Data = json.RawMessage(text)
	}
	if len(v.Data) == 0 {
		v.Data = json.RawMessage("null")
	}
	if f.Thumbnail != nil && *f.Thumbnail != "" {
		picture, err := d.picture(*f.Thumbnail)
		if err != nil {
			d.note(o, "without its picture: %v", err)
		}
		v.Picture = picture
	}
	return v, v.Check(), nil
}

// picture reads the picture of a view: a data URI, or the name of a file.
func (d *dumpReader) picture(from string) (p Picture, err error) {
	content, err := DecodeDataURI(from)
	if !strings.HasPrefix(from, "data:") {
		content, err = d.file(from, MaxPicture)
	}
	if err != nil {
		return p, err
	}
	kind, err := PictureType(content)
	if err != nil {
		return p, err
	}
	return Picture{Number: 1, Type: kind, Content: content}, nil
}

// DecodeDataURI returns the content of data:…;base64,…. What it says about the type does
// not count.
func DecodeDataURI(uri string) ([]byte, error) {
	head, data, found := strings.Cut(uri, ",")
	if !found || !strings.HasPrefix(head, "data:") || !strings.HasSuffix(head, ";base64") {
		return nil, errors.New("a picture has to begin with data:image/png;base64, or the like")
	}
	content, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return nil, errors.New("the picture is not encoded in base64")
	}
	return content, nil
}

// file reads a file of the media folder.
func (d *dumpReader) file(name string, most int64) ([]byte, error) {
	if d.media == nil {
		return nil, fmt.Errorf("the file %s is not in the export: give the media folder of the manager that it comes from", name)
	}
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("%s is not a file of the media folder", name)
	}
	info, err := fs.Stat(d.media, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, fmt.Errorf("the file %s has more than %d bytes", name, most)
	}
	return fs.ReadFile(d.media, name)
}

// maxConfig is the size of the largest configuration, in bytes.
const maxConfig = 1 << 20

func (d *dumpReader) config(_ exportedObject, f dumpedFields) (c ConfigFile, p Problems, err error) {
	c = ConfigFile{Username: d.username(f.User), Filename: f.FileName, Content: f.Content}
	if c.Filename == "" {
		c.Filename = path.Base(f.ConfigFile)
	}
	if len(c.Content) == 0 {
		if c.Content, err = d.file(f.ConfigFile, maxConfig); err != nil {
			return c, nil, err
		}
		if err := wire.Strict(c.Content); err != nil {
			return c, nil, fmt.Errorf("%s: %w", f.ConfigFile, err)
		}
	}
	c.Content = bytes.TrimSpace(c.Content)
	return c, c.Check(), nil
}

func readDumpedWorkspace(_ exportedObject, f dumpedFields) (Workspace, Problems, error) {
	w := Workspace{Name: f.Name}
	return w, w.Check(), nil
}

func readDumpedWorkspaceView(_ exportedObject, f dumpedFields) (WorkspaceView, Problems, error) {
	w := WorkspaceView{Name: f.ViewName, SortValue: f.SortValue, Workspace: f.Workspace, View: f.View}
	return w, w.Check(), nil
}

func readDumpedContact(_ exportedObject, f dumpedFields) (EmergencyContact, Problems, error) {
	c := EmergencyContact{Subsystem: f.Subsystem, Name: f.Name, ContactInfo: f.ContactInfo, Email: f.Email}
	return c, c.Check(), nil
}

func readDumpedTag(_ exportedObject, f dumpedFields) (ImageTag, Problems, error) {
	i := ImageTag{Label: f.Label, Key: f.Key}
	return i, i.Check(), nil
}

func readDumpedLocation(_ exportedObject, f dumpedFields) (ControlLocation, Problems, error) {
	c := ControlLocation{Name: f.Name, Description: f.Description, Selected: f.Selected}
	var list []string
	if json.Unmarshal(f.IPWhitelist, &list) == nil {
		c.IPWhitelist = strings.Join(list, ",")
	} else if len(f.IPWhitelist) > 0 {
		if err := json.Unmarshal(f.IPWhitelist, &c.IPWhitelist); err != nil {
			return c, nil, err
		}
	}
	return c, c.Check(), nil
}

func readDumpedScript(_ exportedObject, f dumpedFields) (ScriptConfiguration, Problems, error) {
	s := ScriptConfiguration{Path: f.ScriptPath, Type: f.ScriptType, Name: f.ConfigName, Configuration: f.ConfigSchema}
	return s, s.Check(), nil
}
