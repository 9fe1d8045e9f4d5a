package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/similar"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// topicTable makes the tables of `loved topics`, with headings, of everything or of one
// component or instance.
type topicTable struct {
	knownTopics
	now        time.Time
	csc, index string
}

// components has a row per component, or per instance of those that were seen.
func (t topicTable) components() [][]string {
	rows := [][]string{{"COMPONENT", "EVENTS", "TELEMETRY", "COMMANDS", "LIVE", "LAST"}}
	for _, csc := range t.names() {
		c, known := t.knownTopics.components[csc]
		counts := []string{"", "", ""}
		if known {
			counts = []string{strconv.Itoa(len(c.Events)), strconv.Itoa(len(c.Telemetry)), strconv.Itoa(len(c.Commands))}
		}
		indices := t.indices(csc)
		if len(indices) == 0 {
			indices = []string{""}
		}
		for _, index := range indices {
			of := topicTable{t.only(csc, index), t.now, csc, index}
			live := 0
			for _, s := range of.streams {
				if s.Live {
					live++
				}
			}
			name := csc
			if index != "" && (c.Indexed || !known && index != "0") {
				name += ":" + index
			}
			rows = append(rows, append(append([]string{printable(name)}, counts...), strconv.Itoa(live), of.last(all)))
		}
	}
	return rows
}

func all(love.StreamStats) bool { return true }

// last returns in words when the newest of some streams came.
func (t topicTable) last(match func(love.StreamStats) bool) string {
	s, ok := t.newest(match)
	switch {
	case !t.reported:
		return "unknown"
	case !ok:
		return "never"
	case !s.Live:
		return "gone, " + ageText(t.now.Sub(s.Last))
	}
	return ageText(t.now.Sub(s.Last))
}

// topicKinds are the kinds of topics in the order of the tables.
var topicKinds = []struct {
	name     string
	prefix   string // as in SAL
	category love.Category
	topics   func(client.Component) map[string]client.Topic
}{
	{"telemetry", "tel_", love.CategoryTelemetry, func(c client.Component) map[string]client.Topic { return c.Telemetry }},
	{"event", "evt_", love.CategoryEvent, func(c client.Component) map[string]client.Topic { return c.Events }},
	{"command", "cmd_", "", func(c client.Component) map[string]client.Topic { return c.Commands }},
}

// topics has a row per topic of the component.
func (t topicTable) topics() [][]string {
	of := t.only(t.csc, t.index)
	several := len(of.indices(t.csc)) > 1
	rows := [][]string{{"KIND", "TOPIC", "LAST", "FIELDS"}}
	for _, kind := range topicKinds {
		topics := kind.topics(of.components[t.csc])
		names := slices.Sorted(maps.Keys(topics))
		if kind.category != "" {
			names = of.streamNames(kind.category, t.csc)
		}
		for _, name := range names {
			last := ""
			if kind.category != "" {
				match := func(s love.StreamStats) bool { return s.Category == kind.category && s.Stream == name }
				last = topicTable{of, t.now, t.csc, t.index}.last(match)
				if s, ok := of.newest(match); ok && several {
					last += " (" + printable(s.SalIndex) + ")"
				}
			}
			rows = append(rows, []string{kind.name, printable(name), last, strings.Join(fieldTexts(topics[name].Fields), ", ")})
		}
	}
	return append(rows, t.others(of)...)
}

// others has a row per stream in another category, such as love_csc.
func (t topicTable) others(of knownTopics) (rows [][]string) {
	for _, s := range of.streams {
		if s.Category != love.CategoryEvent && s.Category != love.CategoryTelemetry {
			last := topicTable{of, t.now, t.csc, t.index}.last(func(o love.StreamStats) bool { return o.Group() == s.Group() })
			rows = append(rows, []string{printable(string(s.Category)), printable(s.Stream), last, ""})
		}
	}
	return rows
}

// fields has a row per field of the topics of the component with that name, which may be
// given with its prefix: "evt_summaryState".
func (t topicTable) fields(name string) ([][]string, error) {
	rows := [][]string{{"KIND", "FIELD", "TYPE", "UNITS", "DESCRIPTION"}}
	found := false
	var others []string
	for _, kind := range topicKinds {
		topics := kind.topics(t.knownTopics.components[t.csc])
		topic, ok := topics[strings.TrimPrefix(name, kind.prefix)]
		found = found || ok
		for _, f := range topic.Fields {
			rows = append(rows, fieldRow(kind.name, f))
		}
		others = slices.AppendSeq(others, maps.Keys(topics))
	}
	switch {
	case !found:
		slices.Sort(others)
		return nil, usagef("the manager has no definition of a topic %q of %s%s", name, t.csc, similar.Question(similar.Names(name, others)))
	case len(rows) == 1:
		rows = append(rows, []string{"", "(none)", "", "", ""})
	}
	return rows, nil
}

func fieldRow(kind string, f client.Field) []string {
	units := ""
	if hasUnits(f) {
		units = f.Units
	}
	text := oneLine(f.Description)
	if len(f.Choices) > 0 {
		var names []string
		for _, c := range f.Choices {
			names = append(names, fmt.Sprintf("%d %s", c.Number, c.Name))
		}
		text = strings.TrimSpace(text + " [" + strings.Join(names, ", ") + "]")
	}
	f.Units = ""
	return []string{kind, printable(f.Name), printable(typeText(f)), printable(units), printable(text)}
}

// ageText returns how long ago something was: "0.3 s ago", "5 min ago", "3 days ago".
func ageText(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s ago", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s ago", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min ago", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h ago", d.Hours())
	}
	return fmt.Sprintf("%.0f days ago", d.Hours()/24)
}
