// Package definitions holds the interfaces of the simulated components. Names,
// types and units are those of the observatory; most components have only the
// topics that are simulated.
package definitions

import "github.com/rubin-love/love-go/love/sal"

// New returns the definitions of all simulated components.
func New() (*sal.Definitions, error) {
	return sal.Define(
		atDome(), atmcs(), ess(), love(), mtDome(), mtHexapod(), mtMount(), script(), scriptQueue(), test(), watcher(),
	)
}

// numbered returns an enumeration whose members are numbered from 1 on.
func numbered(name string, members ...string) sal.Enumeration {
	e := sal.Enumeration{Name: name}
	for i, m := range members {
		e.Members = append(e.Members, sal.Choice{Name: m, Number: int64(i + 1)})
	}
	return e
}
