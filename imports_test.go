package lovego_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/rubin-love/love-go"

// mayImport lists the units that each unit may import. A unit is a package with
// the packages below it that have no entry of their own. Other packages under
// internal/ may be imported by all, and import only each other.
var mayImport = map[string][]string{
	".":    {},
	"love": {},

	"love/audit":         {"love"},
	"love/auth":          {"love"},
	"love/auth/django":   {"love/auth", "love/auth/password"},
	"love/auth/jwt":      {"love", "love/auth"},
	"love/auth/ldap":     {"love", "love/audit", "love/auth"},
	"love/auth/oidc":     {"love", "love/audit", "love/auth"},
	"love/auth/password": {"love/auth"},

	"love/commander":               {"love"},
	"love/commander/authority":     {"love", "love/commander"},
	"love/commander/commanderhttp": {"love", "love/commander"},
	"love/commander/lovecsc":       {"love", "love/client", "love/commander", "love/sal"},
	"love/commander/record":        {"love", "love/commander"},
	"love/commander/salcommander":  {"love", "love/commander", "love/sal"},
	"love/commander/trace":         {"love", "love/commander"},

	"love/history":             {"love"},
	"love/history/archive":     {"love", "love/history"},
	"love/history/efd":         {"love", "love/history"},
	"love/history/efdhttp":     {"love", "love/history"},
	"love/history/historyhttp": {"love", "love/history", "love/manager"},

	"love/client":    {"love", "love/commander", "love/commander/commanderhttp", "love/history"},
	"love/dashboard": {},
	"love/hub":       {"love", "love/auth"},
	"love/hub/redis": {"love", "love/hub"},
	"love/manager": {
		"love", "love/audit", "love/auth", "love/commander", "love/commander/authority", "love/commander/commanderhttp", "love/dashboard", "love/hub",
	},
	"love/metrics":               {"love", "love/history/archive", "love/hub", "love/manager"},
	"love/frontend":              {"love"},
	"love/frontend/frontendhttp": {"love", "love/auth", "love/frontend", "love/manager"},

	"love/external": {"love", "love/auth", "love/commander", "love/commander/commanderhttp", "love/manager"},
	"love/producer": {"love", "love/client", "love/sal", "love/sal/enums"},

	"love/sal":        {"love"},
	"love/sal/enums":  {},
	"love/sal/kafka":  {"love", "love/sal"},
	"love/sal/sallog": {"love/sal"},
	"love/sal/salxml": {"love/sal"},
	"love/sal/sim":    {"love", "love/sal", "love/sal/enums", "love/sal/sallog"},

	"love/store": {"love", "love/audit", "love/auth", "love/auth/jwt", "love/commander", "love/commander/authority", "love/commander/record", "love/frontend"},

	"love/server": {
		"love", "love/audit", "love/auth", "love/auth/jwt", "love/auth/password", "love/commander", "love/commander/authority",
		"love/commander/commanderhttp", "love/commander/record", "love/history", "love/history/archive",
		"love/history/historyhttp", "love/hub", "love/manager", "love/metrics", "love/frontend", "love/frontend/frontendhttp",
	},

	"love/lovetest": everything,
	"internal/cli":  everything,
	"cmd/loved":     {},
	"examples":      everything,
}

// everything is for units that only tests import.
var everything = []string{"*"}

// mayNeed lists the other modules that a unit may import, directly or not. A
// driver is a unit of its own, so that a program that embeds the hub does not
// compile a Kafka client.
var mayNeed = map[string][]string{
	"love":                         {},
	"love/audit":                   {},
	"love/auth":                    {},
	"love/auth/django":             hashing,
	"love/auth/jwt":                {"github.com/golang-jwt/jwt/v5"},
	"love/auth/ldap":               {"github.com/go-ldap/ldap/v3", "github.com/go-asn1-ber/asn1-ber", "github.com/Azure/go-ntlmssp", "github.com/google/uuid", "golang.org/x/crypto"},
	"love/auth/oidc":               {"github.com/coreos/go-oidc/v3", "github.com/go-jose/go-jose/v4", "golang.org/x/oauth2"},
	"love/auth/password":           hashing,
	"love/client":                  websocket,
	"love/commander":               {},
	"love/commander/authority":     {},
	"love/commander/commanderhttp": {},
	"love/commander/lovecsc":       websocket,
	"love/commander/record":        {},
	"love/commander/salcommander":  {},
	"love/commander/trace": {
		"go.opentelemetry.io/otel", "go.opentelemetry.io/otel/trace", "go.opentelemetry.io/otel/metric", "go.opentelemetry.io/otel/log", "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp",
		"go.opentelemetry.io/auto/sdk", "github.com/felixge/httpsnoop", "github.com/go-logr/logr", "github.com/go-logr/stdr", "github.com/cespare/xxhash/v2",
	},
	"love/dashboard":       {},
	"love/external":        append(slices.Clone(compressed), "github.com/julienschmidt/httprouter", "github.com/wneessen/go-mail", "golang.org/x/crypto", "golang.org/x/text"),
	"love/hub":             compressed,
	"love/hub/redis":       append(slices.Clone(compressed), "github.com/redis/rueidis", "golang.org/x/sys"),
	"love/history":         {},
	"love/history/archive": {"github.com/klauspost/compress"},
	"love/history/efd":     {},
	"love/manager":         append(slices.Clone(compressed), "github.com/julienschmidt/httprouter"),
	"love/history/efdhttp": {},
	"love/producer":        websocket,
	"love/sal":             {},
	"love/sal/enums":       {},
	"love/sal/sallog":      {},
	"love/sal/salxml":      {},
	"love/sal/sim":         {},
}

var (
	hashing   = []string{"golang.org/x/crypto", "golang.org/x/sys"}
	websocket = []string{"github.com/gobwas/ws", "github.com/gobwas/httphead", "github.com/gobwas/pool"}
	// compressed is for the websocket's server alone: our client does not compress.
	compressed = append(slices.Clone(websocket), "github.com/klauspost/compress")
)

// mustNotNeed lists the units that a unit must not import, directly or not.
var mustNotNeed = map[string][]string{
	"love/manager": {"love/sal", "love/store"},
	"love/server":  {"love/sal", "love/store"},
	"love/store":   {"love/sal", "love/hub", "love/manager"},
	"love/hub":     {"love/commander", "love/sal", "love/client"},
	"love/sal/sim": {"love/sal/salxml"},
}

func TestUnitsImportOnlyWhatTheyMay(t *testing.T) {
	for _, p := range ours(t) {
		for _, imported := range p.Imports {
			to, own := strings.CutPrefix(imported, module+"/")
			from := unit(p.name())
			_, known := mayImport[from]
			switch {
			case !own || isInternal(to) || unit(to) == from:
				// Go itself keeps love/sal/internal inside love/sal.
			case isInternal(p.name()) && !known:
				t.Errorf("%s imports %s: a package under internal/ may import only others there", p.name(), to)
			case !slices.Contains(mayImport[from], unit(to)) && !slices.Equal(mayImport[from], everything):
				t.Errorf("%s imports %s: unit %s may import only %v", p.name(), to, from, mayImport[from])
			}
		}
	}
}

func TestEveryPackageIsInAUnit(t *testing.T) {
	for _, p := range ours(t) {
		_, known := mayImport[unit(p.name())]
		require.True(t, known || isInternal(p.name()), "%s: give its unit an entry in mayImport", p.name())
	}
}

func TestPackagesNeedOnlyTheModulesThatTheyMay(t *testing.T) {
	for _, p := range ours(t) {
		allowed, limited := mayNeed[p.name()]
		if !limited {
			continue
		}
		for name, dependency := range closure(t, p) {
			if dependency.Module == nil || dependency.Module.Path == module {
				continue // the standard library, or ours
			}
			require.Contains(t, allowed, dependency.Module.Path, "%s needs %s", p.name(), name)
		}
	}
}

func TestPackagesDoNotNeedWhatTheyMustNot(t *testing.T) {
	for _, p := range ours(t) {
		for name := range closure(t, p) {
			own, _ := strings.CutPrefix(name, module+"/")
			require.NotContains(t, mustNotNeed[p.name()], own, "%s needs it", p.name())
		}
	}
}

func TestWhatIsForTestsIsNotPartOfAnyProgram(t *testing.T) {
	for _, p := range ours(t) {
		for _, tests := range []string{"love/lovetest", "internal/apitest"} {
			if p.name() != tests {
				require.NotContains(t, p.Imports, module+"/"+tests, "%s: that is for tests", p.name())
			}
		}
	}
}

// goPackage is a package as go list describes it, without its tests.
type goPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Module     *struct{ Path string }
}

// name returns the path within the module, such as "love/hub".
func (p *goPackage) name() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

// packages are those of this module and all that they import, by import path.
var packages = sync.OnceValues(func() (map[string]*goPackage, error) {
	out, err := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,Module", "./...").Output()
	if err != nil {
		return nil, err
	}
	all := map[string]*goPackage{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		}
		all[p.ImportPath] = &p
	}
})

func ours(t *testing.T) (list []*goPackage) {
	t.Helper()
	all, err := packages()
	require.NoError(t, err, "go list must work here")
	for _, p := range all {
		if p.Module != nil && p.Module.Path == module {
			list = append(list, p)
		}
	}
	require.NotEmpty(t, list)
	return list
}

// closure returns a package with all that it imports, directly or not.
func closure(t *testing.T, p *goPackage) map[string]*goPackage {
	t.Helper()
	all, err := packages()
	require.NoError(t, err)
	found := map[string]*goPackage{}
	var visit func(p *goPackage)
	visit = func(p *goPackage) {
		if p == nil || p.Standard || found[p.ImportPath] != nil {
			return
		}
		found[p.ImportPath] = p
		for _, imported := range p.Imports {
			visit(all[imported])
		}
	}
	visit(p)
	return found
}

// unit returns the longest path in mayImport that a package's path lies in.
func unit(dir string) string {
	for d := dir; ; {
		if _, known := mayImport[d]; known {
			return d
		}
		i := strings.LastIndexByte(d, '/')
		if i < 0 {
			return dir
		}
		d = d[:i]
	}
}

func isInternal(dir string) bool { return slices.Contains(strings.Split(dir, "/"), "internal") }
