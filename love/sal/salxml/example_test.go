package salxml_test

import (
	"fmt"
	"log"
	"testing/fstest"

	"github.com/rubin-love/love-go/love/sal/salxml"
)

// Definitions in memory; a program reads a folder with ReadDir.
func Example() {
	files := fstest.MapFS{
		"SALSubsystems.xml": {Data: []byte(`<SALSubsystemSet>
			<SALSubsystem><Name>Lamp</Name><IndexEnumeration>no</IndexEnumeration></SALSubsystem>
		</SALSubsystemSet>`)},
		"SALGenerics.xml": {Data: []byte(`<SALObjects><SALEventSet>
			<SALEvent><EFDB_Topic>SALGeneric_logevent_heartbeat</EFDB_Topic><Category>mandatory</Category></SALEvent>
		</SALEventSet></SALObjects>`)},
		"Lamp/Lamp_Telemetry.xml": {Data: []byte(`<SALTelemetrySet>
			<SALTelemetry>
				<EFDB_Topic>Lamp_light</EFDB_Topic>
				<item><EFDB_Name>flux</EFDB_Name><IDL_Type>double</IDL_Type><Units>lm</Units></item>
			</SALTelemetry>
		</SALTelemetrySet>`)},
	}
	defs, err := salxml.ReadFS(files)
	if err != nil {
		log.Fatal(err)
	}
	lamp, err := defs.Component("Lamp")
	if err != nil {
		log.Fatal(err)
	}
	light, _ := lamp.Topic("tel_light")
	for _, f := range light.Own() {
		fmt.Println(light.Attr(), f.Name, f.Type, f.Units)
	}
	// Output: tel_light flux double lm
}
