package django

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
)

// Dump holds the users and groups of a `dumpdata` export of the Python manager.
type Dump struct {
	Accounts []auth.Account
	Groups   []auth.Group
	// Notes say what could not be imported, for people.
	Notes []string
}

// object is an element of the export.
type object struct {
	Model  string          `json:"model"`
	PK     json.RawMessage `json:"pk"`
	Fields json.RawMessage `json:"fields"`
}

type user struct {
	Username    string            `json:"username"`
	Password    string            `json:"password"`
	Email       string            `json:"email"`
	FirstName   string            `json:"first_name"`
	LastName    string            `json:"last_name"`
	IsSuperuser bool              `json:"is_superuser"`
	IsActive    bool              `json:"is_active"`
	Groups      []json.RawMessage `json:"groups"`
	Permissions []json.RawMessage `json:"user_permissions"`
}

type group struct {
	Name        string            `json:"name"`
	Permissions []json.RawMessage `json:"permissions"`
}

// ErrNoUsers is returned by [ReadDump] for an export without users and groups.
var ErrNoUsers = errors.New("the export holds neither auth.user nor auth.group: make it with `manage.py dumpdata auth`")

// ReadDump reads a `dumpdata` export, with numbers or natural keys; models
// other than users, groups and permissions are skipped. An export with numbers
// must hold auth.permission, which describes them.
func ReadDump(r io.Reader) (Dump, error) {
	var objects []object
	if err := json.NewDecoder(r).Decode(&objects); err != nil {
		return Dump{}, fmt.Errorf("this is not a dumpdata export, which is a JSON list of models: %w", err)
	}
	d := dumpReader{permissions: make(map[string]string), groups: make(map[string]string), unknown: make(map[string]bool)}
	// Whatever the order of the file, read first what others refer to.
	for _, pass := range []struct {
		model string
		read  func(object) error
	}{{"auth.permission", d.permission}, {"auth.group", d.group}, {"auth.user", d.user}} {
		for i, o := range objects {
			if o.Model != pass.model {
				continue
			}
			if err := pass.read(o); err != nil {
				return Dump{}, fmt.Errorf("object %d (%s): %w", i+1, o.Model, err)
			}
		}
	}
	if len(d.dump.Accounts) == 0 && len(d.dump.Groups) == 0 {
		return Dump{}, ErrNoUsers
	}
	return d.dump, nil
}

type dumpReader struct {
	dump        Dump
	permissions map[string]string // primary key: codename
	groups      map[string]string // primary key: name
	unknown     map[string]bool   // permissions noted already
}

func (d *dumpReader) permission(o object) error {
	var p struct {
		Codename string `json:"codename"`
	}
	if err := json.Unmarshal(o.Fields, &p); err != nil {
		return err
	}
	d.permissions[string(o.PK)] = p.Codename
	return nil
}

func (d *dumpReader) group(o object) error {
	var g group
	if err := json.Unmarshal(o.Fields, &g); err != nil {
		return err
	}
	d.groups[string(o.PK)] = g.Name
	own := auth.Group{Name: g.Name, Permissions: d.named(g.Permissions, "group "+g.Name)}.Normal()
	if err := own.Check(); err != nil {
		return err
	}
	d.dump.Groups = append(d.dump.Groups, own)
	return nil
}

func (d *dumpReader) user(o object) error {
	var u user
	if err := json.Unmarshal(o.Fields, &u); err != nil {
		return err
	}
	a := auth.Account{
		User: auth.User{
			Username: u.Username, Email: u.Email, FirstName: u.FirstName, LastName: u.LastName,
			Superuser: u.IsSuperuser, Permissions: d.named(u.Permissions, "user "+u.Username),
		},
		PasswordHash: u.Password, Disabled: !u.IsActive,
	}
	for _, ref := range u.Groups {
		name, ok := d.groups[string(ref)]
		if !ok {
			name = naturalKey(ref)
		}
		if name == "" {
			d.note("user %s: group %s is not in the export", u.Username, ref)
			continue
		}
		a.Groups = append(a.Groups, name)
	}
	switch {
	case strings.HasPrefix(u.Password, "!"): // Django's mark of no password
		a.PasswordHash = ""
	case password.CheckHash(u.Password) != nil:
		a.PasswordHash = ""
		d.note("user %s: the password hash is of an unknown kind; set a new password", u.Username)
	}
	if err := a.Check(); err != nil {
		return err
	}
	a.User = a.Normal()
	d.dump.Accounts = append(d.dump.Accounts, a)
	return nil
}

func (d *dumpReader) note(format string, args ...any) {
	d.dump.Notes = append(d.dump.Notes, fmt.Sprintf(format, args...))
}

// named returns the permissions that refs refer to, under their names here.
// Each one that is unknown here is left out, with a note.
func (d *dumpReader) named(refs []json.RawMessage, whose string) (known []auth.Permission) {
	for _, ref := range refs {
		codename, ok := d.permissions[string(ref)]
		if !ok {
			codename = naturalKey(ref)
		}
		// Codenames are unique among ours, so the application need not be known.
		i := slices.IndexFunc(auth.Permissions(), func(p auth.Permission) bool {
			return codename != "" && strings.HasSuffix(string(p), "."+codename)
		})
		if i >= 0 {
			known = append(known, auth.Permissions()[i])
			continue
		}
		if codename == "" {
			codename = "number " + string(ref)
		}
		if !d.unknown[codename] {
			d.unknown[codename] = true
			d.note("%s: the permission %s means nothing here and is left out", whose, codename)
		}
	}
	return known
}

// naturalKey returns the first text of a natural key, ["name", …], or "" if
// ref is not one.
func naturalKey(ref json.RawMessage) string {
	var parts []string
	if json.Unmarshal(ref, &parts) != nil || len(parts) == 0 {
		return ""
	}
	return parts[0]
}
