package salxml_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/salxml"
)

// ownInterfaces is the folder of definitions that were written for the tests.
const ownInterfaces = "../testdata"

// ownFiles returns the definitions of the test data.
func ownFiles(t testing.TB) fstest.MapFS {
	files := fstest.MapFS{}
	own := os.DirFS(ownInterfaces)
	require.NoError(t, fs.WalkDir(own, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path, "golden") {
			return err
		}
		text, err := fs.ReadFile(own, path)
		files[path] = &fstest.MapFile{Data: text}
		return err
	}))
	return files
}

// camera reads the definition of a camera with one more file, or without it if the
// name is empty.
func camera(t testing.TB, files fstest.MapFS, name, text string) (*sal.Component, error) {
	files = maps.Clone(files)
	if name != "" {
		files["interfaces/Lens/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	defs, err := salxml.ReadFS(files)
	require.NoError(t, err)
	return defs.Component("Lens")
}

func TestCameraTelemetryComesFromItsOwnFiles(t *testing.T) {
	c, err := camera(t, ownFiles(t), "", "")
	require.NoError(t, err)
	power, ok := c.Topic("tel_power")
	require.True(t, ok)
	names := []string{}
	for _, f := range power.Own() {
		names = append(names, f.Name)
	}
	require.Equal(t, []string{"timestamp", "volt", "state"}, names, "in place of the topic of the XML")
	f, _ := power.Field("timestamp")
	require.Equal(t, "long", f.TypeName())
	require.Equal(t, sal.LongLong, f.Type, "Avro's long has 64 bits")
	require.False(t, f.Nullable)
}

func TestFieldOfACameraMayHaveNoValue(t *testing.T) {
	c, err := camera(t, ownFiles(t), "", "")
	require.NoError(t, err)
	power, _ := c.Topic("tel_power")
	s, err := sal.NewSample(power, nil)
	require.NoError(t, err)
	require.False(t, s.Null("volt"), "the zero of its type, at first")
	s, err = sal.NewSample(power, sal.Values{"volt": sal.Null, "state": "on"})
	require.NoError(t, err)
	require.True(t, s.Null("volt"))
	require.False(t, s.Null("state"))
	require.Nil(t, s.Value("volt"))
	require.Zero(t, s.Float("volt"))
	require.Contains(t, s.String(), `"timestamp":0,"volt":null,"state":"on"`)
	text, err := json.Marshal(s)
	require.NoError(t, err)
	require.True(t, json.Valid(text))

	into := struct {
		Volt  *float64
		State string
	}{Volt: new(float64)}
	require.NoError(t, s.Into(&into))
	require.Nil(t, into.Volt)
	back, err := sal.ValuesOf(into)
	require.NoError(t, err)
	require.Equal(t, sal.Null, back["volt"])

	_, err = sal.NewSample(power, sal.Values{"timestamp": sal.Null})
	require.ErrorContains(t, err, "field timestamp: takes a value, not null")
}

func TestErrorNamesTheBrokenCameraFile(t *testing.T) {
	for want, file := range map[string]string{
		"bad.avsc:3: not the JSON of an Avro record": "{\n\"type\": \"record\",\n oops",
		"holds one Avro record":                      `{"type": "enum"}`,
		"has no list of fields":                      `{"type": "record"}`,
		"field 1: a field has no name":               `{"type": "record", "fields": [{"type": "int"}]}`,
		"field 1: x: the type is boolean, int":       `{"type": "record", "fields": [{"name": "x", "type": "bytes"}]}`,
		"x: the type is boolean":                     `{"type": "record", "fields": [{"name": "x", "type": ["null", "int", "long"]}]}`,
		"null and one other":                         `{"type": "record", "fields": [{"name": "x", "type": ["int"]}]}`,
		"a second field x":                           `{"type": "record", "fields": [{"name": "x", "type": "int"}, {"name": "x", "type": "int"}]}`,
		"two fields are called private_origin":       `{"type": "record", "fields": [{"name": "private_origin", "type": "int"}]}`,
		"after top-level value":                      `{"type": "record", "fields": []} {}`,
	} {
		_, err := camera(t, ownFiles(t), "bad.avsc", file)
		require.ErrorContains(t, err, want)
	}
	_, err := camera(t, ownFiles(t), "logevent_x.avsc", `{"type": "record", "fields": []}`)
	require.ErrorContains(t, err, "logevent_x is not the name of a telemetry topic")
}

func FuzzCameraFile(f *testing.F) {
	text, err := os.ReadFile(ownInterfaces + "/interfaces/Lens/power.avsc")
	require.NoError(f, err)
	f.Add(string(text))
	f.Add(`{"type":"record","fields":[{"name":"x","type":["null","int"],"default":null,"doc":[1.5,{"a":true}]}]}`)
	f.Add(`[[[[`)
	files := ownFiles(f)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := camera(t, files, "fuzzed.avsc", text)
		if err != nil {
			return
		}
		topic, ok := c.Topic("tel_fuzzed")
		require.True(t, ok)
		require.True(t, json.Valid([]byte(topic.Schema())))
		require.Len(t, topic.RevisionCode(), 8)
	})
}
