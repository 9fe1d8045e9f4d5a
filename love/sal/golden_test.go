package sal_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/salxml"
)

// Recorded facts about salobj are not part of the project, nor are the
// observatory's definitions, which have another licence. LOVE_GOLDEN names the
// folder of the first, LOVE_SAL_INTERFACES that of the second. Without them the
// tests read a small set of the project's own, see testdata/README.md.
const (
	ownGolden     = "testdata/golden"
	ownInterfaces = "testdata"
)

// goldenFolder returns the folder of recordings.
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

// goldenInterfaces returns the definitions that the recordings are about.
func goldenInterfaces(t testing.TB) *sal.Definitions {
	root := os.Getenv("LOVE_SAL_INTERFACES")
	if root == "" {
		root = ownInterfaces
	}
	defs, err := salxml.ReadDir(root)
	require.NoError(t, err)
	return defs
}

// goldenKinds distinguishes files by their content, not by their names: each kind has
// a member, or one of several, that no other kind has.
var goldenKinds = []struct {
	members []string
	check   func(t *testing.T, text []byte)
}{
	{[]string{"avro_schema_json"}, goldenTopic},
	{[]string{"private", "ackcmd_topic_description"}, goldenPrivateFields},
	{[]string{"leap_seconds", "tai_from_utc", "utc_from_tai", "too_early_utc"}, goldenTAI},
	{slices.Collect(maps.Keys(goldenReplays)), goldenFlows},
}

func TestGolden(t *testing.T) {
	folder := goldenFolder()
	require.True(t, isFolder(folder), "LOVE_GOLDEN: %s is not a folder", folder)
	files, err := fs.Glob(os.DirFS(folder), "*.json")
	require.NoError(t, err)
	for _, file := range files {
		if isFolder(filepath.Join(folder, file)) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, file))
		require.NoError(t, err)
		if check := goldenKind(text); check != nil {
			t.Run(file, func(t *testing.T) { check(t, text) })
		}
	}
}

// goldenKind returns the check of a file, nil if its kind is not one of these.
func goldenKind(text []byte) func(*testing.T, []byte) {
	var names []struct{ Input *string }
	var revisions map[string]map[string]string
	var enums map[string]map[string]int
	var digests struct {
		Components map[string]struct {
			Fields string `json:"fields_sha256"`
		}
	}
	var content map[string]json.RawMessage
	switch {
	case json.Unmarshal(text, &names) == nil:
		if len(names) > 0 && names[0].Input != nil {
			return goldenNames
		}
	case json.Unmarshal(text, &revisions) == nil:
		return goldenRevisions
	case json.Unmarshal(text, &enums) == nil:
		return goldenEnumerations
	case json.Unmarshal(text, &digests) == nil && len(digests.Components) > 0:
		return goldenComponents
	case json.Unmarshal(text, &content) == nil:
		for _, kind := range goldenKinds {
			if slices.ContainsFunc(kind.members, func(m string) bool { return content[m] != nil }) {
				return kind.check
			}
		}
	}
	return nil
}

func TestGoldenFilesAreDistinguishedByTheirContent(t *testing.T) {
	for _, foreign := range []string{``, `x`, `{`, `null`, `[]`, `[1]`, `7`, `"tai"`, `{"messages": [1]}`, `{"components": [1]}`, `[{"writer_schema": {}}]`} {
		require.Nil(t, goldenKind([]byte(foreign)), foreign)
	}
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	require.NoError(t, d.Decode(into))
}
