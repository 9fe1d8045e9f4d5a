package frontend

import (
	"bytes"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problems are what is wrong with the fields of an object: a sentence, by the name that
// the field has in the API.
type Problems map[string]string

// text checks a text: at most so many characters, and blank only if that is allowed.
func (p Problems) text(field, text string, most int, mayBeBlank bool) {
	switch {
	case strings.TrimSpace(text) == "" && !mayBeBlank:
		p[field] = "This field may not be blank."
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		p[field] = "Null characters are not allowed."
	case utf8.RuneCountInString(text) > most:
		p[field] = fmt.Sprintf("Ensure this field has no more than %d characters.", most)
	}
}

func (p Problems) choice(field, text string, of []string) {
	if !slices.Contains(of, text) {
		p[field] = fmt.Sprintf("%q is not a valid choice.", text)
	}
}

// The longest texts, in characters, as in the Python manager; maxDocument bounds those
// that it does not bound.
const (
	maxViewName = 20
	maxFilename = 30
	maxText     = 100
	maxEmail    = 254
	maxDocument = 256 << 10
)

// Check returns what is wrong with a view.
func (v View) Check() Problems {
	p := Problems{}
	p.text("name", v.Name, maxViewName, false)
	if v.Screen != "" {
		p.choice("screen", v.Screen, Screens())
	}
	return p
}

// Check returns what is wrong with a workspace.
func (w Workspace) Check() Problems {
	p := Problems{}
	p.text("name", w.Name, maxViewName, false)
	return p
}

// Check returns what is wrong with a view in a workspace, but for its references.
func (w WorkspaceView) Check() Problems {
	p := Problems{}
	p.text("view_name", w.Name, maxViewName, true)
	switch {
	case w.SortValue < 0:
		p["sort_value"] = "Ensure this value is greater than or equal to 0."
	case w.SortValue > 1<<31-1:
		p["sort_value"] = "Ensure this value is less than or equal to 2147483647."
	}
	return p
}

// Check returns what is wrong with a configuration.
func (c ConfigFile) Check() Problems {
	p := Problems{}
	p.text("username", c.Username, maxEmail, true)
	p.text("filename", c.Filename, maxFilename, false)
	if !bytes.HasPrefix(bytes.TrimSpace(c.Content), []byte("{")) {
		p["content"] = "The configuration has to be a JSON object."
	}
	return p
}

// Check returns what is wrong with a contact.
func (c EmergencyContact) Check() Problems {
	p := Problems{}
	p.text("subsystem", c.Subsystem, maxText, true)
	p.text("name", c.Name, maxText, true)
	p.text("contact_info", c.ContactInfo, maxText, true)
	p.text("email", c.Email, maxEmail, false)
	if a, err := mail.ParseAddress(c.Email); p["email"] == "" && (err != nil || a.Address != c.Email) {
		p["email"] = "Enter a valid email address."
	}
	return p
}

// Check returns what is wrong with a tag.
func (i ImageTag) Check() Problems {
	p := Problems{}
	p.text("label", i.Label, maxText, true)
	p.text("key", i.Key, maxText/2, true)
	return p
}

// Check returns what is wrong with a location.
func (c ControlLocation) Check() Problems {
	p := Problems{}
	p.text("name", c.Name, maxText, true)
	p.text("description", c.Description, maxText, true)
	p.text("ip_whitelist", c.IPWhitelist, maxDocument, true)
	return p
}

// Check returns what is wrong with a script configuration, but for its content.
func (s ScriptConfiguration) Check() Problems {
	p := Problems{}
	p.text("script_path", s.Path, maxText, false)
	p.text("config_name", s.Name, maxText/2, false)
	p.choice("script_type", s.Type, ScriptTypes())
	p.text("config_schema", s.Configuration, maxDocument, false)
	return p
}
