package love_test

import (
	"fmt"

	"github.com/rubin-love/love-go/love"
)

// The fields of a stream become those of a struct, without data type and units.
func ExampleDelivery_Decode() {
	d := love.Delivery{ // as client.Subscribe and hub.Subscribe yield it
		Group: "telemetry-ATDome-0-position",
		Raw: []byte(`{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"position":{
			"azimuthPosition":{"value":90.5,"dataType":"Float","units":"deg"},
			"dropoutDoorOpeningPercentage":{"value":NaN,"dataType":"Float","units":"%"}}}}],
			"subscription":"telemetry-ATDome-0-position"}`),
	}
	var dome struct {
		Azimuth float64 `love:"azimuthPosition,deg"` // an error if it is missing or in other units
		Dropout float64 `love:"dropoutDoorOpeningPercentage"`
	}
	if err := d.Decode("position", &dome); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(dome.Azimuth, dome.Dropout)
	// Output: 90.5 NaN
}

// A message to a broader group has several streams.
func ExampleMessage_Streams() {
	m, err := love.ParseMessage([]byte(`{"category":"event","data":[{"csc":"ATDome","salindex":0,"data":{"ATDome":{
		"summaryState":[{"summaryState":{"value":2}}],"mainDoorState":[{"state":{"value":1}}]}}}],
		"subscription":"event-ATDome-0-all"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for group, stream := range m.Streams() {
		var fields map[string]int
		err := stream.Decode(&fields)
		fmt.Println(group, fields, err)
	}
	// Output:
	// event-ATDome-0-summaryState map[summaryState:2] <nil>
	// event-ATDome-0-mainDoorState map[state:1] <nil>
}
