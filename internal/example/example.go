// Package example makes the files with which a service is set up, from the definitions of
// its flags: a name that a file uses and the program does not have is an error.
package example

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"
)

// Setting is one flag of a program.
type Setting struct {
	Group     string   // the title in the help
	Name      string   // without hyphens
	Argument  string   // what the help calls its value, such as ADDRESS
	Variables []string // of the environment
	Help      string   // what it is, in plain text
	Default   string   // as YAML; "" if it has none
	Value     string   // the value in force, as text
	Secret    bool     // it can be read from a file, too
}

// Programs are the settings of each program that the files use.
type Programs map[string][]Setting

// Limits are times of the program that files depend on.
type Limits struct {
	Drain   time.Duration // in which it ends at most
	Ping    time.Duration // between two pings of a websocket
	Command time.Duration // that a command takes without progress
}

// Input is what the files are made of.
type Input struct {
	Programs Programs
	Limits   Limits
	Version  string // of the program; that of a release is the tag of its image
	Listen   string // HOST:PORT of the manager
	Prefix   string // before its paths, such as "/love"; "" for none
}

//go:embed templates
var templates embed.FS

// names are the examples, and what each is, in the order of the help.
var names = []struct{ name, what string }{
	{"config", "a configuration file with every setting"},
	{"env", "an environment file with every variable"},
	{"systemd", "a unit for systemd"},
	{"compose", "manager, commander and producer for Docker Compose"},
	{"kubernetes", "manager, storage, service and probes for Kubernetes"},
	{"nginx", "a site of nginx, with TLS and websockets"},
	{"grafana", "a board for Grafana, over the metrics"},
	{"alerts", "rules for Prometheus, about what an operator should know of"},
}

// Names returns the names of the examples.
func Names() (all []string) {
	for _, n := range names {
		all = append(all, n.name)
	}
	return all
}

// What returns what an example is, in a few words.
func What(name string) string {
	for _, n := range names {
		if n.name == name {
			return n.what
		}
	}
	return ""
}

// Make returns the file with a name.
func Make(name string, in Input) (string, error) {
	text, err := templates.ReadFile("templates/" + name + ".tmpl")
	if err != nil {
		return "", fmt.Errorf("there is no example %q: there are %s", name, strings.Join(Names(), ", "))
	}
	t := template.New(name).Delims("<%", "%>").Funcs(in.functions())
	if t, err = t.Parse(string(text)); err != nil {
		return "", fmt.Errorf("example %s: %w", name, err)
	}
	var b strings.Builder
	if err := t.Execute(&b, in); err != nil {
		return "", fmt.Errorf("example %s: %w", name, err)
	}
	return b.String(), nil
}

// release is the version of a release, and not of a build between two.
var release = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)

// functions are those of the templates. Each fails for a setting that does not exist.
func (in Input) functions() template.FuncMap {
	with := func(f func(Setting) (string, error)) func(program, name string) (string, error) {
		return func(program, name string) (string, error) {
			s, err := in.setting(program, name)
			if err != nil {
				return "", err
			}
			return f(s)
		}
	}
	variable := func(s Setting) (string, error) {
		if len(s.Variables) == 0 {
			return "", fmt.Errorf("--%s has no variable", s.Name)
		}
		return s.Variables[0], nil
	}
	return template.FuncMap{
		"flag": with(func(s Setting) (string, error) { return "--" + s.Name, nil }),
		"name": with(func(s Setting) (string, error) { return s.Name, nil }),
		"var":  with(variable),
		"file": with(func(s Setting) (string, error) {
			if !s.Secret {
				return "", fmt.Errorf("--%s is no secret", s.Name)
			}
			return s.Name + "-file", nil
		}),
		"filevar": with(func(s Setting) (string, error) {
			name, err := variable(s)
			if err == nil && !s.Secret {
				err = fmt.Errorf("--%s is no secret", s.Name)
			}
			return name + "_FILE", err
		}),
		"groups":      in.groups,
		"wrap":        wrap,
		"readtimeout": func(ping time.Duration) int { return max(60, int(3*ping/time.Second)) },
		"commandtimeout": func(command time.Duration) int {
			return int((time.Hour + command) / time.Second) // it has no bound while there is progress
		},
		"seconds": func(d time.Duration) int { return int(d.Round(time.Second) / time.Second) },
		"port": func() string {
			return in.Listen[strings.LastIndexByte(in.Listen, ':')+1:]
		},
		"tag": func() string {
			if !release.MatchString(in.Version) {
				return "latest"
			}
			return strings.TrimPrefix(in.Version, "v")
		},
	}
}

func (in Input) setting(program, name string) (Setting, error) {
	all, ok := in.Programs[program]
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Name == name })
	if !ok || i < 0 {
		return Setting{}, fmt.Errorf("loved %s has no setting %q", program, name)
	}
	return all[i], nil
}

// group is the settings of one part of the help.
type group struct {
	Title    string
	Settings []Setting
}

func (in Input) groups(program string) (all []group) {
	for _, s := range in.Programs[program] {
		if s.Name == "config" {
			continue // the file itself
		}
		if n := len(all); n == 0 || all[n-1].Title != s.Group {
			all = append(all, group{Title: s.Group})
		}
		last := &all[len(all)-1]
		last.Settings = append(last.Settings, s)
	}
	return all
}

// wrap breaks a text into lines of a comment.
func wrap(text string) string {
	const width = 96
	var lines []string
	line := "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > width && line != "#" {
			lines, line = append(lines, line), "#"
		}
		line += " " + word
	}
	return strings.Join(append(lines, line), "\n")
}
