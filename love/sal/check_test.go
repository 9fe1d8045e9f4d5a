package sal_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// gratings is a component with an enumeration of a field's own.
func gratings(t *testing.T, enumeration string) *sal.Component {
	defs, err := sal.ReadFolder(fstest.MapFS{
		"SALSubsystems.xml": {Data: []byte(`<SALSubsystemSet><SALSubsystem><Name>Spec</Name><IndexEnumeration>no</IndexEnumeration></SALSubsystem></SALSubsystemSet>`)},
		"SALGenerics.xml": {Data: []byte(`<SALObjects><SALEventSet><SALEvent><Category>mandatory</Category>
			<EFDB_Topic>SALGeneric_logevent_heartbeat</EFDB_Topic></SALEvent></SALEventSet></SALObjects>`)},
		"Spec/Spec_Commands.xml": {Data: []byte(`<SALCommandSet><SALCommand><EFDB_Topic>Spec_command_select</EFDB_Topic>
			<item><EFDB_Name>grating</EFDB_Name><IDL_Type>long</IDL_Type><Enumeration>` + enumeration + `</Enumeration></item>
			<item><EFDB_Name>slits</EFDB_Name><IDL_Type>double</IDL_Type><Count>2</Count></item>
		</SALCommand></SALCommandSet>`)},
	})
	require.NoError(t, err)
	c, err := defs.Component("Spec")
	require.NoError(t, err)
	return c
}

func TestChoicesAreTheFieldsOwnEnumeration(t *testing.T) {
	for text, want := range map[string][]sal.Choice{
		"Blue, Red":                   {{Name: "Blue", Number: 1}, {Name: "Red", Number: 2}},
		"\n Blue=5,\n Red ,Off=0x10 ": {{Name: "Blue", Number: 5}, {Name: "Red", Number: 6}, {Name: "Off", Number: 16}},
		"Blue=x, Red":                 nil,
		"":                            nil,
	} {
		selecting, err := gratings(t, text).Command("select")
		require.NoError(t, err)
		f, ok := selecting.Field("grating")
		require.True(t, ok)
		require.Equal(t, want, f.Choices, text)
	}
}

func TestCheckIsStricterThanWriting(t *testing.T) {
	c := gratings(t, "Blue, Red=4")
	topic, err := c.Command("cmd_select")
	require.NoError(t, err)
	require.NoError(t, topic.Check(nil))
	require.NoError(t, topic.Check(sal.Values{"grating": 4, "slits": []float64{1, 2}}))
	require.NoError(t, topic.Check(sal.Values{"grating": nil, "slits": []float64{1}}))
	for _, bad := range []struct {
		values sal.Values
		says   string
	}{
		{sal.Values{"grating": 2}, "Spec cmd_select, field grating: takes 1 (Blue), 4 (Red), not 2"},
		{sal.Values{"slits": []float64{1, 2, 3}}, "Spec cmd_select, field slits: takes a list of 2, not of 3"},
		{sal.Values{"slit": 1}, "Spec cmd_select has no field slit; its fields are grating, slits"},
		{sal.Values{"private_seqNum": 1}, "cannot be given"},
	} {
		require.ErrorContains(t, topic.Check(bad.values), bad.says)
	}
	_, err = c.Command("evt_heartbeat")
	require.Error(t, err)
}

func TestASampleCanBeWrittenAsSomebodyElses(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := writeOnly(t, d, "Lamp", 0)
		for _, opts := range [][]sal.WriteOption{{sal.Force()}, {sal.Force(), sal.WriteAs("ana@host")}, {sal.Force()}} {
			_, err := c.Write(t.Context(), "evt_burning", nil, opts...)
			require.NoError(t, err)
		}
		r := remote(t, d, "Lamp", 0)
		s, ok := r.Latest("evt_burning")
		require.True(t, ok)
		require.Equal(t, "Lamp", s.Identity(), "of one sample only")
		_, err := c.Write(t.Context(), "evt_burning", nil, sal.Force(), sal.WriteAs("ana@host"))
		require.NoError(t, err)
		s, err = r.Next(t.Context(), "evt_burning")
		require.NoError(t, err)
		require.Equal(t, "ana@host", s.Identity())
	})
}
