package producer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// The types that every [Factory] knows (docs/protocol/producer.md#factory).
const (
	TypeBase        = "base"        // free-form objects
	TypeCSC         = "csc"         // any SAL component
	TypeScriptQueue = "scriptqueue" // ScriptQueue with all Scripts
	TypeWatcher     = "watcher"     // Watcher
)

// ErrUnknown reports a type or a component for which there is no producer.
var ErrUnknown = errors.New("unknown")

// Spec describes the producer that a [Constructor] is to make.
type Spec struct {
	Domain    *sal.Domain // nil if the factory has none
	Component string
	Index     int
	HasIndex  bool // false if the index was left out of the name
	Options   []Option
}

// BaseOptions returns the options that apply to a [Base].
func (s Spec) BaseOptions() []BaseOption { return applicable[BaseOption](s.Options) }

// CSCOptions returns the options that apply to a [CSC] and a [Watcher].
func (s Spec) CSCOptions() []CSCOption { return applicable[CSCOption](s.Options) }

// ScriptQueueOptions returns the options that apply to a [ScriptQueue].
func (s Spec) ScriptQueueOptions() []ScriptQueueOption {
	return applicable[ScriptQueueOption](s.Options)
}

// Constructor makes a producer of one type.
type Constructor func(ctx context.Context, s Spec) (Producer, error)

// Factory makes producers by type or by the name of a component. Types of other
// teams are registered before it is used. Use [NewFactory].
type Factory struct {
	domain *sal.Domain // nil without SAL
	opts   []Option
	errs   []error // what was wrong before the factory was used
	types  map[string]Constructor
	names  map[string]string // component to type, where the type is not csc
}

// errNoSAL is the error for what needs the domain that the factory does not have.
var errNoSAL = errors.New("the factory has no SAL: give NewFactory a domain")

// NewFactory returns a factory for the components of a domain, which is nil for a
// program without SAL: then the factory makes the types that are registered, and those
// of [TypeBase]. Every producer gets the options that apply to its type; options that
// are wrong are errors of all methods. The factory makes a [ScriptQueue] for
// ScriptQueue, a [Watcher] for Watcher, and a [CSC] for any other component.
func NewFactory(domain *sal.Domain, opts ...Option) *Factory {
	f := &Factory{
		domain: domain,
		opts:   opts,
		types: map[string]Constructor{
			TypeBase: func(_ context.Context, s Spec) (Producer, error) {
				return NewInstance(s.Component, s.Index, s.BaseOptions()...), nil
			},
			TypeCSC:         constructCSC,
			TypeScriptQueue: constructScriptQueue,
			TypeWatcher:     constructWatcher,
		},
		names: map[string]string{},
	}
	for name, typ := range map[string]string{"ScriptQueue": TypeScriptQueue, "Watcher": TypeWatcher} {
		if f.defines(name) {
			f.names[name] = typ
		}
	}
	cfg := newConfig(opts)
	if err := cfg.check(); err != nil {
		f.errs = append(f.errs, err)
	}
	return f
}

// defines reports whether a component is on SAL.
func (f *Factory) defines(component string) bool {
	return f.domain != nil && f.domain.Definitions().Known(component)
}

// remote makes a remote that reads only the topics that will be served. The
// domain closes it.
func (s Spec) remote(ctx context.Context, opts ...sal.RemoteOption) (*sal.Remote, error) {
	if s.Domain == nil {
		return nil, errNoSAL
	}
	c, err := s.Domain.Definitions().Component(s.Component)
	if err != nil {
		return nil, err
	}
	return s.Domain.Remote(ctx, s.Component, s.Index, append(opts, newConfig(s.Options).selection.remoteOptions(c)...)...)
}

func constructCSC(ctx context.Context, s Spec) (Producer, error) {
	remote, err := s.remote(ctx, sal.ReadOnly())
	if err != nil {
		return nil, err
	}
	return NewCSC(remote, s.CSCOptions()...), nil
}

func constructWatcher(ctx context.Context, s Spec) (Producer, error) {
	remote, err := s.remote(ctx, sal.ReadOnly())
	if err != nil {
		return nil, err
	}
	return NewWatcher(remote, s.CSCOptions()...), nil
}

func constructScriptQueue(ctx context.Context, s Spec) (Producer, error) {
	if !s.HasIndex {
		return nil, fmt.Errorf("%w: give the index of the queue, as in %s:1", sal.ErrIndex, s.Component)
	}
	cfg := newConfig(s.Options)
	var opts []sal.RemoteOption
	if !cfg.asksSchemas() {
		opts = append(opts, sal.ReadOnly())
	}
	queue, err := s.remote(ctx, opts...)
	if err != nil {
		return nil, err
	}
	scripts, err := s.Domain.Remote(ctx, "Script", 0, sal.ReadOnly(), sal.WithTopics(scriptTopics[:]...))
	if err != nil {
		return nil, err
	}
	return NewScriptQueue(queue, scripts, s.ScriptQueueOptions()...)
}

// Register adds or replaces a type and makes it the type of the named components,
// whether these are on SAL or not. The names have no index: the type is that of all
// instances. What is wrong is an error of all other methods.
func (f *Factory) Register(typ string, c Constructor, components ...string) {
	if typ == "" || c == nil {
		f.errs = append(f.errs, fmt.Errorf("producer: Register(%q) needs the name of a type and its Constructor", typ))
	}
	f.types[typ] = c
	for _, name := range components {
		if _, _, err := sal.ParseName(name); err != nil || strings.Contains(name, ":") {
			f.errs = append(f.errs, fmt.Errorf("producer: Register(%q): %q is not the name of a component without index, such as PowerRack", typ, name))
		}
		f.names[name] = typ
	}
}

// FromType makes a producer of a type for "name" or "name:index". The error wraps
// [ErrUnknown] and lists the known types if there is no such type, and wraps
// [sal.ErrIndex] if a script queue has no index.
func (f *Factory) FromType(ctx context.Context, typ, name string) (Producer, error) {
	component, index, err := sal.ParseName(name)
	if err != nil {
		return nil, err
	}
	return f.construct(ctx, typ, Spec{Component: component, Index: index, HasIndex: strings.Contains(name, ":")})
}

// FromName makes the producer of "name" or "name:index". Its type is the one
// registered for the component, else csc, or base if the component is not
// defined. The index defaults to 0.
func (f *Factory) FromName(ctx context.Context, name string) (Producer, error) {
	component, index, err := sal.ParseName(name)
	if err != nil {
		return nil, err
	}
	return f.construct(ctx, f.typeOf(component), Spec{Component: component, Index: index, HasIndex: true})
}

func (f *Factory) construct(ctx context.Context, typ string, s Spec) (Producer, error) {
	if err := errors.Join(f.errs...); err != nil {
		return nil, err
	}
	construct, ok := f.types[typ]
	if !ok {
		return nil, fmt.Errorf("%w type of producer %q: the types are %s", ErrUnknown, typ, list(slices.Sorted(maps.Keys(f.types))))
	}
	s.Domain, s.Options = f.domain, f.opts
	p, err := construct(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("producer of %s: %w", s.Component, err)
	}
	if isNil(p) {
		return nil, fmt.Errorf("producer of %s: the Constructor of type %q returned nil", s.Component, typ)
	}
	return p, nil
}

// Check reports what is wrong with a name, as [Factory.FromName] would, without
// making a producer. In addition, a component that is neither defined nor
// registered is [ErrUnknown]; the error lists those that are.
func (f *Factory) Check(name string) error {
	if err := errors.Join(f.errs...); err != nil {
		return err
	}
	component, index, err := sal.ParseName(name)
	if err != nil {
		return err
	}
	known := slices.Collect(maps.Keys(f.names))
	var unknown error = &sal.UnknownComponentError{Name: component}
	if f.domain != nil {
		c, err := f.domain.Definitions().Component(component)
		switch {
		case err == nil:
			return c.CheckIndex(index)
		case !errors.As(err, new(*sal.UnknownComponentError)):
			return err
		}
		known, unknown = append(known, f.domain.Definitions().Names()...), err
	}
	switch {
	case f.names[component] != "":
		return nil
	case len(known) == 0:
		return fmt.Errorf("%w component %q: the factory has no SAL, and no type is registered for a component", ErrUnknown, component)
	}
	slices.Sort(known)
	return fmt.Errorf("%w component: %w; the components are %s", ErrUnknown, unknown, list(slices.Compact(known)))
}

func (f *Factory) typeOf(component string) string {
	if typ, ok := f.names[component]; ok {
		return typ
	}
	if f.defines(component) {
		return TypeCSC
	}
	return TypeBase
}

func list(names []string) string { return strings.Join(names, ", ") }

// Expand replaces "all" in a list of components by every component that has no
// index, followed by the given instances ("MTHexapod:1") of those that have one.
// A list without "all" is returned unchanged, and it is an error to give
// instances with it. It is also an error if a definition cannot be read.
func (f *Factory) Expand(components, instances []string) (out []string, err error) {
	all := false
	for _, name := range components {
		if name != love.All {
			out = append(out, name)
			continue
		}
		if f.domain == nil {
			return nil, fmt.Errorf("the component %q stands for those on SAL: %w", love.All, errNoSAL)
		}
		all = true
		defs := f.domain.Definitions()
		var errs []error
		for _, name := range defs.Names() {
			c, err := defs.Component(name)
			if err != nil {
				errs = append(errs, err)
			} else if !c.Indexed {
				out = append(out, name)
			}
		}
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
		for _, instance := range instances {
			if _, index, err := sal.ParseName(instance); err != nil || index == 0 {
				return nil, fmt.Errorf("%q is not an instance of a component: give one such as MTHexapod:1", instance)
			}
			out = append(out, instance)
		}
	}
	if len(instances) > 0 && !all {
		return nil, fmt.Errorf("instances go with the component %q: add it, or list them among the components", love.All)
	}
	return out, nil
}
