package sim

import (
	"embed"
	"io/fs"

	"github.com/rubin-love/love-go/love/sal"
)

// interfaces holds SAL XML of the components that this package knows. Names,
// types and units are those of the observatory; most have only the topics that
// are simulated.
//
//go:embed interfaces
var interfaces embed.FS

// Definitions returns the embedded interfaces: ATDome, ATMCS, ESS, LOVE, MTDome,
// MTHexapod, MTMount, Script, ScriptQueue, Test, Watcher.
func Definitions() *sal.Definitions {
	folder, err := fs.Sub(interfaces, "interfaces")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	defs, err := sal.ReadFolder(folder)
	if err != nil {
		panic(err)
	}
	return defs.MarkSimulated()
}
