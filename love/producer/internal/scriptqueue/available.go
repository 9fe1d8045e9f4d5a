package scriptqueue

import (
	"maps"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love"
)

// availableScripts lists the scripts of one kind that a queue could run.
type availableScripts struct {
	paths   []string // in order of first appearance
	schemas map[string]string
}

// emptySchema stands for the schema of a script that has none.
const emptySchema = "# empty schema"

// set sets the paths from a list joined with colons. Known ones keep their
// schemas.
func (a *availableScripts) set(joined string) {
	paths := slices.DeleteFunc(strings.Split(joined, ":"), func(path string) bool { return path == "" })
	listed := map[string]bool{}
	for _, path := range paths {
		listed[path] = true
	}
	a.paths = slices.DeleteFunc(a.paths, func(path string) bool { return !listed[path] })
	maps.DeleteFunc(a.schemas, func(path, _ string) bool { return !listed[path] })
	for _, path := range paths {
		a.add(path)
	}
}

// setSchema sets the schema of a path, which need not be known yet.
func (a *availableScripts) setSchema(path, schema string) {
	if schema == "" {
		schema = emptySchema
	}
	a.add(path)
	a.schemas[path] = schema
}

// add adds a path that is not known yet.
func (a *availableScripts) add(path string) {
	if _, known := a.schemas[path]; known {
		return
	}
	if a.schemas == nil {
		a.schemas = map[string]string{}
	}
	a.paths = append(a.paths, path)
	a.schemas[path] = ""
}

// appendJSON appends the scripts as elements of a JSON list that may have some
// already.
func (a *availableScripts) appendJSON(dst []byte, kind string) []byte {
	for _, path := range a.paths {
		if dst[len(dst)-1] != '[' {
			dst = append(dst, ',')
		}
		dst = love.AppendText(append(dst, `{"type":`...), kind)
		dst = love.AppendText(append(dst, `,"path":`...), path)
		dst = append(love.AppendText(append(dst, `,"configSchema":`...), a.schemas[path]), '}')
	}
	return dst
}
