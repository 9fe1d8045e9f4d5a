package producer

import (
	"fmt"

	"github.com/rubin-love/love-go/love/producer/internal/scriptqueue"
)

// Layout selects the streams in which a [ScriptQueue] sends its state.
type Layout int

const (
	// Split sends three streams: stateStream, scriptsStream and
	// availableScriptsStream (docs/protocol/producer.md#streams). It is the default.
	Split Layout = iota
	// Single sends one stream, "stream", as LOVE-producers up to 6.5.4 do
	// (docs/protocol/producer.md#single-layout). Like them, it lists all finished
	// scripts and asks for schemas by default.
	Single
	// Both sends the streams of Split, and then that of Single.
	Both
)

var layoutNames = []string{"split", "single", "both"}

// ParseLayout parses "split", "single" or "both".
func ParseLayout(s string) (Layout, error) {
	for i, name := range layoutNames {
		if s == name {
			return Layout(i), nil
		}
	}
	return 0, fmt.Errorf("unknown layout of script queue streams %q: give one of %s", s, list(layoutNames))
}

// String returns the name that [ParseLayout] parses.
func (l Layout) String() string {
	if l < Split || l > Both {
		return fmt.Sprintf("Layout(%d)", int(l))
	}
	return layoutNames[l]
}

// streams returns the streams of the layout, in the order in which they are sent.
func (l Layout) streams() (all []scriptqueue.Stream) {
	if l != Single {
		all = append(all, scriptqueue.SplitStreams()...)
	}
	if l != Split {
		all = append(all, scriptqueue.SingleStream())
	}
	return all
}

const finishedScripts = 10

// finishedLimit returns how many finished scripts to list; negative for all.
func (c *config) finishedLimit() int {
	switch {
	case c.finished != nil:
		return *c.finished
	case c.layout == Single:
		return -1
	}
	return finishedScripts
}

// asksSchemas reports whether to ask the queue for the schemas of its scripts.
func (c *config) asksSchemas() bool {
	if c.schemas != nil {
		return *c.schemas
	}
	return c.layout == Single
}
