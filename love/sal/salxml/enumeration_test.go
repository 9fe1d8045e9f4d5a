package salxml_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/salxml"
)

// gratings returns a component with a field that has an enumeration.
func gratings(t *testing.T, enumeration string) *sal.Component {
	defs, err := salxml.ReadFS(fstest.MapFS{
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

func TestChoicesComeFromTheEnumerationOfTheField(t *testing.T) {
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
