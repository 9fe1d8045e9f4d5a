package sal_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestEnumerationsOfAComponentHaveNamesAndNumbers(t *testing.T) {
	c, err := sim.Definitions().Component("Test")
	require.NoError(t, err)
	e, ok := c.Enumeration("ValueEnum")
	require.True(t, ok)
	require.Equal(t, []sal.Choice{{Name: "Zero", Number: 0}, {Name: "Two", Number: 2}, {Name: "Four", Number: 4}, {Name: "Five", Number: 5}}, e.Members)
	require.Equal(t, "Four", e.Text(4))
	require.Empty(t, e.Text(3))
	e, _ = c.Enumeration("Enum")
	require.Equal(t, "One", e.Text(1), "numbers begin with 1")
	_, ok = c.Enumeration("Nothing")
	require.False(t, ok)
}

func TestTheNumbersOfAFieldHaveTheNamesOfTheEnumerationItRefersTo(t *testing.T) {
	defs, err := sal.Define(&sal.Component{
		Name: "Dome",
		Enumerations: []sal.Enumeration{
			{Name: "DoorState", Members: []sal.Choice{{Name: "Open", Number: 1}}},
			{Name: "AzimuthState", Members: []sal.Choice{{Name: "Moving", Number: 1}}},
		},
		Topics: []*sal.Topic{
			{Kind: sal.Event, Name: "azimuthState", Fields: []sal.Field{{Name: "state", Type: sal.Long}, {Name: "homing", Type: sal.Long}}},
			{Kind: sal.Event, Name: "door", Fields: []sal.Field{
				{Name: "state", Type: sal.Long}, {Name: "doorState", Type: sal.Long},
				{Name: "main", Type: sal.Long, Description: "Its state; a DoorState enum."},
				{Name: "both", Type: sal.Long, Description: "A bitmask of DoorState enumeration values."},
				{Name: "own", Type: sal.Long, Description: "A DoorState enum.", Choices: []sal.Choice{{Name: "Own", Number: 3}}},
				{Name: "other", Type: sal.Long, Description: "An Unheard enumeration."},
			}},
			{Kind: sal.Event, Name: "summaryState", Fields: []sal.Field{{Name: "summaryState", Type: sal.Long}}},
		},
	})
	require.NoError(t, err)
	c, err := defs.Component("Dome")
	require.NoError(t, err)
	for field, want := range map[string]string{
		"evt_azimuthState state": "Moving", "evt_azimuthState homing": "", "evt_door state": "", "evt_door doorState": "Open",
		"evt_door main": "Open", "evt_door both": "", "evt_door own": "Own", "evt_door other": "", "evt_summaryState summaryState": "DISABLED",
	} {
		attr, name, _ := strings.Cut(field, " ")
		topic, _ := c.Topic(attr)
		f, ok := topic.Field(name)
		require.True(t, ok)
		first := ""
		if choices := c.Choices(topic, f); choices != nil {
			first = choices[0].Name
		}
		require.Equal(t, want, first, field)
	}
}

func TestOnlyIndexedComponentsTakeAnIndex(t *testing.T) {
	defs := sim.Definitions()
	for name, want := range map[string]string{
		"ATDome":      "",
		"MTHexapod:1": "",
		"MTHexapod":   "MTHexapod has instances; say which, as in MTHexapod:1",
		"ATDome:1":    "ATDome has no instances, its index is 0, not 1",
		"ATDome:x":    `give NAME or NAME:INDEX, as in "ATDome" or "MTHexapod:1"`,
		"ATDome:*":    "wildcard",
		"ATDom":       "did you mean ATDome",
	} {
		c, index, err := defs.Instance(name)
		if want != "" {
			require.ErrorContains(t, err, want)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, name, c.Instance(index))
	}
	d := sal.NewDomain(sim.NewBus(), defs)
	_, err := d.Controller(t.Context(), "MTHexapod", 0)
	require.ErrorIs(t, err, sal.ErrIndex)
}
