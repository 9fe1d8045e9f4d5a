package kafka_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
	"github.com/rubin-love/love-go/love/sal/salxml"
)

// goldenEvolution is a message that was written with another version of the schema than
// that of its reader.
type goldenEvolution struct {
	Name    string
	Writer  json.RawMessage            `json:"writer_schema"`
	Reader  goldenSchema               `json:"reader_schema"`
	Body    []byte                     `json:"avro_b64"`
	Decoded map[string]json.RawMessage // nil if it cannot be read
}

// goldenSchema is the schema of a reader.
type goldenSchema struct {
	Name        string
	Description string
	Fields      []goldenField
}

type goldenField struct {
	Name        string          `json:"name"`
	Type        json.RawMessage `json:"type"`
	Default     json.RawMessage `json:"default,omitempty"`
	Description string          `json:"description"`
	Units       string          `json:"units"`
}

func TestGoldenEvolution(t *testing.T) {
	goldenFiles(t, func(all []goldenEvolution) bool { return len(all) > 0 && all[0].Writer != nil }, func(t *testing.T, all []goldenEvolution) {
		for _, g := range all {
			t.Run(g.Name, func(t *testing.T) { g.test(t) })
		}
	})
}

func (g goldenEvolution) test(t *testing.T) {
	k := newFakeKafka(t)
	defs := g.Reader.definitions(t)
	c, err := defs.Component("Reader")
	require.NoError(t, err)
	top := c.Topics[slices.IndexFunc(c.Topics, func(t *sal.Topic) bool { return t.SALName() == g.Reader.Name })]
	bus := k.bus(t, defs)
	sub, err := bus.Subscribe(withTimeout(t), []sal.TopicRequest{{Topic: top}})
	require.NoError(t, err)
	defer func() { require.NoError(t, sub.Close()) }()

	const written = 4711
	name := kafka.TopicName("test", top)
	k.registry.SeedSchema(kafka.Subject("test", top), 2, written, sr.Schema{Schema: string(g.Writer)})
	r := &kgo.Record{Topic: name, Key: []byte{}, Value: append([]byte{0, 0, 0, written >> 8, written & 0xff}, g.Body...)}
	require.NoError(t, k.client(t).ProduceSync(withTimeout(t), r).FirstErr())

	if g.Decoded == nil {
		require.Eventually(t, func() bool { return bus.Stats().Skipped == 1 }, timeout, tick)
		return
	}
	batch, err := sub.Receive(withTimeout(t))
	require.NoError(t, err)
	require.Len(t, batch, 1)
	want := goldenValues(t, top, g.Decoded).ReceivedAt(0)
	require.Equal(t, want.String(), batch[0].Sample.ReceivedAt(0).String())
}

// definitions returns definitions with a topic that has the fields of the schema.
func (g goldenSchema) definitions(t *testing.T) *sal.Definitions {
	if slices.ContainsFunc(g.Fields, func(f goldenField) bool { return f.Type[0] == '[' }) {
		return g.camera(t)
	}
	_, plain := fields(t, g, 0)
	probe, err := sal.Define(&sal.Component{Name: "Probe", Indexed: plain[0].Name == "salIndex"})
	require.NoError(t, err)
	ack := topic(t, probe, "Probe", "ack_ackcmd")
	_, own := fields(t, g, len(ack.Fields)-len(ack.Own()))
	top := &sal.Topic{Kind: sal.Telemetry, Name: g.Name, Description: g.Description, Fields: own}
	for prefix, kind := range map[string]sal.Kind{"logevent_": sal.Event, "command_": sal.Command} {
		if short, ok := strings.CutPrefix(g.Name, prefix); ok {
			top.Kind, top.Name = kind, short
		}
	}
	defs, err := sal.Define(&sal.Component{Name: "Reader", Indexed: ack.Indexed(), Topics: []*sal.Topic{top}})
	require.NoError(t, err)
	return defs
}

// camera returns definitions with the topic in an .avsc file, where alone fields may be
// null. The private fields are the last ones of the schema, and not in the file.
func (g goldenSchema) camera(t *testing.T) *sal.Definitions {
	own := slices.DeleteFunc(slices.Clone(g.Fields), func(f goldenField) bool { return strings.HasPrefix(f.Name, "private_") })
	text, err := json.Marshal(map[string]any{"type": "record", "name": g.Name, "namespace": "lsst.sal.Reader", "fields": own})
	require.NoError(t, err)
	defs, err := salxml.ReadFS(fstest.MapFS{
		"sal_interfaces/SALSubsystems.xml":      {Data: []byte(`<SALSubsystemSet><SALSubsystem><Name>Reader</Name><IndexEnumeration>no</IndexEnumeration></SALSubsystem></SALSubsystemSet>`)},
		"sal_interfaces/SALGenerics.xml":        {Data: []byte(`<SALObjects><SALEventSet><SALEvent><Category>mandatory</Category><EFDB_Topic>SALGeneric_logevent_heartbeat</EFDB_Topic></SALEvent></SALEventSet></SALObjects>`)},
		"interfaces/Reader/" + g.Name + ".avsc": {Data: text},
	})
	require.NoError(t, err)
	return defs
}

// fields returns those of the schema after the private ones.
func fields(t *testing.T, g goldenSchema, private int) (names []string, out []sal.Field) {
	types := map[string]sal.Type{"boolean": sal.Boolean, "int": sal.Int, "long": sal.LongLong, "float": sal.Float, "double": sal.Double, "string": sal.String}
	for _, f := range g.Fields[private:] {
		field := sal.Field{Name: f.Name, Count: 1, Units: f.Units, Description: f.Description}
		var scalar string
		var array struct{ Items string }
		if json.Unmarshal(f.Type, &scalar) != nil {
			require.NoError(t, json.Unmarshal(f.Type, &array))
			var zeros []any
			require.NoError(t, json.Unmarshal(f.Default, &zeros))
			scalar, field.Count = array.Items, len(zeros)
		}
		field.Type = types[scalar]
		require.NotEmpty(t, field.Type, f.Name)
		names, out = append(names, f.Name), append(out, field)
	}
	return names, out
}
