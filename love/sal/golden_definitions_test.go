package sal_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// atHand returns a component, nil if the definitions do not have it.
func atHand(t *testing.T, defs *sal.Definitions, name string) *sal.Component {
	t.Helper()
	c, err := defs.Component(name)
	var unknown *sal.UnknownComponentError
	if errors.As(err, &unknown) {
		return nil
	}
	require.NoError(t, err)
	return c
}

// goldenComponents compares digests, which cover every topic, field, type,
// unit and description of a component.
func goldenComponents(t *testing.T, text []byte) {
	var want struct {
		Components map[string]struct {
			Indexed                                     bool
			Commands, Events, Telemetry, Topics, Fields int
			FieldsSum                                   string `json:"fields_sha256"`
			UnitsSum                                    string `json:"units_sha256"`
			RevisionsSum                                string `json:"revcodes_sha256"`
		}
	}
	decode(t, text, &want)
	defs := goldenInterfaces(t)
	compared := 0
	for name, w := range want.Components {
		c := atHand(t, defs, name)
		if c == nil {
			continue
		}
		require.Equal(t, w.Indexed, c.Indexed, name)
		if len(c.Topics) < w.Topics {
			continue // its files are missing
		}
		compared++
		require.Len(t, c.Names(sal.Command), w.Commands, name)
		require.Len(t, c.Names(sal.Event), w.Events, name)
		require.Len(t, c.Names(sal.Telemetry), w.Telemetry, name)
		var fields, units, revisions []string
		for _, topic := range c.Topics {
			revisions = append(revisions, topic.SALName()+"\t"+topic.RevisionCode())
			for _, f := range topic.Fields {
				fields = append(fields, fmt.Sprintf("%s\t%s\t%s\t%d", topic.SALName(), f.Name, f.TypeName(), f.Count))
				units = append(units, topic.SALName()+"\t"+f.Name+"\t"+f.Units)
			}
		}
		require.Len(t, fields, w.Fields, name)
		require.Equal(t, w.FieldsSum, digest(fields), name)
		require.Equal(t, w.UnitsSum, digest(units), name)
		require.Equal(t, w.RevisionsSum, digest(revisions), name)
	}
	t.Logf("%d of %d components are available", compared, len(want.Components))
}

func digest(lines []string) string {
	slices.SortFunc(lines, cmp.Compare[string])
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n") + "\n"))
	return hex.EncodeToString(sum[:])
}

func goldenRevisions(t *testing.T, text []byte) {
	var want map[string]map[string]string
	decode(t, text, &want)
	defs := goldenInterfaces(t)
	for name, topics := range want {
		c := atHand(t, defs, name)
		if c == nil || len(c.Topics) < len(topics) {
			continue
		}
		got := map[string]string{}
		for _, topic := range c.Topics {
			got[topic.SALName()] = topic.RevisionCode()
		}
		require.Equal(t, topics, got, name)
	}
}

func goldenPrivateFields(t *testing.T, text []byte) {
	var want struct {
		Private     []sal.Field
		AckCmd      []sal.Field
		Description string `json:"ackcmd_topic_description"`
	}
	require.NoError(t, json.Unmarshal(text, &want))
	c, err := interfaces(t).Component("Hexapod")
	require.NoError(t, err)
	ack, _ := c.Topic("ack_ackcmd")
	if want.Private != nil {
		require.Equal(t, want.Private, ack.Fields[:len(ack.Fields)-len(ack.Own())])
	}
	if want.AckCmd != nil {
		require.Equal(t, want.AckCmd, ack.Own())
	}
	if want.Description != "" {
		require.Equal(t, want.Description, ack.Description)
	}
}

// goldenTopic compares one topic: its fields, its schema, and how values are
// converted. The bytes of messages belong to the Kafka bus.
func goldenTopic(t *testing.T, text []byte) {
	var want struct {
		Component string
		Indexed   bool
		Attr      string `json:"attr_name"`
		SALName   string `json:"sal_name"`
		Record    string `json:"record_name"`
		Namespace string `json:"record_namespace"`
		Revision  string `json:"rev_code"`
		CmdType   *int
		Fields    []struct {
			Name, Type, Units string
			Count             int
		}
		Schema  string `json:"avro_schema_json"`
		Samples []struct {
			Name           string
			Value, Decoded map[string]any
		}
	}
	decode(t, text, &want)
	c := atHand(t, goldenInterfaces(t), want.Component)
	if c == nil {
		t.Skip("LOVE_SAL_INTERFACES has no files of the component that this vector is about")
	}
	topic, ok := c.Topic(want.Attr)
	if !ok {
		t.Skip("LOVE_SAL_INTERFACES does not have the topic that this vector is about")
	}
	require.Equal(t, want.Indexed, c.Indexed)
	require.Equal(t, want.SALName, topic.SALName())
	require.Equal(t, want.Schema, topic.Schema())
	require.Equal(t, want.Revision, topic.RevisionCode())
	require.Len(t, topic.Fields, len(want.Fields))
	for i, f := range topic.Fields {
		w := want.Fields[i]
		require.Equal(t, []any{w.Name, w.Type, w.Units, w.Count}, []any{f.Name, f.TypeName(), f.Units, f.Count})
	}
	if want.CmdType != nil {
		require.Equal(t, *want.CmdType, commandType(t, c, topic))
	}
	for _, s := range want.Samples {
		values := sal.Values{}
		for name, v := range s.Value {
			f, _ := topic.Field(name)
			values[name] = goldenValue(f, v)
		}
		sample, err := sal.NewSample(topic, values)
		require.NoError(t, err, s.Name)
		decoded := s.Decoded
		if decoded == nil {
			decoded = s.Value
		}
		for name, v := range decoded {
			f, _ := topic.Field(name)
			require.Equal(t, printed(goldenValue(f, v)), printed(sample.Value(name)), "%s, %s", s.Name, name)
		}
	}
}

// commandType returns the number of a command that acknowledgements carry.
func commandType(t *testing.T, c *sal.Component, command *sal.Topic) int {
	bus := &spyBus{Bus: sim.NewBus()}
	d := sal.NewDomain(bus, goldenInterfaces(t))
	defer func() { require.NoError(t, d.Close()) }()
	controller, err := d.Controller(t.Context(), c.Name, 0, sal.WriteOnly())
	require.NoError(t, err)
	s, err := sal.NewSample(command, nil)
	require.NoError(t, err)
	bus.take()
	require.NoError(t, controller.Acknowledge(t.Context(), s, sal.Ack{Code: sal.Complete}))
	return int(bus.take()[0].Int("cmdtype"))
}

// goldenValue converts a recorded value to one that a program gives.
func goldenValue(f sal.Field, v any) any {
	switch x := v.(type) {
	case nil:
		return sal.Null
	case []any:
		list := make([]any, len(x))
		for i, e := range x {
			list[i] = goldenValue(f, e)
		}
		return list
	case string:
		if special, ok := map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}[x]; ok && f.Type.IsFloat() {
			return special
		}
	case json.Number:
		if f.Type.IsFloat() {
			number, _ := x.Float64()
			return number
		}
		number, _ := x.Int64()
		return number
	}
	return v
}

// printed returns a value in a form in which NaN equals NaN.
func printed(v any) string {
	if v == nil || v == any(sal.Null) {
		return "null"
	}
	return fmt.Sprint(v)
}
