package producer_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

// TestGoldenExtra replays the recordings of everything but a producer on a bus.
func TestGoldenExtra(t *testing.T) {
	for _, file := range goldenFiles(t, "producer_extra") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var kind struct {
				FromName   json.RawMessage `json:"from_name"`
				DataTypes  json.RawMessage `json:"data_types"`
				Component  string
				Components []string
			}
			if json.Unmarshal(text, &kind) != nil {
				t.Skip("not a recording of this kind; another test reads this file of LOVE_GOLDEN")
			}
			switch {
			case kind.FromName != nil:
				synctest.Test(t, func(t *testing.T) { replayFactory(t, text) })
			case kind.DataTypes != nil:
				replayMessages(t, text)
			case kind.Component != "":
				synctest.Test(t, func(t *testing.T) { replayBase(t, text) })
			case kind.Components != nil:
				synctest.Test(t, func(t *testing.T) { replayClient(t, text, t.Name()) })
			default:
				t.Skip("not a recording of this kind; another test reads this file of LOVE_GOLDEN")
			}
		})
	}
}

// selected is a producer that a name or a type selects.
type selected struct {
	Name, Type string
	Created    string
	Arguments  struct {
		ComponentName string `json:"component_name"`
		CSC           string
		SalIndex      *int
	}
	Error         string
	ComponentName string `json:"component_name"`
	SalIndex      *int
	Indexed       *bool
	Metadata      map[string]any
	SubscribesTo  []string `json:"subscribes_to"`
}

// typeOf returns the type of a producer as the recordings name it.
func typeOf(p producer.Producer) string {
	return strings.ToLower(reflect.TypeOf(p).Elem().Name())
}

// knownComponents returns the usual components and those that the selections show
// to exist, and whether each has an index.
func knownComponents(byName, byType []selected) map[string]bool {
	known := map[string]bool{
		"ATDome": false, "ATMCS": false, "ATPtg": false, "LOVE": false, "MTDome": false, "MTM1M3": false, "MTMount": false,
		"MTPtg": false, "MTRotator": false, "Watcher": false,
		"ESS": true, "GenericCamera": true, "MTHexapod": true, "Scheduler": true, "Script": true, "ScriptQueue": true, "Test": true,
	}
	for _, s := range byType {
		if _, usual := known[s.Arguments.CSC]; s.Arguments.CSC != "" && s.Error == "" && !usual {
			known[s.Arguments.CSC] = s.Arguments.SalIndex != nil && *s.Arguments.SalIndex > 0
		}
	}
	for _, s := range byName {
		if s.Indexed != nil {
			known[s.ComponentName] = *s.Indexed
		} else if s.Type == producer.TypeBase {
			delete(known, s.ComponentName)
		}
	}
	return known
}

func replayFactory(t *testing.T, text []byte) {
	var file struct {
		FromName []selected `json:"from_name"`
		FromType []selected `json:"from_type"`
	}
	require.NoError(t, json.Unmarshal(text, &file))
	var all []*sal.Component
	for name, indexed := range knownComponents(file.FromName, file.FromType) {
		all = append(all, &sal.Component{Name: name, Indexed: indexed})
	}
	defs, err := sal.Define(all...)
	require.NoError(t, err)
	domain := sal.NewDomain(&fakeBus{}, defs)
	defer func() { require.NoError(t, domain.Close()) }()
	f := producer.NewFactory(domain)
	for _, s := range file.FromName {
		p, err := f.FromName(t.Context(), s.Name)
		if s.Error != "" {
			require.Error(t, err, s.Name)
			require.Equal(t, s.Error == "WildcardIndexError", errors.Is(err, sal.ErrWildcard), s.Name)
			continue
		}
		require.NoError(t, err, s.Name)
		require.Equal(t, s.Type, typeOf(p), s.Name)
		s.check(t, p)
	}
	for _, s := range file.FromType {
		p, err := f.FromType(t.Context(), s.Type, s.argument())
		if s.Error != "" {
			require.Error(t, err, s.Type)
			continue
		}
		require.NoError(t, err, s.Type)
		require.Equal(t, strings.ToLower(s.Created), typeOf(p), s.Type)
		s.Metadata = nil // P-META: the Python producer shows its arguments there
		s.check(t, p)
	}
}

// argument returns the name that the arguments stand for. The types that are for one
// component only may lack it.
func (s selected) argument() string {
	name := s.Arguments.CSC + s.Arguments.ComponentName
	if name == "" {
		name = map[string]string{producer.TypeScriptQueue: "ScriptQueue", producer.TypeWatcher: "Watcher"}[s.Type]
	}
	if name == "" {
		name = "ATDome"
	}
	if s.Arguments.SalIndex != nil {
		name += ":" + love.Index(*s.Arguments.SalIndex).String()
	}
	return name
}

func (s selected) check(t *testing.T, p producer.Producer) {
	name, index, err := sal.ParseName(p.Name())
	require.NoError(t, err)
	require.Equal(t, s.ComponentName, name)
	if s.SalIndex != nil {
		require.Equal(t, *s.SalIndex, index, s.Name)
	}
	if s.SubscribesTo != nil {
		require.ElementsMatch(t, s.SubscribesTo, p.Subscriptions(), s.Name)
	}
	built := p.(interface{ Message() *producer.Message }).Message().Data(love.CategoryEvent, love.RawValue(`{}`)).JSON
	require.Len(t, decode(t, string(built)), 3+len(s.Metadata), s.Name)
}

func replayMessages(t *testing.T, text []byte) {
	var file struct {
		Clock    struct{ Epoch float64 }
		Messages []struct {
			Call    string
			Args    []json.RawMessage
			Message json.RawMessage
		}
		DataTypes []struct {
			Kind     string `json:"value_kind"`
			Value    json.RawMessage
			DataType string
			Error    string
		} `json:"data_types"`
		SALTypes []struct {
			Type     sal.Type `json:"sal_type"`
			Declared int      `json:"declared_count"`
			Count    int      `json:"effective_count"`
			Default  json.RawMessage
			DataType string
		} `json:"sal_types"`
	}
	require.NoError(t, json.Unmarshal(text, &file))
	m := producer.NewMessage("ATDome", lovetest.NewClock(time.UnixMicro(int64(math.Round(file.Clock.Epoch*1e6)))))
	for _, test := range file.Messages {
		if strings.HasPrefix(test.Call, "AddMetadata") {
			for name, value := range decode(t, string(test.Message)).(map[string]any) {
				if !slices.Contains([]string{"category", "data", "producer_snd"}, name) {
					require.NoError(t, m.AddMetadata(name, value))
				}
			}
		}
		arg := func(i int) (s string) {
			require.NoError(t, json.Unmarshal(test.Args[i], &s))
			return s
		}
		var got []byte
		switch strings.TrimPrefix(test.Call, "AddMetadata then ") {
		case "InitialState":
			got = m.InitialState()
		case "InitialStateAll":
			got = m.InitialStateAll()
		case "InitialStateFor":
			got = m.InitialStateFor(arg(0))
		case "Category":
			got = m.Data(love.Category(arg(0)), love.RawValue(test.Args[1])).JSON
		default:
			t.Fatalf("unknown call %q", test.Call)
		}
		require.Equal(t, byValue(decode(t, string(test.Message))), byValue(decode(t, string(got))), test.Call)
	}
	for _, test := range file.DataTypes {
		if test.Error != "" {
			test.DataType = "Array<None>" // here an empty list is not a failure
		}
		require.Equal(t, test.DataType, producer.DataTypeOf(native(decode(t, string(test.Value)))), test.Kind)
	}
	for _, test := range file.SALTypes {
		defs, err := sal.Define(&sal.Component{Name: "C", Topics: []*sal.Topic{{Kind: sal.Telemetry, Name: "t", Fields: []sal.Field{{Name: "f", Type: test.Type, Count: test.Declared}}}}})
		require.NoError(t, err)
		c, err := defs.Component("C")
		require.NoError(t, err)
		topic, _ := c.Topic("tel_t")
		field, _ := topic.Field("f")
		require.Equal(t, test.Count, field.Count, test.Type)
		require.Equal(t, test.DataType, producer.DataType(field), test.Type)
		s, err := sal.NewSample(topic, nil)
		require.NoError(t, err)
		value := s.AppendValue(nil, len(topic.Fields)-1)
		require.Equal(t, byValue(decode(t, string(test.Default))), byValue(decode(t, string(value))), test.Type)
	}
}

// native returns decoded JSON as the values of a Go program.
func native(v any) any {
	switch x := v.(type) {
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n
		}
		f, _ := x.Float64()
		return f
	case map[string]any:
		if x["$float"] != nil {
			return plain(x)
		}
	case []any:
		for i := range x {
			x[i] = native(x[i])
		}
	}
	return v
}

// distributable adds to an object what a manager needs. The recordings are of objects
// without it, which the Python producer sends although no manager distributes them.
func distributable(t *testing.T, object json.RawMessage) json.RawMessage {
	var o map[string]any
	if json.Unmarshal(object, &o) != nil || o == nil {
		return object
	}
	for name, value := range map[string]any{"csc": "Any", "salindex": 4, "data": map[string]any{"s": 1}} {
		if o[name] == nil {
			o[name] = value
		}
	}
	text, err := json.Marshal(o)
	require.NoError(t, err)
	return text
}

// baseStep is one step of a recording of a producer of free-form objects.
type baseStep struct {
	Input struct {
		input
		RegisterPeriodic *struct {
			Category love.Category
			Returns  []json.RawMessage
		} `json:"register_periodic"`
		RegisterCategory *struct {
			Name     string
			Category love.Category
		} `json:"register_category"`
		Asynchronous json.RawMessage
	}
	Expect   []json.RawMessage
	ExpectAt []float64 `json:"expect_at"`
	Raises   string    `json:"reference_raises"`
}

func replayBase(t *testing.T, text []byte) {
	var file struct {
		Clock     struct{ Epoch float64 }
		Component string
		Steps     []baseStep
	}
	require.NoError(t, json.Unmarshal(text, &file))
	clock := recordedClock(file.Clock.Epoch)
	zero := time.Now()
	domain := sal.NewDomain(&fakeBus{}, testDefinitions(t))
	p, err := producer.NewFactory(domain, producer.WithClock(clock)).FromName(t.Context(), file.Component)
	require.NoError(t, err)
	b := p.(*producer.Base)
	var out recorder
	stop := start(t, b, &out)
	categories := map[string]love.Category{}
	published := map[string]json.RawMessage{}
	for i, step := range file.Steps {
		stepBase(t, b, time.Since(zero).Seconds(), &step, &out, categories, published)
		synctest.Wait()
		var want, got []message
		for n, e := range step.Expect {
			want = append(want, fixBase(t, e, step.ExpectAt[n], categories))
		}
		for _, m := range out.take() {
			got = append(got, newMessage(t, m.msg, m.at.Sub(zero).Seconds()))
		}
		compareStreams(t, i, want, got)
	}
	stop()
	require.NoError(t, domain.Close())
}

func stepBase(t *testing.T, b *producer.Base, now float64, step *baseStep, out *recorder, categories map[string]love.Category, published map[string]json.RawMessage) {
	switch in := step.Input; {
	case in.RegisterPeriodic != nil:
		values := in.RegisterPeriodic.Returns
		b.RegisterPeriodic(in.RegisterPeriodic.Category, func(context.Context) (any, error) {
			if len(values) == 0 || string(values[0]) == "null" {
				values = values[min(1, len(values)):]
				return nil, nil
			}
			v := values[0]
			values = values[1:]
			return love.RawValue(distributable(t, v)), nil
		})
	case in.RegisterCategory != nil:
		b.RegisterCategory(in.RegisterCategory.Name, in.RegisterCategory.Category)
		categories[in.RegisterCategory.Name] = in.RegisterCategory.Category
	case in.Asynchronous != nil:
		var o map[string]json.RawMessage
		if json.Unmarshal(in.Asynchronous, &o) != nil || o == nil {
			require.Error(t, b.Publish(t.Context(), love.RawValue(in.Asynchronous)))
			return
		}
		var name string
		if json.Unmarshal(o["name"], &name) == nil && name != "" {
			published[name] = in.Asynchronous
		}
		require.NoError(t, b.Publish(t.Context(), love.RawValue(distributable(t, in.Asynchronous))))
	case in.InitialState != nil:
		r, ok := producer.ParseRequest(in.InitialState)
		if !ok {
			step.Expect = nil
			return
		}
		if object, known := published[r.Stream]; step.Raises != "" { // P-BASE: it is answered
			step.Expect = nil
			if known && (r.CSC == "" || r.CSC == b.Subscriptions()[1]) {
				step.Expect = []json.RawMessage{b.Message().Data(love.CategoryEvent, love.RawValue(object)).JSON}
				step.ExpectAt = []float64{now}
			}
		} else if !known {
			step.Expect = nil // the Python producer finds what has no name by a hash
		}
		require.NoError(t, b.HandleRequest(t.Context(), r, out))
	case in.SendInitialData:
		require.NoError(t, b.InitialData(t.Context(), out))
	case in.AdvanceSeconds != nil:
		time.Sleep(seconds(*in.AdvanceSeconds))
	default:
		t.Fatal("a step of unknown kind")
	}
}

// fixBase returns an expected message without the Python producer's metadata
// (P-META), in the category of what it is about (B-CAT).
func fixBase(t *testing.T, e json.RawMessage, at float64, categories map[string]love.Category) message {
	m := decode(t, string(e)).(map[string]any)
	delete(m, "csc")
	object, err := json.Marshal(m["data"].([]any)[0])
	require.NoError(t, err)
	m["data"] = []any{decode(t, string(distributable(t, object)))}
	name, _ := m["data"].([]any)[0].(map[string]any)["name"].(string)
	if c, ok := categories[name]; ok {
		m["category"] = c
	}
	fixed, err := json.Marshal(m)
	require.NoError(t, err)
	return newMessage(t, string(fixed), at)
}
