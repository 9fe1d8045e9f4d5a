package sal

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	subsystemsFile = "SALSubsystems.xml"
	genericsFile   = "SALGenerics.xml"
	genericPrefix  = "SALGeneric_"
)

// topicFiles lists the files that a component may have, and the element that
// defines a topic in each.
var topicFiles = [...]struct{ suffix, tag string }{
	{"_Commands.xml", "SALCommand"},
	{"_Events.xml", "SALEvent"},
	{"_Telemetry.xml", "SALTelemetry"},
}

// library is a folder of SAL XML whose two common files have been read.
type library struct {
	folder     fs.FS
	cameras    fs.FS // folders of .avsc files by component; may not exist
	names      []string
	subsystems map[string]subsystem
	generics   []generic
}

// subsystem is the entry of a component in SALSubsystems.xml.
type subsystem struct {
	entry       *element
	description string
	indexed     bool
	generics    []string // names and categories, as listed
}

// generic is a topic that components share.
type generic struct {
	salName  string
	category string
	topic    *Topic
}

func openFolder(folder, cameras fs.FS) (*library, error) {
	l := &library{folder: folder, cameras: cameras, subsystems: map[string]subsystem{}}
	if err := l.readSubsystems(); err != nil {
		return nil, err
	}
	if err := l.readGenerics(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *library) readSubsystems() error {
	root, err := readXML(l.folder, subsystemsFile)
	if err != nil {
		return err
	}
	for e := range root.children() {
		if e.tag != "SALSubsystem" {
			continue
		}
		name, err := e.required("Name")
		if err != nil {
			return err
		}
		if _, twice := l.subsystems[name]; twice {
			return e.errorf("component %s is listed twice", name)
		}
		s := subsystem{entry: e, description: e.value("Description"), generics: []string{"mandatory"}}
		s.indexed = strings.TrimSpace(e.value("IndexEnumeration")) != "no"
		for item := range strings.SplitSeq(e.value("AddedGenerics"), ",") {
			if item = strings.TrimSpace(item); item != "" {
				s.generics = append(s.generics, item)
			}
		}
		l.names = append(l.names, name)
		l.subsystems[name] = s
	}
	return nil
}

func (l *library) readGenerics() error {
	root, err := readXML(l.folder, genericsFile)
	if err != nil {
		return err
	}
	for set := range root.children() {
		for e := range set.children() {
			if e.child("EFDB_Topic") == nil {
				continue // an Enumeration, or something that is no topic
			}
			t, err := topicFrom(e)
			if err != nil {
				return err
			}
			l.generics = append(l.generics, generic{t.SALName(), strings.TrimSpace(e.value("Category")), t})
		}
	}
	return nil
}

// component reads one component's files.
func (l *library) component(name string) (*Component, error) {
	s, ok := l.subsystems[name]
	if !ok {
		return nil, nil
	}
	c := &Component{Name: name, Description: s.description, Indexed: s.indexed}
	for _, item := range s.generics {
		topics, err := l.added(s.entry, item)
		if err != nil {
			return nil, err
		}
		c.Topics = append(c.Topics, topics...)
	}
	parts, err := l.parts(name)
	if err != nil {
		return nil, err
	}
	replaced := map[string]bool{}
	for _, t := range parts[len(parts)-1].topics { // of a camera
		replaced[t.SALName()] = true
	}
	c.Topics = slices.DeleteFunc(c.Topics, func(t *Topic) bool { return replaced[t.SALName()] })
	for i, p := range parts {
		for _, t := range p.topics {
			if i == len(parts)-1 || !replaced[t.SALName()] {
				c.Topics = append(c.Topics, t)
			}
		}
		c.Enumerations = append(c.Enumerations, p.enums...)
	}
	full, err := c.complete()
	if err != nil {
		return nil, &XMLError{File: name, Err: err}
	}
	return full, nil
}

// part is the content of one of the component's files, or of all its .avsc files.
type part struct {
	topics []*Topic
	enums  []Enumeration
	err    error
}

// parts reads the files of a component concurrently, because large ones have
// megabytes. The last part is that of the .avsc files, whose topics replace others
// of the same name.
func (l *library) parts(name string) (parts [len(topicFiles) + 1]part, err error) {
	var reading sync.WaitGroup
	for i, f := range topicFiles {
		reading.Go(func() { parts[i] = l.topicsIn(path.Join(name, name+f.suffix), f.tag) })
	}
	camera := &parts[len(topicFiles)]
	camera.topics, camera.err = l.camera(name)
	reading.Wait()
	for _, p := range parts {
		if p.err != nil {
			return parts, p.err
		}
	}
	return parts, nil
}

// added returns the topics that one item of AddedGenerics stands for. An item with
// an underscore names a topic, one without a category.
func (l *library) added(entry *element, item string) ([]*Topic, error) {
	isTopic := strings.Contains(item, "_")
	var topics []*Topic
	for _, g := range l.generics {
		if isTopic && g.salName == item || !isTopic && g.category == item {
			topics = append(topics, g.topic)
		}
	}
	if topics == nil {
		return nil, entry.errorf("AddedGenerics: %s has neither a topic nor a category %q", genericsFile, item)
	}
	return topics, nil
}

// topicsIn reads the topics and the enumerations of a file. A missing file has
// none.
func (l *library) topicsIn(file, tag string) (p part) {
	root, err := readXML(l.folder, file)
	if errors.Is(err, fs.ErrNotExist) {
		return p
	}
	if err != nil {
		return part{err: err}
	}
	seen := map[string]bool{}
	for e := range root.children() {
		switch e.tag {
		case "Enumeration":
			if enum := enumerationFrom(strings.Clone(e.text)); enum.Name != "" {
				p.enums = append(p.enums, enum)
			}
		case tag:
			t, err := topicFrom(e)
			if err == nil && seen[t.Attr()] {
				err = e.errorf("a second topic %s", t.SALName())
			}
			if err != nil {
				return part{err: err}
			}
			seen[t.Attr()] = true
			p.topics = append(p.topics, t)
		}
	}
	return p
}

// topicFrom reads a topic element: name, description, fields.
func topicFrom(e *element) (*Topic, error) {
	full, err := e.required("EFDB_Topic")
	if err != nil {
		return nil, err
	}
	_, salName, ok := strings.Cut(strings.TrimSpace(full), "_")
	if !ok || salName == "" {
		return nil, e.errorf("EFDB_Topic %q is not COMPONENT_NAME", full)
	}
	t := &Topic{Description: e.value("Description")}
	t.Kind, t.Name = splitSALName(salName)
	seen := map[string]bool{}
	for item := range e.children() {
		if item.tag != "item" {
			continue
		}
		f, err := fieldFrom(item)
		if err != nil {
			return nil, err
		}
		if seen[f.Name] {
			return nil, item.errorf("a second field %s in %s", f.Name, full)
		}
		seen[f.Name] = true
		t.Fields = append(t.Fields, f)
	}
	return t, nil
}

func fieldFrom(item *element) (Field, error) {
	name, err := item.required("EFDB_Name")
	if err != nil {
		return Field{}, err
	}
	typ, err := item.required("IDL_Type")
	if err != nil {
		return Field{}, err
	}
	f := Field{Name: name, Type: Type(typ), Count: 1, Units: item.value("Units"), Description: item.value("Description")}
	if text := strings.TrimSpace(item.value("Count")); text != "" {
		if f.Count, err = strconv.Atoi(text); err != nil || f.Count < 1 {
			return Field{}, item.child("Count").errorf("field %s: %q is no count; give a number from 1 to %d", name, text, maxCount)
		}
	}
	if f.Type == String {
		f.Count = 1
	}
	if f.Units == "" {
		f.Units = unitless
	}
	if err := f.check(); err != nil {
		return Field{}, item.errorf("%w", err)
	}
	f.Choices = choicesFrom(item.value("Enumeration"))
	return f, nil
}
