package sim

import (
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim/internal/definitions"
)

// Definitions returns the interfaces of the components that this package knows:
// ATDome, ATMCS, ESS, LOVE, MTDome, MTHexapod, MTMount, Script, ScriptQueue, Test
// and Watcher. They are marked as simulated; see
// [sal.Definitions.MarkSimulated].
func Definitions() *sal.Definitions { return definitions.New().MarkSimulated() }
