package salxml

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/rubin-love/love-go/love/sal"
)

const (
	subsystemsFile = "SALSubsystems.xml"
	genericsFile   = "SALGenerics.xml"
)

// topicFiles lists the files that a component may have, and the element that
// defines a topic in each.
var topicFiles = [...]struct{ suffix, tag string }{
	{"_Commands.xml", "SALCommand"},
	{"_Events.xml", "SALEvent"},
	{"_Telemetry.xml", "SALTelemetry"},
}

// ReadFS returns the definitions in a folder of SAL XML
// (docs/protocol/sal-kafka.md#interface-definitions): SALSubsystems.xml,
// SALGenerics.xml and a folder per component, or a folder sal_interfaces with these.
// It reads the first two now; a component is read when it is first asked for, its
// files concurrently. A component without a folder has only its generic topics. The
// telemetry of cameras that is defined in .avsc files is read from a folder
// interfaces beside sal_interfaces (or in the folder of the components). The
// components are in the order of all-components.json ({"component_order": ["…"]}), if
// that is there, or else in that of the observatory's programs, others behind, in
// the order of SALSubsystems.xml. Errors in a file of XML are [*Error].
func ReadFS(fsys fs.FS) (*sal.Definitions, error) {
	components := fsys
	if _, err := fs.Stat(fsys, subsystemsFile); err != nil {
		if inner, subErr := fs.Sub(fsys, "sal_interfaces"); subErr == nil {
			if _, err := fs.Stat(inner, subsystemsFile); err == nil {
				components = inner
			}
		}
	}
	cameras, err := fs.Sub(fsys, "interfaces")
	if err != nil {
		return nil, fmt.Errorf("reading SAL interfaces: %w", err)
	}
	f := &folder{components: components, cameras: cameras, subsystems: map[string]subsystem{}}
	if err := f.readCommonFiles(); err != nil {
		return nil, fmt.Errorf("reading SAL interfaces: %w", err)
	}
	order, err := readOrder(components, fsys)
	if err != nil {
		return nil, fmt.Errorf("reading SAL interfaces: %w", err)
	}
	sortBy(order, f.names)
	return sal.DefineFunc(f.names, f.component), nil
}

// ReadDir is like [ReadFS] for a folder on disk. Given an installed
// sal_interfaces folder, it also finds the interfaces of the cameras beside it.
func ReadDir(path string) (*sal.Definitions, error) {
	fsys := os.DirFS(path)
	if _, err := fs.Stat(fsys, subsystemsFile); err == nil {
		if full, err := filepath.Abs(path); err == nil && filepath.Base(full) == "sal_interfaces" {
			fsys = os.DirFS(filepath.Dir(full))
		}
	}
	return ReadFS(fsys)
}

// folder is a folder of SAL XML whose two common files have been read.
type folder struct {
	components fs.FS
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
	category string
	topic    *sal.Topic
}

func (f *folder) readCommonFiles() error {
	if err := f.readSubsystems(); err != nil {
		return err
	}
	return f.readGenerics()
}

func (f *folder) readSubsystems() error {
	root, err := readXML(f.components, subsystemsFile)
	if err != nil {
		return err
	}
	for _, e := range root.children {
		if e.tag != "SALSubsystem" {
			continue
		}
		name, err := e.required("Name")
		if err != nil {
			return err
		}
		if _, listed := f.subsystems[name]; listed {
			return e.errorf("component %s is listed twice", name)
		}
		s := subsystem{entry: e, description: e.value("Description"), generics: []string{"mandatory"}}
		s.indexed = strings.TrimSpace(e.value("IndexEnumeration")) != "no"
		for item := range strings.SplitSeq(e.value("AddedGenerics"), ",") {
			if item = strings.TrimSpace(item); item != "" {
				s.generics = append(s.generics, item)
			}
		}
		f.names = append(f.names, name)
		f.subsystems[name] = s
	}
	return nil
}

func (f *folder) readGenerics() error {
	root, err := readXML(f.components, genericsFile)
	if err != nil {
		return err
	}
	for _, set := range root.children {
		for _, e := range set.children {
			if e.child("EFDB_Topic") == nil {
				continue // an Enumeration, or something else that defines no topic
			}
			t, err := topicFrom(e)
			if err != nil {
				return err
			}
			f.generics = append(f.generics, generic{strings.TrimSpace(e.value("Category")), t})
		}
	}
	return nil
}

// component reads one component's files.
func (f *folder) component(name string) (*sal.Component, error) {
	s := f.subsystems[name]
	c := &sal.Component{Name: name, Description: s.description, Indexed: s.indexed}
	for _, item := range s.generics {
		topics, err := f.added(s.entry, item)
		if err != nil {
			return nil, err
		}
		c.Topics = append(c.Topics, topics...)
	}
	parts, err := f.parts(name)
	if err != nil {
		return nil, err
	}
	camera := parts[len(parts)-1]
	for _, p := range parts[:len(parts)-1] {
		c.Topics = append(c.Topics, p.topics...)
		c.Enumerations = append(c.Enumerations, p.enumerations...)
	}
	c.Topics = slices.DeleteFunc(c.Topics, func(t *sal.Topic) bool {
		return slices.ContainsFunc(camera.topics, func(o *sal.Topic) bool { return o.SALName() == t.SALName() })
	})
	c.Topics = append(c.Topics, camera.topics...)
	return c, nil
}

// part is the content of one of the component's files, or of all its .avsc files.
type part struct {
	topics       []*sal.Topic
	enumerations []sal.Enumeration
	err          error
}

// parts reads the files of a component concurrently, because large ones have
// megabytes. The last part is that of the .avsc files, whose topics replace others
// of the same name.
func (f *folder) parts(name string) (parts [len(topicFiles) + 1]part, err error) {
	var reading sync.WaitGroup
	for i, file := range topicFiles {
		reading.Go(func() { parts[i] = f.topicsIn(path.Join(name, name+file.suffix), file.tag) })
	}
	camera := &parts[len(topicFiles)]
	camera.topics, camera.err = f.camera(name)
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
func (f *folder) added(entry *element, item string) ([]*sal.Topic, error) {
	isTopic := strings.Contains(item, "_")
	var topics []*sal.Topic
	for _, g := range f.generics {
		if isTopic && g.topic.SALName() == item || !isTopic && g.category == item {
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
func (f *folder) topicsIn(file, tag string) (p part) {
	root, err := readXML(f.components, file)
	if errors.Is(err, fs.ErrNotExist) {
		return p
	}
	if err != nil {
		return part{err: err}
	}
	seen := map[string]bool{}
	for _, e := range root.children {
		switch e.tag {
		case "Enumeration":
			if enumeration := enumerationFrom(e.text); enumeration.Name != "" {
				p.enumerations = append(p.enumerations, enumeration)
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
