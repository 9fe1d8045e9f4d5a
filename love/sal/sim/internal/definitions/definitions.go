// Package definitions holds the interfaces of the simulated components. Names,
// types and units are those of the observatory; most components have only the
// topics that are simulated.
package definitions

import "github.com/rubin-love/love-go/love/sal"

// names lists the components.
var names = [...]string{
	"ATDome", "ATMCS", "ESS", "LOVE", "MTDome", "MTHexapod", "MTMount", "Script", "ScriptQueue", "Test", "Watcher",
}

// New returns the definitions of all simulated components, each of which is built
// when it is first asked for.
func New() *sal.Definitions {
	return sal.DefineFunc(names[:], func(name string) (*sal.Component, error) { return component(name), nil })
}

func component(name string) *sal.Component {
	switch name {
	case "ATDome":
		return atDome()
	case "ATMCS":
		return atmcs()
	case "ESS":
		return ess()
	case "LOVE":
		return love()
	case "MTDome":
		return mtDome()
	case "MTHexapod":
		return mtHexapod()
	case "MTMount":
		return mtMount()
	case "Script":
		return script()
	case "ScriptQueue":
		return scriptQueue()
	case "Test":
		return test()
	}
	return watcher()
}

// numbered returns an enumeration whose members are numbered from 1 on.
func numbered(name string, members ...string) sal.Enumeration {
	e := sal.Enumeration{Name: name}
	for i, m := range members {
		e.Members = append(e.Members, sal.Choice{Name: m, Number: int64(i + 1)})
	}
	return e
}
