package sal_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

func TestDefineRefusesImpossibleComponents(t *testing.T) {
	for want, topics := range map[string][]*sal.Topic{
		"two topics logevent_x":        {{Kind: sal.Event, Name: "x"}, {Kind: sal.Event, Name: "x"}},
		"do not fit together":          {{Kind: sal.Telemetry, Name: "logevent_x"}},
		`unknown type "text"`:          {{Kind: sal.Event, Name: "x", Fields: []sal.Field{{Name: "f", Type: "text"}}}},
		"two fields are called f":      {{Kind: sal.Event, Name: "x", Fields: []sal.Field{{Name: "f", Type: sal.Int}, {Name: "f", Type: sal.Int}}}},
		"a field has no name":          {{Kind: sal.Event, Name: "x", Fields: []sal.Field{{Type: sal.Int}}}},
		"between 1 and 1048576, not -": {{Kind: sal.Event, Name: "x", Fields: []sal.Field{{Name: "f", Type: sal.Int, Count: -1}}}},
	} {
		_, err := sal.Define(&sal.Component{Name: "Lamp", Topics: topics})
		require.ErrorContains(t, err, want)
	}
	_, err := sal.Define(&sal.Component{Name: "a:1"})
	require.ErrorContains(t, err, "not a component name")
	_, err = sal.Define(&sal.Component{Name: "A"}, &sal.Component{Name: "A"})
	require.ErrorContains(t, err, "defined twice")
}

func TestOnlyFieldsOfAnAvroRecordMayBeNullable(t *testing.T) {
	_, err := sal.Define(&sal.Component{Name: "Lamp", Topics: []*sal.Topic{
		{Kind: sal.Event, Name: "x", Fields: []sal.Field{{Name: "y", Type: sal.Int, Nullable: true}}},
	}})
	require.ErrorContains(t, err, "field y: only fields of an AvroRecord")
}

func TestDefineRefusesBrokenAvroRecords(t *testing.T) {
	for record, want := range map[string]string{
		"oops":                               "AvroRecord: invalid character",
		"[]":                                 "AvroRecord: [ in place of {",
		`{"type": "record", "fields": 5}`:    "AvroRecord: member fields: 5 in place of [",
		`{"type": "record", "fields": [5]}`:  "AvroRecord: member fields: 5 in place of {",
		`{"type": "record", "fields": []}`:   "its fields are not those of the topic",
		`{"fields": [{"name": "other"}]}`:    "its fields are not those of the topic",
		`{"fields": [{"name": "volt"}`:       "AvroRecord: member fields: EOF",
		`{"doc": ` + strings.Repeat("[", 50): "AvroRecord: member doc: unexpected EOF",
		`{"doc": ` + nested(50) + "}":        "AvroRecord: member doc: nested too deep",
		`{"fields": [{"name": "volt"}]} {}`:  "more text after the record",
		`{"fields": [{"name": "volt"}]}`:     "",
	} {
		_, err := sal.Define(&sal.Component{Name: "Lens", Topics: []*sal.Topic{
			{Kind: sal.Telemetry, Name: "power", AvroRecord: record, Fields: []sal.Field{{Name: "volt", Type: sal.Double, Avro: true}}},
		}})
		if want == "" {
			require.NoError(t, err, record)
			continue
		}
		require.ErrorContains(t, err, want, record)
	}
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

func TestConcurrentCallersReadAComponentOnce(t *testing.T) {
	reads := 0
	defs := sal.DefineFunc([]string{"Lamp", "Broken"}, func(name string) (*sal.Component, error) {
		if name == "Broken" {
			return nil, errors.New("unreadable")
		}
		reads++
		return &sal.Component{Name: name}, nil
	})
	var all sync.WaitGroup
	components := make([]*sal.Component, 20)
	for i := range components {
		all.Go(func() {
			components[i], _ = defs.Component("Lamp")
			_, _ = defs.Component("Broken")
		})
	}
	all.Wait()
	require.Equal(t, 1, reads)
	for _, c := range components {
		require.Same(t, components[0], c)
	}
	_, ok := components[0].Topic("ack_ackcmd")
	require.True(t, ok, "completed as by Define")
	_, err := defs.Component("Broken")
	require.EqualError(t, err, "unreadable")
}

func TestUnknownComponentIsReportedWithSuggestions(t *testing.T) {
	_, err := interfaces(t).Component("lamp")
	var unknown *sal.UnknownComponentError
	require.ErrorAs(t, err, &unknown)
	require.EqualError(t, err, `there is no component "lamp"; did you mean Lamp?`)
}
