package salxml_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/salxml"
)

// folder returns a small folder of SAL XML; files given replace those in it.
func folder(files map[string]string) fstest.MapFS {
	all := map[string]string{
		"SALSubsystems.xml": `<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="nowhere"?>
<SALSubsystemSet>
  <SALSubsystem><Name>Lamp</Name><Description>A lamp.</Description><IndexEnumeration> no </IndexEnumeration><AddedGenerics>basic , command_abort</AddedGenerics></SALSubsystem>
  <SALSubsystem><Name>Hexapod</Name><IndexEnumeration>one=1,two</IndexEnumeration></SALSubsystem>
</SALSubsystemSet>`,
		"SALGenerics.xml": `<SALObjects>
 <SALCommandSet>
  <Enumeration>A_B</Enumeration>
  <SALCommand><EFDB_Topic>SALGeneric_command_abort</EFDB_Topic></SALCommand>
 </SALCommandSet>
 <SALEventSet>
  <SALEvent><EFDB_Topic>SALGeneric_logevent_heartbeat</EFDB_Topic><Category>mandatory</Category>
   <item><EFDB_Name>heartbeat</EFDB_Name><IDL_Type>boolean</IDL_Type></item></SALEvent>
  <SALEvent><EFDB_Topic>SALGeneric_logevent_state</EFDB_Topic><Category>basic</Category></SALEvent>
 </SALEventSet>
</SALObjects>`,
		"Lamp/Lamp_Telemetry.xml": `<SALTelemetrySet>
  <!-- a comment --><Enumeration>Colour_Red,Colour_Blue</Enumeration>
  <SALTelemetry>
    <EFDB_Topic>Lamp_light</EFDB_Topic><Description>What it
      gives.</Description>
    <item><EFDB_Name>flux</EFDB_Name><IDL_Type>double</IDL_Type><Units>lm</Units><Count> 4 </Count><IDL_Size>1</IDL_Size></item>
    <item><EFDB_Name>name</EFDB_Name><IDL_Type>string</IDL_Type><Units/><Count>8</Count></item>
  </SALTelemetry>
</SALTelemetrySet>`,
		"README.md": "not XML",
	}
	for name, text := range files {
		all[name] = text
	}
	fs := fstest.MapFS{}
	for name, text := range all {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fs
}

func TestReadFSReadsComponentsWithTheirGenerics(t *testing.T) {
	defs, err := salxml.ReadFS(folder(nil))
	require.NoError(t, err)
	require.Equal(t, []string{"Lamp", "Hexapod"}, defs.Names())

	lamp, err := defs.Component("Lamp")
	require.NoError(t, err)
	require.False(t, lamp.Indexed)
	require.Equal(t, "A lamp.", lamp.Description)
	require.Equal(t, []string{"heartbeat", "state"}, lamp.Names(sal.Event))
	require.Equal(t, []string{"abort"}, lamp.Names(sal.Command))
	light, ok := lamp.Topic("tel_light")
	require.True(t, ok)
	require.Equal(t, "What it\n      gives.", light.Description, "kept as it stands: it is part of the schema")
	require.Equal(t, []sal.Field{
		{Name: "flux", Type: sal.Double, Count: 4, Units: "lm"},
		{Name: "name", Type: sal.String, Count: 1, Units: "unitless"},
	}, light.Own())
	require.Equal(t, "private_sndStamp", light.Fields[0].Name)

	hexapod, err := defs.Component("Hexapod")
	require.NoError(t, err, "without a folder it has its generics")
	require.True(t, hexapod.Indexed)
	require.Equal(t, []string{"heartbeat"}, hexapod.Names(sal.Event))
	beat, _ := hexapod.Topic("evt_heartbeat")
	require.Equal(t, "salIndex", beat.Fields[0].Name)
	ack, ok := hexapod.Topic("ack_ackcmd")
	require.True(t, ok)
	require.Equal(t, "ackcmd", ack.SALName())
}

func TestReadFSFindsTheInterfacesOneLevelDown(t *testing.T) {
	inner := fstest.MapFS{}
	for name, f := range folder(nil) {
		inner["sal_interfaces/"+name] = f
	}
	defs, err := salxml.ReadFS(inner)
	require.NoError(t, err)
	require.True(t, defs.Known("Lamp"))
}

func TestErrorNamesFileLineAndElement(t *testing.T) {
	topic := func(inner string) string {
		return "<SALEventSet>\n<SALEvent>\n<EFDB_Topic>Lamp_logevent_x</EFDB_Topic>\n" + inner + "</SALEvent>\n</SALEventSet>"
	}
	field := func(typ, count string) string {
		return "<item>\n<EFDB_Name>f</EFDB_Name>\n<IDL_Type>" + typ + "</IDL_Type>\n<Count>" + count + "</Count>\n</item>\n"
	}
	for name, c := range map[string]struct {
		file, text, want string
		whole            bool // the component as a whole is wrong, not one file
	}{
		"not XML":            {"Lamp/Lamp_Events.xml", "<SALEventSet>\n<oops", "Lamp/Lamp_Events.xml:2: not XML: unexpected EOF", false},
		"empty":              {"Lamp/Lamp_Events.xml", "", "Lamp/Lamp_Events.xml: not XML: it must have one root element", false},
		"two roots":          {"Lamp/Lamp_Events.xml", "<a/><b/>", "it must have one root element", false},
		"no topic name":      {"Lamp/Lamp_Events.xml", "<SALEventSet>\n<SALEvent/></SALEventSet>", "Lamp/Lamp_Events.xml:2, element SALEvent: has no EFDB_Topic", false},
		"odd topic name":     {"Lamp/Lamp_Events.xml", "<SALEventSet>\n<SALEvent><EFDB_Topic>Lamp</EFDB_Topic></SALEvent></SALEventSet>", `EFDB_Topic "Lamp" is not COMPONENT_NAME`, false},
		"no field name":      {"Lamp/Lamp_Events.xml", topic("<item/>\n"), "Lamp/Lamp_Events.xml:4, element SALEvent/item: has no EFDB_Name", false},
		"no type":            {"Lamp/Lamp_Events.xml", topic("<item><EFDB_Name>f</EFDB_Name></item>\n"), "element SALEvent/item: has no IDL_Type", false},
		"unknown type":       {"Lamp/Lamp_Events.xml", topic(field("octet", "1")), `Lamp/Lamp_Events.xml:4, element SALEvent/item: field f: unknown type "octet"; give boolean,`, false},
		"count 0":            {"Lamp/Lamp_Events.xml", topic(field("int", "0")), `Lamp/Lamp_Events.xml:7, element SALEvent/item/Count: field f: "0" is not a count`, false},
		"count of a giant":   {"Lamp/Lamp_Events.xml", topic(field("int", "99999999")), "a count is between 1 and 1048576, not 99999999", false},
		"field twice":        {"Lamp/Lamp_Events.xml", topic(field("int", "1") + field("int", "1")), "a second field f in Lamp_logevent_x", false},
		"private field":      {"Lamp/Lamp_Events.xml", topic(strings.Replace(field("int", "1"), ">f<", ">private_origin<", 1)), "two fields are called private_origin", true},
		"topic twice":        {"Lamp/Lamp_Events.xml", strings.Replace(topic(""), "</SALEventSet>", "<SALEvent>\n<EFDB_Topic>Lamp_logevent_x</EFDB_Topic></SALEvent></SALEventSet>", 1), "a second topic logevent_x", false},
		"topic of generics":  {"Lamp/Lamp_Events.xml", strings.Replace(topic(""), "_x<", "_heartbeat<", 1), "component Lamp has two topics logevent_heartbeat", true},
		"unknown generic":    {"SALSubsystems.xml", "<S>\n<SALSubsystem><Name>Lamp</Name><AddedGenerics>golden</AddedGenerics></SALSubsystem></S>", `SALSubsystems.xml:2, element SALSubsystem: AddedGenerics: SALGenerics.xml has neither a topic nor a category "golden"`, false},
		"component twice":    {"SALSubsystems.xml", "<S><SALSubsystem><Name>Lamp</Name></SALSubsystem><SALSubsystem><Name>Lamp</Name></SALSubsystem></S>", "component Lamp is listed twice", false},
		"nested too deep":    {"Lamp/Lamp_Events.xml", strings.Repeat("<a>", 100), "nested more than 16 deep", false},
		"foreign characters": {"Lamp/Lamp_Events.xml", `<?xml version="1.0" encoding="latin1"?><a/>`, "Lamp/Lamp_Events.xml:1: ", false},
	} {
		t.Run(name, func(t *testing.T) {
			defs, err := salxml.ReadFS(folder(map[string]string{c.file: c.text}))
			if err == nil {
				_, err = defs.Component("Lamp")
			}
			require.ErrorContains(t, err, c.want)
			if !c.whole {
				var broken *salxml.Error
				require.ErrorAs(t, err, &broken)
			}
			if defs != nil && defs.Known("Hexapod") {
				_, err = defs.Component("Hexapod")
				require.NoError(t, err, "the others still load")
			}
		})
	}
}

func TestMissingCommonFileIsAnError(t *testing.T) {
	_, err := salxml.ReadFS(fstest.MapFS{})
	require.ErrorContains(t, err, "SALSubsystems.xml")
}

func FuzzReadFS(f *testing.F) {
	for _, file := range folder(nil) {
		f.Add(string(file.Data))
	}
	f.Add("<SALTelemetrySet><SALTelemetry><EFDB_Topic>Lamp_x</EFDB_Topic><item><EFDB_Name>a</EFDB_Name><IDL_Type>int</IDL_Type><Count>1048577</Count></item></SALTelemetry></SALTelemetrySet>")
	f.Fuzz(func(t *testing.T, text string) {
		for _, file := range []string{"SALSubsystems.xml", "SALGenerics.xml", "Lamp/Lamp_Telemetry.xml"} {
			defs, err := salxml.ReadFS(folder(map[string]string{file: text}))
			if err != nil {
				continue
			}
			for _, name := range defs.Names() {
				c, err := defs.Component(name)
				if err != nil {
					continue
				}
				for _, topic := range c.Topics {
					require.Len(t, topic.RevisionCode(), 8)
				}
			}
		}
	})
}
