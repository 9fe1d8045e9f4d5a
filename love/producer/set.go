package producer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/love/sal"
)

// Set serves the producers of a list of components over one client, as `loved
// producer` does (docs/protocol/producer.md#set). Use [NewSet].
type Set struct {
	factory    *Factory
	client     *Client
	components []string

	making    sync.Mutex
	producers []Producer // nil until they are made
}

// instance identifies a component that may be given only once.
type instance struct {
	component string
	index     int
}

// NewSet returns the set for components "name" or "name:index". It returns an
// error for all names that are wrong or given twice; it does not connect yet.
func NewSet(f *Factory, c *Client, components []string) (*Set, error) {
	if f == nil || c == nil {
		return nil, errors.New("producer: a Set needs a Factory and a Client: NewFactory and NewClient make them")
	}
	if err := errors.Join(c.errs...); err != nil {
		return nil, err
	}
	if len(components) == 0 {
		return nil, errors.New("no component to produce: give at least one, for example ATDome or MTHexapod:1")
	}
	var errs []error
	given := map[instance]bool{}
	for _, text := range components {
		if err := f.Check(text); err != nil {
			errs = append(errs, err)
			continue
		}
		name, index, err := sal.ParseName(text)
		if err != nil || given[instance{name, index}] {
			errs = append(errs, cmp.Or(err, fmt.Errorf("component %s is given twice", text)))
		}
		given[instance{name, index}] = true
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Set{factory: f, client: c, components: slices.Clone(components)}, nil
}

// Producers returns the producers, in the order of the components. The first call, or
// Run, makes them: they read the newest events of their components, unless ctx ends
// before. A type of your own is found by a type assertion.
func (s *Set) Producers(ctx context.Context) ([]Producer, error) {
	s.making.Lock()
	defer s.making.Unlock()
	if s.producers == nil {
		producers, err := s.client.Create(ctx, s.factory, s.components...)
		if err != nil {
			return nil, err
		}
		s.producers = producers
	}
	return slices.Clone(s.producers), nil
}

// Run makes the producers, unless [Set.Producers] has made them, and serves them until
// ctx ends; then it returns nil. A set can run only once.
func (s *Set) Run(ctx context.Context) error {
	if _, err := s.Producers(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	return s.client.Run(ctx)
}
