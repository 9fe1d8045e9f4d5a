package producer

import (
	"errors"
	"fmt"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// Expand replaces "all" in a list of components by every component that has no
// index, followed by the given instances ("MTHexapod:1") of those that have one.
// A list without "all" is returned unchanged, and it is an error to give
// instances with it. It is also an error if a definition cannot be read.
func (f *Factory) Expand(components, instances []string) (out []string, err error) {
	defs := f.domain.Definitions()
	all := false
	for _, name := range components {
		if name != love.All {
			out = append(out, name)
			continue
		}
		all = true
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
				return nil, fmt.Errorf("%q is no instance of a component; give one as in MTHexapod:1", instance)
			}
			out = append(out, instance)
		}
	}
	if len(instances) > 0 && !all {
		return nil, fmt.Errorf("instances are given for %q only; add %q, or list them among the components", love.All, love.All)
	}
	return out, nil
}
