package efdhttp

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// request is the body of a request. The first thing that is wrong with it is kept.
type request struct {
	members map[string][]byte
	err     error
}

func parseRequest(body []byte) *request {
	r := &request{members: map[string][]byte{}}
	switch err := wire.Strict(body); {
	case err != nil:
		r.err = fmt.Errorf("the request is not a JSON object: %w", err)
	case strings.TrimLeft(string(body), " \t\r\n")[0] != '{':
		r.err = errors.New("the request is not a JSON object")
	}
	if r.err == nil {
		for name, v := range wire.Members(body) {
			r.members[name] = v
		}
	}
	return r
}

func (r *request) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// has reports whether a member is there and not null.
func (r *request) has(name string) bool {
	return r.members[name] != nil && string(r.members[name]) != "null"
}

// text returns a member that must be a text.
func (r *request) text(name, example string) string {
	v := r.members[name]
	switch {
	case !r.has(name):
		r.fail(`"%s" is missing: give a text, such as %q`, name, example)
	case !wire.IsText(v):
		r.fail(`"%s" must be a text, such as %q`, name, example)
	default:
		return string(wire.Text(v))
	}
	return ""
}

// number returns a member that must be a number from 1 to most, or the text of one; a
// fraction is cut off.
func (r *request) number(name string, most int) int {
	v := r.members[name]
	if wire.IsText(v) {
		v = wire.Text(v)
	}
	x, err := strconv.ParseFloat(string(v), 64)
	switch {
	case !r.has(name):
		r.fail(`"%s" is missing: give a number from 1 to %d`, name, most)
	case err != nil || !(x >= 1 && x < float64(most)+1):
		r.fail(`"%s" must be a number from 1 to %d`, name, most)
	default:
		return int(math.Trunc(x))
	}
	return 0
}

// time returns a member that must be a time on a scale.
func (r *request) time(name, scale string) time.Time {
	text := r.text(name, "2026-03-14T01:59:26")
	if r.err != nil {
		return time.Time{}
	}
	t, err := parseTime(text)
	if err != nil {
		r.fail(`"%s": %w`, name, err)
		return time.Time{}
	}
	if scale == scaleTAI {
		t = t.Add(-love.LeapSeconds(t.Add(-love.LeapSeconds(t))))
	}
	return t
}

const (
	scaleUTC = "utc"
	scaleTAI = "tai"
)

// scale returns the scale of the times in the request.
func (r *request) scale() string {
	if !r.has("scale") {
		return scaleUTC
	}
	scale := strings.ToLower(r.text("scale", scaleUTC))
	if scale != scaleUTC && scale != scaleTAI {
		r.fail(`"scale" must be "utc" or "tai", not %q`, scale)
	}
	return scale
}

// parseTime reads a time as the frontend and astropy write it, without a zone or in one.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, strings.Replace(text, " ", "T", 1)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: write it as 2026-03-14T01:59:26", excerpt(text))
}

// excerpt returns the beginning of a text from outside.
func excerpt(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// topic is one topic of a request with its fields.
type topic struct {
	key    string // in the answer
	stream love.Group
	fields []string
}

// maxTopics is how many topics a request may name.
const maxTopics = 500

// What the names of topics begin with in the EFD.
const (
	eventTopic   = "logevent_"
	commandTopic = "command_"
)

// topics returns what "cscs" names, ordered by their keys:
//
//	{"ATDome": {"0": {"position": ["azimuthPosition"], "logevent_summaryState": […]}}}
func (r *request) topics() (all []topic) {
	const shape = `{"CSC": {"INDEX": {"TOPIC": ["FIELD"]}}}`
	if !r.has("cscs") {
		r.fail(`"cscs" is missing: give %s`, shape)
		return nil
	}
	var cscs map[string]map[string]map[string]fields
	if err := json.Unmarshal(r.members["cscs"], &cscs); err != nil {
		r.fail(`"cscs" must be %s`, shape)
		return nil
	}
	for csc, indices := range cscs {
		for index, topics := range indices {
			n, err := strconv.Atoi(strings.TrimSpace(index))
			if err != nil {
				r.fail(`"cscs": %s: %q is not the index of a component: give a number, 0 for one that has no index`, csc, excerpt(index))
				return nil
			}
			for name, of := range topics {
				if !isName(csc) || !isName(name) {
					r.fail(`"cscs": %q is not the name of a topic`, excerpt(csc+"."+name))
					return nil
				}
				if len(of) > history.MaxFields {
					r.fail(`"cscs": %s.%s has %d fields: give %d at most`, csc, name, len(of), history.MaxFields)
					return nil
				}
				all = append(all, topic{csc + "-" + index + "-" + name, streamOf(csc, n, name), unique(of)})
			}
		}
	}
	if len(all) > maxTopics {
		r.fail(`"cscs" names %d topics: give %d at most`, len(all), maxTopics)
	}
	slices.SortFunc(all, func(a, b topic) int { return strings.Compare(a.key, b.key) })
	return all
}

// isName reports whether a text can be the name of one component or topic.
func isName(s string) bool { return s != "" && s != love.All && s != "*" }

// unique returns names without those that have come before: two lines of a plot may be of
// one field.
func unique(names []string) (all []string) {
	for _, name := range names {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// fields is a list of names, or one.
type fields []string

// UnmarshalJSON implements json.Unmarshaler.
func (f *fields) UnmarshalJSON(b []byte) error {
	if wire.IsText(b) {
		*f = fields{string(wire.Text(b))}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(f))
}

// streamOf returns the stream of a topic by its full name, as in the EFD.
func streamOf(csc string, index int, topic string) love.Group {
	category := love.CategoryTelemetry
	if name, ok := strings.CutPrefix(topic, eventTopic); ok {
		category, topic = love.CategoryEvent, name
	} else if name, ok := strings.CutPrefix(topic, commandTopic); ok {
		category, topic = love.CategoryCommand, name
	}
	return love.StreamGroup(category, csc, index, topic)
}
