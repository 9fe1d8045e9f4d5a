package producer

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Layout selects the streams in which a [ScriptQueue] sends its state.
type Layout int

const (
	// Split sends three streams: stateStream, scriptsStream and
	// availableScriptsStream (producer spec, section 7.3). It is the default.
	Split Layout = iota
	// Single sends one stream, "stream", as LOVE-producers up to 6.5.4 do
	// (producer spec, section 7.9). Like them, it lists all finished scripts and
	// asks for schemas by default.
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
	return 0, fmt.Errorf("no layout of script queue streams is called %q; give %s", s, list(layoutNames))
}

// String returns the name that [ParseLayout] parses.
func (l Layout) String() string {
	if l < Split || l > Both {
		return fmt.Sprintf("Layout(%d)", int(l))
	}
	return layoutNames[l]
}

// limit bounds a list; the zero value stands for the default of the layout.
type limit struct {
	n     int
	given bool
}

const finishedLimit = 10

// WithStreamLayout sets the streams in which a [ScriptQueue] sends its state.
// Default: [Split], which the LOVE-frontend reads; the others are for frontends
// from before release 6.6 of the LOVE-producer.
func WithStreamLayout(l Layout) Option { return func(c *config) { c.layout = l } }

// WithFinishedScripts limits the finished scripts that a [ScriptQueue] lists to
// the newest n, which must not be negative. Default: 10; with layout [Single] all.
func WithFinishedScripts(n int) Option {
	return func(c *config) { c.finished = limit{n: n, given: true} }
}

// WithSchemas sets whether a [ScriptQueue] asks the queue for the configuration
// schemas of all scripts when it learns which there are: one command each.
// Default: no; with layout [Single] yes.
func WithSchemas(ask bool) Option { return func(c *config) { c.schemas = &ask } }

// WithCoalescing makes a [ScriptQueue] merge bursts of changes of its scripts:
// the stream that lists them is sent at most once per d. Default: 0, which sends
// each change, as the LOVE-producer does. A queue of many scripts gains from
// 50 ms, a delay that nobody notices.
func WithCoalescing(d time.Duration) Option { return func(c *config) { c.coalesce = d } }

// OptionsFromEnv reads the environment variables of the LOVE-producer that
// concern producers: FINISHED_SCRIPTS_LIST_SIZE, a number from 0, and
// UPDATE_SCRIPTS_SCHEMA_ON_START, "true" or "1" (producer spec, section 11).
// getenv is usually os.Getenv.
func OptionsFromEnv(getenv func(string) string) (opts []Option, err error) {
	const size, update = "FINISHED_SCRIPTS_LIST_SIZE", "UPDATE_SCRIPTS_SCHEMA_ON_START"
	if text := getenv(size); text != "" {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%s=%q: give a whole number from 0", size, text)
		}
		opts = append(opts, WithFinishedScripts(n))
	}
	if text := getenv(update); text != "" {
		opts = append(opts, WithSchemas(strings.EqualFold(text, "true") || text == "1"))
	}
	return opts, nil
}
