package producer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// recording holds what a producer sends for scripted input; the members are
// described in testdata/golden/README.md.
type recording struct {
	Conformance string
	Quirk       string
	Producer    struct {
		Component   string
		Constructor string
		Options     map[string][]string
		Layout      string `json:"stream_layout"`
	}
	Env       map[string]string
	CSC       string
	SalIndex  int
	Clock     struct{ Epoch float64 }
	Interface map[string]struct {
		Indexed bool
		Topics  map[string]struct {
			Fields []struct {
				Name, Units string
				Type        sal.Type
				Count       int
			}
		}
	}
	Steps []step

	// ours means that it is one of this repository, byte by byte.
	ours bool

	// ignoreState means that the state of a queue is not compared, in a recording of
	// a quirk whose fixed behaviour is not described here.
	ignoreState bool
}

type step struct {
	Input    input
	Expect   []json.RawMessage
	ExpectAt []float64         `json:"expect_at"`
	Commands []expectedCommand `json:"expect_commands"`

	// Of the fixed behaviour; nil where it is as recorded.
	states    []string // what is sent of the state of the queue
	commanded []string
}

// input is the input of one step; exactly one kind of member is set.
type input struct {
	Start *struct {
		DurationSeconds float64 `json:"duration_seconds"`
		History         []sampleInput
	}
	sampleInput
	InitialState         json.RawMessage `json:"initial_state"`
	AdvanceSeconds       *float64        `json:"advance_seconds"`
	SendInitialData      bool            `json:"send_initial_data"`
	SubscriptionMessages bool            `json:"subscription_messages"`
}

type sampleInput struct {
	Component, Topic string
	Data             map[string]json.RawMessage
}

// goldenFiles lists the recordings: those of the folder LOVE_GOLDEN, or of its
// subfolder for the kind of recording; without LOVE_GOLDEN those of this repository.
func goldenFiles(t *testing.T, kind string) []string {
	folder := os.Getenv("LOVE_GOLDEN")
	if folder == "" {
		folder = ownGolden
	}
	if inner := filepath.Join(folder, kind); isFolder(inner) {
		folder = inner
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "no recordings in %s", folder)
	return files
}

var ownGolden = filepath.Join("..", "..", "testdata", "golden")

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// readRecording returns nil for a file of another kind.
func readRecording(t *testing.T, file string) *recording {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var tr recording
	if json.Unmarshal(text, &tr) != nil || tr.Interface == nil || len(tr.Steps) == 0 || tr.Steps[0].Input.Start == nil {
		return nil
	}
	tr.ours = isOurs(t, "producer", file, text)
	return &tr
}

// isOurs reports whether a recording is the one of the same name in this repository;
// what is known of that, step by step, need not be true of another.
func isOurs(t *testing.T, kind, name string, text []byte) bool {
	own, err := os.ReadFile(filepath.Join(ownGolden, kind, filepath.Base(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	require.NoError(t, err)
	return bytes.Equal(own, text)
}

// definitions returns those of the components that the recording describes.
func (tr *recording) definitions(t *testing.T) *sal.Definitions {
	var components []*sal.Component
	for name, i := range tr.Interface {
		c := &sal.Component{Name: name, Indexed: i.Indexed}
		for attr, topic := range i.Topics {
			kind := sal.Telemetry
			if strings.HasPrefix(attr, sal.Event.Prefix()) {
				kind = sal.Event
			}
			out := &sal.Topic{Kind: kind, Name: strings.TrimPrefix(attr, kind.Prefix())}
			for _, f := range topic.Fields {
				if f.Name != "salIndex" && !strings.HasPrefix(f.Name, "private_") {
					out.Fields = append(out.Fields, sal.Field{Name: f.Name, Type: f.Type, Count: f.Count, Units: f.Units})
				}
			}
			c.Topics = append(c.Topics, out)
		}
		if name == "ScriptQueue" {
			c.Topics = append(c.Topics, showSchema())
		}
		components = append(components, c)
	}
	defs, err := sal.Define(components...)
	require.NoError(t, err)
	return defs
}

// refused reports whether the environment of the recording is one with which
// nothing starts here: the Python producer continues, and fails later (Q-LIMIT).
func (tr *recording) refused() bool {
	size := strings.TrimSpace(tr.Env["FINISHED_SCRIPTS_LIST_SIZE"])
	n, err := strconv.Atoi(size)
	return size != "" && (err != nil || n < 0)
}

func (tr *recording) options(t *testing.T) (opts []producer.Option) {
	if size := strings.TrimSpace(tr.Env["FINISHED_SCRIPTS_LIST_SIZE"]); size != "" {
		n, err := strconv.Atoi(size)
		require.NoError(t, err)
		opts = append(opts, producer.WithFinishedScripts(n))
	}
	if update := tr.Env["UPDATE_SCRIPTS_SCHEMA_ON_START"]; update != "" {
		opts = append(opts, producer.WithSchemas(strings.EqualFold(update, "true") || update == "1"))
	}
	if tr.Producer.Layout != "" {
		layout, err := producer.ParseLayout(tr.Producer.Layout)
		require.NoError(t, err)
		opts = append(opts, producer.WithStreamLayout(layout))
	}
	if names, ok := tr.Producer.Options["periodic_data"]; ok {
		opts = append(opts, producer.WithPeriodicData(names...))
	}
	if names, ok := tr.Producer.Options["asynchronous_data"]; ok {
		opts = append(opts, producer.WithAsynchronousData(names...))
	}
	return opts
}

// sample returns the sample that an input stands for.
func (in sampleInput) sample(t *testing.T, defs *sal.Definitions) *sal.Sample {
	c, err := defs.Component(in.Component)
	require.NoError(t, err)
	topic, ok := c.Topic(in.Topic)
	require.True(t, ok, "%s has no %s", in.Component, in.Topic)
	values := sal.Values{}
	for name, raw := range in.Data {
		f, ok := topic.Field(name)
		require.True(t, ok, "%s has no field %s", in.Topic, name)
		v := plain(decode(t, string(raw)))
		if list, isList := v.([]any); isList {
			for len(list) < f.Count { // shorter ones are padded
				list = append(list, padding(f.Type))
			}
			v = list
		}
		values[name] = v
	}
	s, err := sal.NewSample(topic, values)
	require.NoError(t, err)
	return s
}

func padding(t sal.Type) any {
	if t == sal.Boolean {
		return false
	}
	return 0
}

// plain returns v with floats for the recordings' {"$float": "NaN"}.
func plain(v any) any {
	switch x := v.(type) {
	case map[string]any:
		f, _ := strconv.ParseFloat(x["$float"].(string), 64)
		return f
	case []any:
		for i := range x {
			x[i] = plain(x[i])
		}
	}
	return v
}

// decode decodes JSON and keeps the digits of numbers.
func decode(t *testing.T, text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v), text)
	return v
}

// spellOut replaces bare NaN and infinities as the recordings do.
func spellOut(msg string) string {
	var out bytes.Buffer
	for i := 0; i < len(msg); {
		if msg[i] == '"' {
			end := i + 1
			for ; msg[end] != '"'; end++ {
				if msg[end] == '\\' {
					end++
				}
			}
			out.WriteString(msg[i : end+1])
			i = end + 1
			continue
		}
		found := false
		for _, token := range []string{"NaN", "Infinity", "-Infinity"} {
			if strings.HasPrefix(msg[i:], token) {
				fmt.Fprintf(&out, `{"$float":%q}`, token)
				i += len(token)
				found = true
				break
			}
		}
		if !found {
			out.WriteByte(msg[i])
			i++
		}
	}
	return out.String()
}

// message is a decoded message without the numbers that depend on the clock.
type message struct {
	stream string
	body   any
	times  []float64 // producer_snd and heartbeat time stamps
	at     float64   // seconds since time 0
}

func newMessage(t *testing.T, text string, at float64) message {
	v := decode(t, text).(map[string]any)
	m := message{at: at}
	takeTime := func(from map[string]any, key string, exempt float64) {
		n, ok := from[key].(json.Number)
		if !ok {
			return
		}
		if f, err := n.Float64(); err == nil && f != exempt {
			m.times = append(m.times, f)
			from[key] = "the clock's"
		}
	}
	takeTime(v, "producer_snd", 0)
	if _, subscription := v["option"]; subscription {
		m.stream = fmt.Sprint("subscribe ", v["csc"])
	} else {
		item := v["data"].([]any)[0].(map[string]any)
		streams, _ := item["data"].(map[string]any)
		names := ""
		for name := range streams {
			names += " " + name
		}
		m.stream = fmt.Sprint(v["category"], " ", item["csc"], " ", item["salindex"], names)
		if heartbeat, ok := streams["stream"].(map[string]any); ok {
			takeTime(heartbeat, "last_heartbeat_timestamp", -1)
			if script, ok := heartbeat["script_heartbeat"].(map[string]any); ok {
				takeTime(script, "last_heartbeat_timestamp", -1)
			}
		}
	}
	m.body = byValue(v)
	return m
}

// byValue makes numbers comparable: 0 equals 0.0, and integers keep 64 bits.
func byValue(v any) any {
	switch x := v.(type) {
	case json.Number:
		f, err := x.Float64()
		if err != nil || strings.ContainsAny(x.String(), ".eE") && !(f == math.Trunc(f) && math.Abs(f) < 1<<53) {
			return fmt.Sprintf("number %v", f)
		}
		if strings.ContainsAny(x.String(), ".eE") {
			return fmt.Sprintf("number %d", int64(f))
		}
		return "number " + x.String()
	case map[string]any:
		for k := range x {
			x[k] = byValue(x[k])
		}
	case []any:
		for i := range x {
			x[i] = byValue(x[i])
		}
	}
	return v
}

// byStream groups messages; within a stream their order is kept.
func byStream(messages []message) map[string][]message {
	out := map[string][]message{}
	for _, m := range messages {
		out[m.stream] = append(out[m.stream], m)
	}
	return out
}
