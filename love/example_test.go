package love_test

import (
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love"
)

// A message is written as producers send it, and read as clients receive it.
func Example() {
	m := love.Message{
		Category: love.CategoryEvent,
		Data: []love.Item{{
			CSC:      "ATDome",
			SalIndex: love.Index(0),
			Streams:  []love.Stream{{Name: "summaryState", Value: love.RawValue(`[{"summaryState":2}]`)}},
		}},
	}
	raw := m.AppendJSON(nil)
	fmt.Println(string(raw))

	read, err := love.ParseMessage(raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, item := range read.Data {
		for _, stream := range item.Streams {
			fmt.Println(item.CSC, item.SalIndex, stream.Name, string(stream.Value))
		}
	}
	// Output:
	// {"category":"event","data":[{"csc":"ATDome","salindex":0,"data":{"summaryState":[{"summaryState":2}]}}]}
	// ATDome 0 summaryState [{"summaryState":2}]
}

func ExampleParseGroup() {
	g, err := love.ParseGroup("telemetry-ESS-301-temperature")
	fmt.Println(g.CSC, g.SalIndex, g.Stream, err)

	_, err = love.ParseGroup("ESS:301")
	fmt.Println(err)
	// Output:
	// ESS 301 temperature <nil>
	// "ESS:301" is not a group: give CATEGORY-CSC-SALINDEX-STREAM, for example telemetry-ATDome-0-position or event-all-all-all
}

func ExampleParseCommand() {
	c, err := love.ParseCommand([]byte(`{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {"azimuth": 90.50}}`))
	fmt.Println(c.CSC, c.Name, string(c.Params), err)

	_, err = love.ParseCommand([]byte(`{"csc": "ATDome", "salindex": "0"}`))
	fmt.Println(err)
	// Output:
	// ATDome cmd_moveAzimuth {"azimuth": 90.50} <nil>
	// reading the command: "cmd" is missing; a command has "csc", "salindex", "cmd" and "params"
}

func ExampleCommandPattern() {
	p, err := love.ParseCommandPattern("ATDome:*:move*")
	fmt.Println(p, err)
	fmt.Println(p.Matches(love.Command{CSC: "ATDome", Name: "cmd_moveAzimuth"}))
	fmt.Println(p.Matches(love.Command{CSC: "ATDome", Name: "cmd_stopMotion"}))
	// Output:
	// ATDome:*:move* <nil>
	// true
	// false
}

func ExampleTimeDataAt() {
	d := love.TimeDataAt(time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC))
	fmt.Printf("MJD %.1f, night of %s, TAI - UTC %.0f s\n", d.MJD, d.ObservingDay, -d.TAIToUTC)
	// Output: MJD 60462.5, night of 20240601, TAI - UTC 37 s
}
