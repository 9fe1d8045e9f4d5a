package producer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love/sal"
)

// The types that every [Factory] knows (producer spec, section 9).
const (
	TypeBase = "base" // free form objects
	TypeCSC  = "csc"  // any SAL component
)

// ErrUnknown is a type or a component that there is no producer for.
var ErrUnknown = errors.New("unknown")

// Spec is what a [Constructor] makes a producer of.
type Spec struct {
	Domain    *sal.Domain
	Component string
	Index     int
	Options   []Option
}

// Constructor makes a producer of one type.
type Constructor func(ctx context.Context, s Spec) (Producer, error)

// Factory makes producers, by type or by the name of a component. Teams
// register types of their own before it is used. Use [NewFactory].
type Factory struct {
	domain *sal.Domain
	opts   []Option
	types  map[string]Constructor
	names  map[string]string // component to type, where it is not csc
}

// NewFactory makes a factory for the components of a domain; the options go to
// every producer.
func NewFactory(domain *sal.Domain, opts ...Option) *Factory {
	return &Factory{
		domain: domain,
		opts:   opts,
		types: map[string]Constructor{
			TypeBase: func(_ context.Context, s Spec) (Producer, error) {
				return NewBase(s.Component, s.Options...), nil
			},
			TypeCSC: constructCSC,
		},
		names: map[string]string{},
	}
}

// constructCSC reads only what will be served. The domain closes the remote.
func constructCSC(ctx context.Context, s Spec) (Producer, error) {
	c, err := s.Domain.Definitions().Component(s.Component)
	if err != nil {
		return nil, err
	}
	remote, err := s.Domain.Remote(ctx, s.Component, s.Index, newConfig(s.Options).selection.remoteOptions(c)...)
	if err != nil {
		return nil, err
	}
	return NewCSC(remote, s.Options...), nil
}

// Register adds a type, or replaces one, and makes it the type of the named
// components, SAL or not.
func (f *Factory) Register(typ string, c Constructor, components ...string) {
	f.types[typ] = c
	for _, name := range components {
		f.names[name] = typ
	}
}

// FromType makes a producer of a type. An unknown one is [ErrUnknown]; the
// error lists those there are.
func (f *Factory) FromType(ctx context.Context, typ, component string, index int) (Producer, error) {
	construct, ok := f.types[typ]
	if !ok {
		return nil, fmt.Errorf("%w type of producer %q: there are %s", ErrUnknown, typ, list(slices.Sorted(maps.Keys(f.types))))
	}
	p, err := construct(ctx, Spec{Domain: f.domain, Component: component, Index: index, Options: f.opts})
	if err != nil {
		return nil, fmt.Errorf("producer of %s: %w", component, err)
	}
	return p, nil
}

// FromName makes the producer of "name" or "name:index": of the type that is
// registered for the component, else csc. A component that nobody knows is
// [ErrUnknown]; the error lists those there are.
func (f *Factory) FromName(ctx context.Context, name string) (Producer, error) {
	if err := f.Check(name); err != nil {
		return nil, err
	}
	component, index, err := sal.ParseName(name)
	if err != nil {
		return nil, err
	}
	return f.FromType(ctx, f.typeOf(component), component, index)
}

// Check tells, without making it, what would be wrong with a name for
// [Factory.FromName].
func (f *Factory) Check(name string) error {
	component, index, err := sal.ParseName(name)
	if err != nil {
		return err
	}
	c, err := f.domain.Definitions().Component(component)
	var unknown *sal.UnknownComponentError
	switch {
	case err == nil:
		return c.CheckIndex(index)
	case !errors.As(err, &unknown):
		return err
	case f.names[component] != "":
		return nil
	}
	known := slices.Concat(f.domain.Definitions().Names(), slices.Collect(maps.Keys(f.names)))
	slices.Sort(known)
	return fmt.Errorf("%w component: %w; there are %s", ErrUnknown, unknown, list(slices.Compact(known)))
}

func (f *Factory) typeOf(component string) string {
	if typ, ok := f.names[component]; ok {
		return typ
	}
	return TypeCSC
}

func list(names []string) string { return strings.Join(names, ", ") }
