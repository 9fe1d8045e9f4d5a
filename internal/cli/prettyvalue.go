package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/sal"
)

// decorated is a field as producers write it: {"value", "dataType", "units"}.
type decorated struct {
	value []byte
	units string
}

// fieldOf returns the parts of a field. One without decoration is its value.
func fieldOf(field []byte) decorated {
	d := decorated{value: field}
	for key, member := range wire.Members(field) {
		switch {
		case key == "value":
			d.value = member
		case key == "units" && wire.IsText(member):
			d.units = string(wire.Text(member))
		}
	}
	return d
}

// lastHeartbeat is the field with the time of the last heartbeat, in UNIX seconds.
const lastHeartbeat = "last_heartbeat_timestamp"

// field returns the value of a field and its units.
func (p prettyPrinter) field(topic client.Topic, name string, field []byte) string {
	d := fieldOf(field)
	if name == lastHeartbeat {
		return p.unixText(d.value)
	}
	text := p.text(d.value, choicesOf(topic, name))
	if d.units != "" && d.units != "unitless" && string(d.value) != "null" {
		text += " " + printable(d.units)
	}
	return text
}

// choicesOf returns the names of a field's numbers. Those of the summary state are
// known without definitions.
func choicesOf(topic client.Topic, name string) []client.Choice {
	if f, ok := topic.Field(name); ok && len(f.Choices) > 0 {
		return f.Choices
	}
	var states []client.Choice
	if name == "summaryState" {
		for s := sal.Disabled; s <= sal.Standby; s++ {
			states = append(states, client.Choice{Name: s.String(), Number: int64(s)})
		}
	}
	return states
}

// text returns a value for people.
func (p prettyPrinter) text(value []byte, choices []client.Choice) string {
	text := string(value)
	switch {
	case len(value) == 0:
		return text
	case value[0] == '[':
		var elements []string
		for element := range wire.Elements(value) {
			elements = append(elements, p.text(element, choices))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	case value[0] == '{':
		var members []string
		for name, member := range wire.Members(value) {
			members = append(members, printable(name)+": "+p.field(client.Topic{}, name, member))
		}
		return "{" + strings.Join(members, ", ") + "}"
	case wire.IsText(value):
		return readable(text, wire.Text(value))
	case !wire.IsNumber(value):
		return text
	}
	if number, ok := wire.Int(value); ok {
		if i := slices.IndexFunc(choices, func(c client.Choice) bool { return c.Number == number }); i >= 0 {
			return printable(choices[i].Name)
		}
	}
	if strings.Contains(text, ".") {
		return roundNumber(text)
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
	return printable(quoted)
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
