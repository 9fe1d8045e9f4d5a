package configfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/rubin-love/love-go/internal/configfile"
)

func TestASettingHasItsLineItsKindAndItsValueAsWritten(t *testing.T) {
	all, err := configfile.Parse([]byte(`# of the site
listen: 0.0.0.0:8000
trace: false
compression: on

jira-project: 010065
limit-queue-bytes: 64 MiB
smtp-password: "12345 # not a comment"
origins: [https://a.example, "https://b.example"]
efd:
  - summit_efd=http://influxdb:8086
  - 7
approval: []
`))
	require.NoError(t, err)
	require.Equal(t, []configfile.Setting{
		{Name: "listen", Line: 2, Kind: configfile.Text, Values: []string{"0.0.0.0:8000"}},
		{Name: "trace", Line: 3, Kind: configfile.Bool, Values: []string{"false"}},
		{Name: "compression", Line: 4, Kind: configfile.Text, Values: []string{"on"}},
		{Name: "jira-project", Line: 6, Kind: configfile.Number, Values: []string{"010065"}},
		{Name: "limit-queue-bytes", Line: 7, Kind: configfile.Text, Values: []string{"64 MiB"}},
		{Name: "smtp-password", Line: 8, Kind: configfile.Text, Values: []string{"12345 # not a comment"}},
		{Name: "origins", Line: 9, Kind: configfile.List, Values: []string{"https://a.example", "https://b.example"}},
		{Name: "efd", Line: 10, Kind: configfile.List, Values: []string{"summit_efd=http://influxdb:8086", "7"}},
		{Name: "approval", Line: 13, Kind: configfile.List, Values: []string{}},
	}, all)
}

func TestAFileWithoutSettingsIsEmpty(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "{}\n", "null\n"} {
		all, err := configfile.Parse([]byte(text))
		require.NoError(t, err, "%q", text)
		require.Empty(t, all, "%q", text)
	}
}

func TestAnErrorSaysWhereAndWhy(t *testing.T) {
	for text, want := range map[string]string{
		"listen: a\nping: 5s\nlisten: b\n":   `line 3: "listen" is given a second time, after line 1: remove one`,
		"a: 1\nb:\n":                         "line 2: b has no value",
		"a: 1\nb: ~\n":                       "line 2: b has no value",
		"limits:\n  queue-bytes: 5\n":        "line 2: limits: settings are not nested",
		"a: [[1]]\n":                         "line 1: a: settings are not nested",
		"a: &x 1\nb: *x\n":                   "line 2: b: *x refers to another value",
		"a: !!binary aGk=\n":                 "line 1: a: write the value without the tag",
		"- listen\n":                         "line 1: the file must have lines NAME: VALUE",
		"just words\n":                       "line 1: the file must have lines NAME: VALUE",
		"a: 1\n---\nb: 2\n":                  "a second document begins here",
		"a: 1\nb: \"not closed\n":            "line ",
		"a: 1\n\tb: 2\n":                     "line 2: ",
		"? [x]\n: 1\n":                       "line 1: the name of a setting is missing",
		"database: sqlite::memory:\n":        "line 1: a value that ends with a colon",
		"base: &b {x: 1}\n":                  "line 1: base: settings are not nested",
		"a: \"\\0\"\n":                       "line 1: a: the value has a NUL",
		string(make([]byte, 1<<20+1)) + "\n": "has more than 1048576 bytes",
	} {
		_, err := configfile.Parse([]byte(text))
		require.ErrorContains(t, err, want, "%.40q", text)
		require.IsType(t, &configfile.Error{}, err)
	}
}

// FuzzParse checks that whatever is read is what YAML reads, name by name.
func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.yaml")
	require.NoError(f, err)
	require.NotEmpty(f, seeds)
	for _, path := range seeds {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := configfile.Parse(text)
		if err != nil {
			require.Empty(t, all)
			require.NotEmpty(t, err.Error())
			return
		}
		var same map[string]any
		require.NoError(t, yaml.Unmarshal(text, &same))
		require.Len(t, all, len(same))
		for _, s := range all {
			require.Contains(t, same, s.Name)
			require.Positive(t, s.Line)
			if s.Kind != configfile.List {
				require.Len(t, s.Values, 1)
			}
		}
	})
}
