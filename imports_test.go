package lovego_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/rubin-love/love-go"

// mayImport says which rooms each room of the house may import: arrows point
// down only. Packages under internal/ may be imported by all and import only
// each other. Drivers are rooms of their own, so that who embeds the hub does
// not compile a Kafka client; only the command wires them.
var mayImport = map[string][]string{
	".":                      {},
	"love":                   {},
	"love/auth":              {"love"},
	"love/auth/ldap":         {"love", "love/auth"},
	"love/client":            {"love"},
	"love/commander":         {"love", "love/sal"},
	"love/commander/lovecsc": {"love", "love/client", "love/commander", "love/sal"},
	"love/dashboard":         {},
	"love/hub":               {"love", "love/auth"},
	"love/hub/redis":         {"love", "love/hub"},
	"love/lovetest":          undriven,
	"love/manager":           {"love", "love/auth", "love/commander", "love/dashboard", "love/hub"},
	"love/producer":          {"love", "love/client", "love/sal", "love/sal/enums"},
	"love/sal":               {"love"},
	"love/sal/enums":         {},
	"love/sal/kafka":         {"love", "love/sal"},
	"love/sal/sallog":        {"love/sal"},
	"love/sal/salxml":        {"love/sal"},
	"love/sal/sim":           {"love", "love/sal", "love/sal/enums", "love/sal/sallog"},
	"love/store":             {"love", "love/auth", "love/commander"},
	"cmd/loved":              slices.Concat(undriven, drivers, readers),
	"examples":               slices.Concat(undriven, drivers, readers),
}

var undriven = []string{
	"love", "love/auth", "love/client", "love/commander", "love/commander/lovecsc", "love/dashboard",
	"love/hub", "love/manager", "love/producer", "love/sal", "love/sal/enums", "love/sal/sallog", "love/sal/sim",
}

// drivers are the rooms that bring a client of some other system along.
var drivers = []string{"love/auth/ldap", "love/hub/redis", "love/sal/kafka", "love/store"}

// readers are the rooms that read definitions from files: who uses the simulated
// observatory only does not compile them.
var readers = []string{"love/sal/salxml"}

// modulesOf says which modules of others each room may import, its tests
// aside: what a user of the room has to compile.
var modulesOf = map[string][]string{
	"internal/bench": {"github.com/gobwas/ws"},
	"love/auth":      {"github.com/golang-jwt/jwt/v5", "golang.org/x/crypto"},
	"love/auth/ldap": {"github.com/go-ldap/ldap/v3"},
	"love/client":    {"github.com/gobwas/ws"},
	"love/hub":       {"github.com/gobwas/ws", "github.com/gobwas/httphead"},
	"love/hub/redis": {"github.com/redis/go-redis/v9"},
	"love/lovetest":  {"github.com/gobwas/ws", "github.com/stretchr/testify"},
	"love/manager":   {"github.com/julienschmidt/httprouter"},
	"love/sal/kafka": {"github.com/twmb/avro", "github.com/twmb/franz-go", "go.yaml.in/yaml/v3"},
	"love/store":     {"github.com/jackc/pgx/v5", "github.com/pressly/goose/v3", "modernc.org/sqlite"},
	"cmd/loved":      {"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"},
}

func TestArrowsBetweenRoomsPointDown(t *testing.T) {
	for _, f := range sources(t) {
		if f.externalTest {
			continue
		}
		for _, imported := range f.imports {
			to, own := strings.CutPrefix(imported, module+"/")
			switch {
			case !own || room(to) == f.room && !isInternal(to):
			case isInternal(to):
				// Go itself keeps love/sal/internal inside love/sal.
			case strings.HasPrefix(f.path, "internal/"):
				t.Errorf("%s imports %s: a package under internal/ imports no room", f.path, to)
			case !slices.Contains(mayImport[f.room], room(to)):
				t.Errorf("%s imports %s: room %s may import only %v", f.path, to, f.room, mayImport[f.room])
			}
		}
	}
}

func TestEveryPackageIsInARoomWithKnownArrows(t *testing.T) {
	for _, f := range sources(t) {
		_, known := mayImport[f.room]
		require.True(t, known || isInternal(path.Dir(f.path)), "%s: give its room %q a line in mayImport", f.path, f.room)
	}
}

func TestLovetestIsImportedByExternalTestsOnly(t *testing.T) {
	for _, f := range sources(t) {
		if slices.Contains(f.imports, module+"/love/lovetest") {
			require.True(t, f.externalTest, "%s imports lovetest, which is for packages x_test", f.path)
		}
	}
}

func TestWhoEmbedsARoomCompilesOnlyTheModulesThatItNeeds(t *testing.T) {
	for _, f := range sources(t) {
		if strings.HasSuffix(f.path, "_test.go") || f.room == "examples" {
			continue
		}
		for _, imported := range f.imports {
			if domain, _, _ := strings.Cut(imported, "/"); !strings.Contains(domain, ".") || strings.HasPrefix(imported, module) {
				continue // the standard library, or ours
			}
			allowed := slices.ContainsFunc(modulesOf[f.room], func(m string) bool {
				return imported == m || strings.HasPrefix(imported, m+"/")
			})
			require.True(t, allowed, "%s imports %s: room %s may use only %v", f.path, imported, f.room, modulesOf[f.room])
		}
	}
}

// source is a Go file of this module.
type source struct {
	path         string // from the root, with slashes
	room         string
	externalTest bool // of a package x_test
	imports      []string
}

// room is the longest known room that a package's path lies in.
func room(dir string) string {
	for d := dir; d != "."; d = path.Dir(d) {
		if _, known := mayImport[d]; known {
			return d
		}
	}
	return dir
}

func isInternal(dir string) bool { return slices.Contains(strings.Split(dir, "/"), "internal") }

func sources(t *testing.T) (files []source) {
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "testdata" || name == "tools" || strings.HasPrefix(name, ".") && name != "."):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		files = append(files, source{
			path:         name,
			room:         room(path.Dir(name)),
			externalTest: strings.HasSuffix(parsed.Name.Name, "_test"),
			imports:      importsOf(parsed),
		})
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func importsOf(f *ast.File) (paths []string) {
	for _, spec := range f.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}
