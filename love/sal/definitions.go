package sal

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Definitions are the interfaces of components, by name. They are safe for
// concurrent use; what they hand out is shared and not to be modified.
type Definitions struct {
	names     []string
	simulated bool
	// read makes a component that is not in memory yet; it returns nil for a
	// name that it does not know.
	read func(name string) (*Component, error)

	mu    sync.Mutex
	known map[string]*loading
}

// loading is a component that is read once, by whoever asks first.
type loading struct {
	once      sync.Once
	component *Component
	err       error
}

// Define makes definitions from components built by a program. Topics are
// given with their own fields only, generic topics included; the private
// fields and ackcmd are added (spec sal-kafka, section 2.6).
func Define(components ...*Component) (*Definitions, error) {
	full := map[string]*Component{}
	var names []string
	for _, c := range components {
		if full[c.Name] != nil {
			return nil, fmt.Errorf("component %s is defined twice", c.Name)
		}
		done, err := c.complete()
		if err != nil {
			return nil, err
		}
		full[c.Name] = done
		names = append(names, c.Name)
	}
	return newDefinitions(names, func(name string) (*Component, error) { return full[name], nil }), nil
}

// ReadFolder gives the definitions in a folder of SAL XML (spec sal-kafka,
// section 2): SALSubsystems.xml, SALGenerics.xml and a folder per component,
// or a folder sal_interfaces with these. The first two are read now, a
// component when it is asked for first; a component without a folder has only
// its generic topics. Its files are read at the same time, by goroutines that
// end before the answer. The telemetry of cameras that is defined in .avsc files
// is read from a folder interfaces beside sal_interfaces (or in the folder of
// the components). Errors are [*XMLError] and name file, line and element.
func ReadFolder(folder fs.FS) (*Definitions, error) {
	components := folder
	if _, err := fs.Stat(folder, subsystemsFile); err != nil {
		if inner, subErr := fs.Sub(folder, "sal_interfaces"); subErr == nil {
			if _, err := fs.Stat(inner, subsystemsFile); err == nil {
				components = inner
			}
		}
	}
	cameras, err := fs.Sub(folder, "interfaces")
	if err != nil {
		return nil, fmt.Errorf("reading SAL interfaces: %w", err)
	}
	l, err := openFolder(components, cameras)
	if err != nil {
		return nil, fmt.Errorf("reading SAL interfaces: %w", err)
	}
	return newDefinitions(l.names, l.component), nil
}

// ReadDir is [ReadFolder] of a folder on disk. Given the folder of the
// components alone, it finds the interfaces of the cameras beside it, as they
// are installed.
func ReadDir(path string) (*Definitions, error) {
	folder := os.DirFS(path)
	if _, err := fs.Stat(folder, subsystemsFile); err == nil {
		if full, err := filepath.Abs(path); err == nil && filepath.Base(full) == "sal_interfaces" {
			folder = os.DirFS(filepath.Dir(full))
		}
	}
	return ReadFolder(folder)
}

func newDefinitions(names []string, read func(string) (*Component, error)) *Definitions {
	return &Definitions{names: names, read: read, known: map[string]*loading{}}
}

// Names are the components in the order in which they are defined.
func (d *Definitions) Names() []string { return slices.Clone(d.names) }

// Known tells whether there is a component of this name, without reading it.
func (d *Definitions) Known(name string) bool { return slices.Contains(d.names, name) }

// Component gives the interface of a component. The error is an
// [*UnknownComponentError], or what is wrong with its files.
func (d *Definitions) Component(name string) (*Component, error) {
	if !d.Known(name) {
		return nil, &UnknownComponentError{Name: name, Near: nearest(name, d.names)}
	}
	d.mu.Lock()
	l, ok := d.known[name]
	if !ok {
		l = &loading{}
		d.known[name] = l
	}
	d.mu.Unlock()
	l.once.Do(func() { l.component, l.err = d.read(name) })
	return l.component, l.err
}

// Instance finds the component of one instance by its full name: "ATDome",
// "MTHexapod:1". An index is needed where the component has instances and
// refused where it has none. Errors are [ErrName], [ErrWildcard], [ErrIndex],
// [*UnknownComponentError], or what is wrong with the definition.
func (d *Definitions) Instance(full string) (c *Component, index int, err error) {
	name, index, err := ParseName(full)
	if err != nil {
		return nil, 0, err
	}
	if c, err = d.Component(name); err != nil {
		return nil, 0, err
	}
	return c, index, c.CheckInstance(index)
}
