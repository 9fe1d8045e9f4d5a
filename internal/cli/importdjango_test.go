package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// pythonManager writes what a Python manager exports, and its folder with files.
func pythonManager(t *testing.T) (dump, media string) {
	t.Helper()
	dump, media = filepath.Join(t.TempDir(), "dump.json"), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(media, "configs"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(media, "configs", "loud.json"), []byte(`{"alarms": {}}`), 0o600))
	require.NoError(t, os.WriteFile(dump, []byte(`[
		{"model": "auth.user", "pk": 1, "fields": {"username": "ada", "is_active": true, "password": ""}},
		{"model": "ui_framework.view", "pk": 31, "fields": {"creation_timestamp": "2019-11-18T18:36:40.224Z", "name": "Dome", "data": {"n": 1.50}, "thumbnail": "", "screen": "desktop"}},
		{"model": "ui_framework.view", "pk": 32, "fields": {"name": "A name that is far too long", "data": {}}},
		{"model": "api.configfile", "pk": 1, "fields": {"user": 1, "file_name": "loud.json", "config_file": "configs/loud.json", "selected_by_users": [1]}}]`), 0o600))
	return dump, media
}

func TestImportDjango_TakesOverTheFrontendsData(t *testing.T) {
	u := newUser(t)
	u.useDatabase()
	dump, media := pythonManager(t)
	got := u.run("import-django", dump, "--media", media)
	require.Zero(t, got.code, got.errors)
	require.Equal(t, "1 users and 0 groups imported\n2 objects of the frontend imported\n", got.out)
	require.Contains(t, got.errors, `ui_framework.view 32 "A name that is far too long": left out: name: Ensure this field`)
	got = u.run("import-django", dump, "--media", media)
	require.Zero(t, got.code, got.errors)
	require.Contains(t, got.out, "0 objects of the frontend imported, 2 are there from before and stay as they are\n")

	var e struct {
		Frontend []struct {
			Model  string
			PK     int
			Fields map[string]any
		}
	}
	text := u.mustRun("", "export")
	require.NoError(t, json.Unmarshal([]byte(text), &e))
	require.Len(t, e.Frontend, 2)
	require.Equal(t, "Dome", e.Frontend[0].Fields["name"])
	require.Contains(t, text, `1.50`, "numbers keep their digits")
	require.Equal(t, []any{[]any{"ada"}}, e.Frontend[1].Fields["selected_by_users"])

	exported := filepath.Join(t.TempDir(), "export.json")
	require.NoError(t, os.WriteFile(exported, []byte(text), 0o600))
	require.Contains(t, u.mustRun("", "import-django", exported), "0 objects of the frontend imported, 2 are there")
	other := newUser(t)
	other.useDatabase()
	require.Equal(t, "2 objects of the frontend imported\n", other.mustRun("", "import-django", exported))
	var again json.RawMessage
	var first map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &first))
	again = first["frontend"]
	require.NoError(t, json.Unmarshal([]byte(other.mustRun("", "export")), &first))
	require.JSONEq(t, string(again), string(first["frontend"]))
}

func TestImportDjango_RefusesWhatItCannotRead(t *testing.T) {
	u := newUser(t)
	file := u.useDatabase()
	dump, media := pythonManager(t)
	require.Contains(t, u.mustFail(exitFailure, "", "import-django", dump, "--media", filepath.Join(media, "none")), "--media: open")
	empty := filepath.Join(t.TempDir(), "empty.json")
	for text, want := range map[string]string{"[]": "neither auth.user nor auth.group", "{}": "this is not an export", "x": "this is not an export"} {
		require.NoError(t, os.WriteFile(empty, []byte(text), 0o600))
		require.Contains(t, u.mustFail(exitFailure, "", "import-django", empty), want)
	}
	require.NoFileExists(t, file)
}

func TestManager_HasAFewViewsUnlessSomeWereImported(t *testing.T) {
	u := newUser(t)
	u.useDatabase()
	dump, media := pythonManager(t)
	require.Zero(t, u.run("import-django", dump, "--media", media).code)
	p, _ := u.startManager()
	require.Zero(t, p.stop())
	var e struct{ Frontend []struct{ Model string } }
	require.NoError(t, json.Unmarshal([]byte(u.mustRun("", "export")), &e))
	count := map[string]int{}
	for _, o := range e.Frontend {
		count[o.Model]++
	}
	require.Equal(t, 1, count["ui_framework.view"])
	require.Equal(t, 1, count["api.configfile"])
	require.NotZero(t, count["api.imagetag"])
}
