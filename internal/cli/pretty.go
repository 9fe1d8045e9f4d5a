package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// printPretty prints a message for people: a heading per stream, a line per
// field with its value and units. SAL's private fields are left out.
//
//	12:03:07.250  telemetry  ATDome:0  position
//	    azimuthPosition  57.3 deg
func printPretty(w io.Writer, raw []byte) error {
	m, err := love.ParseMessage(raw)
	if err != nil {
		return printLine(w, raw)
	}
	clock := "            "
	if at, known := receivedAt(m.Tracing); known {
		clock = utcOfTAI(at).Format("15:04:05.000")
	}
	var out bytes.Buffer
	for _, item := range m.Data {
		for _, s := range streamsOf(m, item) {
			fmt.Fprintf(&out, "%s  %s  %s:%s  %s\n", clock, m.Category, item.CSC, item.SalIndex, s.Name)
			printValue(&out, s.Value)
		}
	}
	_, err = w.Write(out.Bytes())
	return err
}

// utcOfTAI returns the UTC time of a time stamp in TAI, given as the time since
// 1970.
func utcOfTAI(stamp time.Duration) time.Time {
	t := time.Unix(0, int64(stamp)).UTC()
	return t.Add(-love.LeapSeconds(t))
}

// streamsOf returns the streams of an item, without the wrapping of a group …-all.
func streamsOf(m love.Message, item love.Item) []love.Stream {
	if len(item.Streams) != 1 || item.Streams[0].Name != item.CSC || !strings.HasSuffix(m.Subscription, "-all") {
		return item.Streams
	}
	var streams []love.Stream
	for name, value := range wire.Members(item.Streams[0].Value) {
		streams = append(streams, love.Stream{Name: name, Value: value})
	}
	return streams
}

// printValue prints the fields of a stream: telemetry is one object of them,
// an event a list with one or more.
func printValue(out *bytes.Buffer, value []byte) {
	if len(value) > 0 && value[0] == '[' {
		for element := range wire.Elements(value) {
			printValue(out, element)
		}
		return
	}
	if len(value) == 0 || value[0] != '{' {
		fmt.Fprintf(out, "    %s\n", value)
		return
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for name, field := range wire.Members(value) {
		if strings.HasPrefix(name, "private_") || name == "salIndex" {
			continue
		}
		fmt.Fprintf(table, "    %s\t%s\n", name, fieldText(field))
	}
	table.Flush()
}

// fieldText returns the value of a field and its units.
func fieldText(field []byte) string {
	value, units := field, ""
	for key, member := range wire.Members(field) {
		switch {
		case key == "value":
			value = member
		case key == "units" && wire.IsText(member):
			units = string(wire.Text(member))
		}
	}
	text := string(value)
	switch {
	case text == "null": // without units
		return text
	case wire.IsNumber(value) && strings.Contains(text, "."):
		text = roundNumber(text)
	case wire.IsText(value):
		text = readable(text, wire.Text(value))
	}
	if units != "" && units != "unitless" {
		text += " " + units
	}
	return text
}

// readable returns a JSON text for people: quoted as it is, but a text
// that itself holds a JSON object or list, without the escapes.
func readable(quoted string, text []byte) string {
	inner := bytes.TrimSpace(text)
	if len(inner) > 0 && (inner[0] == '{' || inner[0] == '[') && json.Valid(inner) {
		return printable(string(inner))
	}
	return quoted
}

// roundNumber rounds a number for people: telemetry has all the digits of its
// sensor's type.
func roundNumber(number string) string {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f != 0 && math.Abs(f) < 0.001 {
		return number
	}
	rounded := strconv.FormatFloat(f, 'f', 4, 64)
	return strings.TrimSuffix(strings.TrimRight(rounded, "0"), ".")
}
