package kafka_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
	"github.com/rubin-love/love-go/love/sal/salxml"
)

// goldenFolder returns the folder of recordings: that of LOVE_GOLDEN, which has
// those of salobj, or else one of this project.
func goldenFolder() string {
	root := os.Getenv("LOVE_GOLDEN")
	if root == "" {
		return filepath.Join("testdata", "golden")
	}
	if below := filepath.Join(root, "sal"); isFolder(below) {
		return below
	}
	return root
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// goldenInterfaces returns the definitions that the recordings were made with. The test
// is skipped where they are missing.
func goldenInterfaces(t testing.TB) *sal.Definitions {
	folder := os.Getenv("LOVE_SAL_INTERFACES")
	if os.Getenv("LOVE_GOLDEN") == "" {
		folder = filepath.Join("testdata", "interfaces")
	}
	if folder == "" {
		t.Skip("LOVE_SAL_INTERFACES is not set: give it the folder of the observatory's SAL interfaces")
	}
	defs, err := salxml.ReadDir(folder)
	require.NoError(t, err)
	return defs
}

// goldenFiles runs a test for each file whose content is valid, whatever its name.
func goldenFiles[T any](t *testing.T, valid func(T) bool, test func(*testing.T, T)) {
	require.True(t, isFolder(goldenFolder()), "LOVE_GOLDEN: %s is not a folder", goldenFolder())
	names, err := filepath.Glob(filepath.Join(goldenFolder(), "*.json"))
	require.NoError(t, err)
	for _, name := range names {
		if isFolder(name) {
			continue
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		var content T
		if json.Unmarshal(text, &content) != nil || !valid(content) {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) { test(t, content) })
	}
}

// goldenTopic is a file about one topic.
type goldenTopic struct {
	Component   string
	Indexed     bool
	Attr        string `json:"attr_name"`
	KafkaName   string `json:"kafka_name"`
	Subject     string `json:"avro_subject"`
	RevCode     string `json:"rev_code"`
	Partitions  int
	Config      map[string]string `json:"topic_config"`
	WriterIndex int               `json:"writer_index"`
	Key         string            `json:"message_key"`
	Schema      string            `json:"avro_schema_json"`
	Samples     []goldenSample
}

// goldenSample is a message and its bytes.
type goldenSample struct {
	Value    map[string]json.RawMessage
	Decoded  map[string]json.RawMessage
	SchemaID int    `json:"schema_id"`
	Framed   []byte `json:"framed_b64"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *goldenSample) UnmarshalJSON(text []byte) error {
	type plain goldenSample
	if err := json.Unmarshal(text, (*plain)(s)); err != nil {
		return err
	}
	if s.Decoded == nil {
		s.Decoded = s.Value
	}
	return nil
}

// goldenValues returns a sample of recorded values.
func goldenValues(t *testing.T, topic *sal.Topic, recorded map[string]json.RawMessage) *sal.Sample {
	values := sal.Values{}
	for name, raw := range recorded {
		f, ok := topic.Field(name)
		require.True(t, ok, name)
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.UseNumber()
		var v any
		require.NoError(t, d.Decode(&v))
		values[name] = goldenValue(f, v)
	}
	s, err := sal.NewSample(topic, values)
	require.NoError(t, err)
	return s
}

// goldenValue converts a recorded value. Texts stand for floats that JSON does not
// have.
func goldenValue(f sal.Field, v any) any {
	if v == nil {
		return sal.Null
	}
	if list, ok := v.([]any); ok {
		out := slices.Clone(list)
		for i := range out {
			out[i] = goldenValue(f, out[i])
		}
		return out
	}
	if text, ok := v.(string); ok && f.Type.IsFloat() {
		return map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}[text]
	}
	return v
}

// find returns the topic of a file. The test is skipped if its definition is missing.
func (g goldenTopic) find(t *testing.T, defs *sal.Definitions) *sal.Topic {
	c, err := defs.Component(g.Component)
	var unknown *sal.UnknownComponentError
	if errors.As(err, &unknown) {
		t.Skip("LOVE_SAL_INTERFACES has no files of the component that this recording is about")
	}
	require.NoError(t, err)
	top, ok := c.Topic(g.Attr)
	if !ok {
		t.Skip("LOVE_SAL_INTERFACES does not have the topic that this recording is about")
	}
	return top
}

func TestGoldenTopics(t *testing.T) {
	defs := goldenInterfaces(t)
	goldenFiles(t, func(g goldenTopic) bool { return g.KafkaName != "" && len(g.Samples) > 0 }, func(t *testing.T, g goldenTopic) {
		top := g.find(t, defs)
		require.Equal(t, g.KafkaName, kafka.TopicName("sal", top))
		require.Equal(t, g.Subject, kafka.Subject("sal", top))
		require.Equal(t, g.Key, string(kafka.Key(top, g.WriterIndex)))
		require.Equal(t, g.Schema, top.Schema())
		require.Equal(t, g.RevCode, top.RevisionCode())
		k := newFakeKafka(t) // files may have the same ids for different schemas
		config := k.config()
		config.SubName = "sal"
		k.registry.SeedSchema(g.Subject, 1, g.Samples[0].SchemaID, sr.Schema{Schema: g.Schema})
		bus := newBus(t, config, defs)
		goldenWrite(t, k, bus, top, g)
		goldenRead(t, k, bus, top, g)
	})
}

// goldenWrite publishes the samples and checks what the broker received.
func goldenWrite(t *testing.T, k *fakeKafka, bus *kafka.Bus, top *sal.Topic, g goldenTopic) {
	for _, s := range g.Samples {
		require.NoError(t, bus.Publish(withTimeout(t), goldenValues(t, top, s.Value)))
	}
	created := k.TopicInfo(g.KafkaName)
	require.NotNil(t, created)
	require.Len(t, k.PartitionInfos(g.KafkaName), g.Partitions)
	for name, value := range g.Config {
		require.Equal(t, value, *created.Configs[name])
	}
	c := k.client(t, kgo.ConsumeTopics(g.KafkaName), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	for n := 0; n < len(g.Samples); {
		c.PollFetches(withTimeout(t)).EachRecord(func(r *kgo.Record) {
			require.Equal(t, g.Samples[n].Framed, r.Value, "sample %d", n)
			require.Empty(t, r.Headers)
			require.NotNil(t, r.Key)
			n++
		})
	}
	c.Close()
}

// goldenRead has the broker deliver the recorded bytes.
func goldenRead(t *testing.T, k *fakeKafka, bus *kafka.Bus, top *sal.Topic, g goldenTopic) {
	sub, err := bus.Subscribe(withTimeout(t), []sal.TopicRequest{{Topic: top}})
	require.NoError(t, err)
	defer func() { require.NoError(t, sub.Close()) }()
	c := k.client(t)
	for _, s := range g.Samples {
		r := &kgo.Record{Topic: g.KafkaName, Key: []byte(g.Key), Value: s.Framed}
		require.NoError(t, c.ProduceSync(withTimeout(t), r).FirstErr())
	}
	for n := 0; n < len(g.Samples); {
		batch, err := sub.Receive(withTimeout(t))
		require.NoError(t, err)
		for _, d := range batch {
			require.Positive(t, d.Sample.Value("private_rcvStamp"))
			want := goldenValues(t, top, g.Samples[n].Decoded).ReceivedAt(0)
			require.Equal(t, want.String(), d.Sample.ReceivedAt(0).String(), "sample %d", n)
			n++
		}
	}
}
