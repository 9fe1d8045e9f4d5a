package sal_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// Recorded facts about the reference are not part of the project, nor are the
// observatory's definitions, which have another licence. LOVE_GOLDEN names the
// folder of the first, LOVE_SAL_INTERFACES that of the second. Without them the
// tests read a small set of the project's own, see testdata/README.md.
const (
	ownGolden     = "testdata/golden"
	ownInterfaces = "testdata"
)

// goldenFolder is the folder of vectors.
func goldenFolder() string {
	root := os.Getenv("LOVE_GOLDEN")
	if root == "" {
		return ownGolden
	}
	if inner := filepath.Join(root, "sal"); isFolder(inner) {
		return inner
	}
	return root
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// goldenInterfaces are the definitions that the vectors are about.
func goldenInterfaces(t testing.TB) *sal.Definitions {
	root := os.Getenv("LOVE_SAL_INTERFACES")
	if root == "" {
		root = ownInterfaces
	}
	defs, err := sal.ReadDir(root)
	require.NoError(t, err)
	return defs
}

// goldenKinds tells files apart by the beginning of their names; a file of a
// topic by what is in it.
var goldenKinds = map[string]func(t *testing.T, text []byte){
	"all-components": goldenComponents,
	"enums":          goldenEnumerations,
	"flows":          goldenFlows,
	"name-index":     goldenNames,
	"private-fields": goldenPrivateFields,
	"revcodes":       goldenRevisions,
	"tai":            goldenTAI,
}

func TestGolden(t *testing.T) {
	folder := goldenFolder()
	files, err := fs.Glob(os.DirFS(folder), "*.json")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(folder, file))
		require.NoError(t, err)
		if check := goldenKind(file, text); check != nil {
			t.Run(file, func(t *testing.T) { check(t, text) })
		}
	}
}

// goldenKind is what checks a file, nil for one of a foreign kind.
func goldenKind(file string, text []byte) func(*testing.T, []byte) {
	for prefix, check := range goldenKinds {
		if strings.HasPrefix(file, prefix) {
			return check
		}
	}
	var topic struct {
		SALName string          `json:"sal_name"`
		Schema  json.RawMessage `json:"avro_schema_json"`
	}
	if json.Unmarshal(text, &topic) == nil && topic.SALName != "" && topic.Schema != nil {
		return goldenTopic
	}
	return nil
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	require.NoError(t, d.Decode(into))
}
