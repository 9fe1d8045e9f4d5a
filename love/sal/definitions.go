package sal

import (
	"fmt"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/internal/similar"
)

// Definitions holds the interfaces of components by name. It is safe for
// concurrent use. What it returns is shared and must not be modified.
type Definitions struct {
	names     []string
	simulated bool
	// read returns one of the components, complete.
	read func(name string) (*Component, error)

	mu    sync.Mutex
	known map[string]*loading
}

// loading is a component that is read once, by the first caller that needs it.
type loading struct {
	once      sync.Once
	component *Component
	err       error
}

// Define makes definitions from components built by a program. Topics, generic ones
// included, are given with their own fields only; Define adds the private fields and
// ackcmd (docs/protocol/sal-kafka.md#private-fields).
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

// DefineFunc makes definitions of the components with these names. It calls read
// for a component when that is first asked for, and only once; read returns the
// component as [Define] takes it.
func DefineFunc(names []string, read func(name string) (*Component, error)) *Definitions {
	return newDefinitions(names, func(name string) (*Component, error) {
		c, err := read(name)
		if err != nil {
			return nil, err
		}
		return c.complete()
	})
}

func newDefinitions(names []string, read func(string) (*Component, error)) *Definitions {
	return &Definitions{names: names, read: read, known: map[string]*loading{}}
}

// Names returns the names of the components in the order of their definition.
func (d *Definitions) Names() []string { return slices.Clone(d.names) }

// Known reports whether there is a component with the name, without reading it.
func (d *Definitions) Known(name string) bool { return slices.Contains(d.names, name) }

// Component returns the interface of a component. The error is an
// [*UnknownComponentError], or says what is wrong with the component's files.
func (d *Definitions) Component(name string) (*Component, error) {
	if !d.Known(name) {
		return nil, &UnknownComponentError{Name: name, Suggestions: similar.Names(name, d.names)}
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
// "MTHexapod:1". An indexed component requires an index, others must not have one.
// Errors are [ErrName], [ErrWildcard], [ErrIndex], [*UnknownComponentError], or
// say what is wrong with the definition.
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

// MarkSimulated marks definitions that belong to a simulation, and returns them. A
// driver of the observatory's bus refuses such definitions, because schemas that
// are registered there stay.
func (d *Definitions) MarkSimulated() *Definitions {
	d.simulated = true
	return d
}

// Simulated reports whether the definitions are marked by
// [Definitions.MarkSimulated].
func (d *Definitions) Simulated() bool { return d.simulated }
