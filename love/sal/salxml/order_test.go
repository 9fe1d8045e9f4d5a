package salxml_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal/salxml"
)

const subsystems = `<S><SALSubsystem><Name>Lamp</Name></SALSubsystem><SALSubsystem><Name>Watcher</Name></SALSubsystem>
<SALSubsystem><Name>Hexapod</Name></SALSubsystem><SALSubsystem><Name>ATDome</Name></SALSubsystem></S>`

func TestComponentsAreInTheOrderOfTheObservatorysPrograms(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"none of the folder's":    {nil, []string{"ATDome", "Watcher", "Lamp", "Hexapod"}},
		"that of the folder":      {map[string]string{"all-components.json": `{"component_order": ["Watcher", "Hexapod", "Stone", "Lamp"]}`}, []string{"Watcher", "Hexapod", "Lamp", "ATDome"}},
		"an empty one":            {map[string]string{"all-components.json": `{"component_order": []}`}, []string{"Lamp", "Watcher", "Hexapod", "ATDome"}},
		"a file without one":      {map[string]string{"all-components.json": `{"components": {}}`}, []string{"ATDome", "Watcher", "Lamp", "Hexapod"}},
		"with names listed twice": {map[string]string{"all-components.json": `{"component_order": ["Lamp", "ATDome", "Lamp"]}`}, []string{"ATDome", "Lamp", "Watcher", "Hexapod"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"SALSubsystems.xml": subsystems}
			for file, text := range c.files {
				files[file] = text
			}
			defs, err := salxml.ReadFS(folder(files))
			require.NoError(t, err)
			require.Equal(t, c.want, defs.Names())
		})
	}
	_, err := salxml.ReadFS(folder(map[string]string{"all-components.json": `{"component_order": "Lamp"}`}))
	require.ErrorContains(t, err, "reading SAL interfaces: all-components.json: ")
}

func TestTheOrderMayBeInTheFolderAboveTheComponents(t *testing.T) {
	all := fstest.MapFS{"all-components.json": &fstest.MapFile{Data: []byte(`{"component_order": ["Hexapod", "Lamp"]}`)}}
	for name, file := range folder(nil) {
		all["sal_interfaces/"+name] = file
	}
	defs, err := salxml.ReadFS(all)
	require.NoError(t, err)
	require.Equal(t, []string{"Hexapod", "Lamp"}, defs.Names())
}

// The recordings have the order of the Python programs.
func TestTheObservatorysComponentsAreInTheRecordedOrder(t *testing.T) {
	golden, interfaces := os.Getenv("LOVE_GOLDEN"), os.Getenv("LOVE_SAL_INTERFACES")
	if golden == "" || interfaces == "" {
		t.Skip("LOVE_GOLDEN or LOVE_SAL_INTERFACES is not set")
	}
	text, err := os.ReadFile(filepath.Join(golden, "sal", "all-components.json"))
	require.NoError(t, err)
	var recorded struct {
		Order []string `json:"component_order"`
	}
	require.NoError(t, json.Unmarshal(text, &recorded))
	defs, err := salxml.ReadDir(interfaces)
	require.NoError(t, err)
	names := defs.Names()
	require.Equal(t, slices.DeleteFunc(recorded.Order, func(name string) bool { return !slices.Contains(names, name) }), names)
}
