package historyhttp

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// parameters are those of a request's query. What is wrong with them is collected, so
// that one answer names all of it.
type parameters struct {
	values url.Values
	source history.Source
	name   string // of the source
	wrong  httpapi.FieldErrors
}

// known are the parameters of each path; those marked true may be given several times.
var known = map[string]map[string]bool{
	"streams":  {"source": false, "csc": false},
	"series":   {"source": false, "csc": false, "salindex": false, "topic": false, "field": true, "from": false, "to": false, "points": false},
	"events":   {"source": false, "csc": false, "salindex": false, "topic": true, "from": false, "to": false, "limit": false, "before": false},
	"download": {"source": false, "from": false, "to": false, "groups": true},
}

// parameters reads those of a request, and finds the source. It refuses one that is not
// known, because a misspelt one would select something else.
func (a *API) parameters(r *http.Request) (*parameters, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, httpapi.RefuseDetail(http.StatusBadRequest, "Query parse error - "+err.Error())
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	may := known[path[strings.LastIndexByte(path, '/')+1:]]
	p := &parameters{values: values, wrong: httpapi.FieldErrors{}}
	for name, given := range values {
		switch many, ok := may[name]; {
		case !ok:
			p.wrong[name] = []string{"There is no such parameter."}
		case !many && len(given) > 1:
			p.wrong[name] = []string{"Give it once."}
		}
	}
	p.name = a.config.Default
	if values.Has("source") {
		p.name = values.Get("source")
	}
	if p.source = a.config.Sources[p.name]; p.source == nil {
		p.refuse("source", "There is no such source: there are %s.", strings.Join(a.names, ", "))
	}
	return p, p.err()
}

func (p *parameters) refuse(name, format string, args ...any) {
	p.wrong[name] = append(p.wrong[name], fmt.Sprintf(format, args...))
}

// err returns the refusal of a request with wrong parameters.
func (p *parameters) err() error {
	if len(p.wrong) == 0 {
		return nil
	}
	return p.wrong.Refusal()
}

// text returns a parameter, or the default if it is not given.
func (p *parameters) text(name, otherwise string) string {
	if !p.values.Has(name) {
		return otherwise
	}
	text := p.values.Get(name)
	if text == "" {
		p.refuse(name, "Give a value, or leave it out.")
	}
	return text
}

// required returns a parameter that must be given.
func (p *parameters) required(name string) string {
	if !p.values.Has(name) {
		p.refuse(name, "This parameter is required.")
	}
	return p.text(name, "")
}

// number returns a whole number from 1 to most, or 0 if it is not given.
func (p *parameters) number(name string, most int) int {
	text := p.text(name, "")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		p.refuse(name, "Give a number from 1 to %d.", most)
	}
	return n
}

// list returns all values of a parameter, of which each may be several with commas.
func (p *parameters) list(name string) (all []string) {
	for _, text := range p.values[name] {
		for one := range strings.SplitSeq(text, ",") {
			if one = strings.TrimSpace(one); one == "" {
				p.refuse(name, "A value is empty.")
				return nil
			}
			if !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	return all
}

// defaultSpan is that of a query that does not say where it begins.
const defaultSpan = time.Hour

// span returns the span of a query, by default the last hour.
func (p *parameters) span(longest time.Duration) history.Span {
	s := history.Span{To: p.time("to")}
	if s.To.IsZero() {
		s.To = time.Now().UTC()
	}
	if s.From = p.time("from"); s.From.IsZero() {
		s.From = s.To.Add(-defaultSpan)
	}
	if s.To.Sub(s.From) > longest {
		p.refuse("from", "The span is longer than %g hours: ask for parts of it.", longest.Hours())
	}
	return s
}

// time returns a time in RFC 3339 or in seconds since 1970; zero if it is not given.
func (p *parameters) time(name string) time.Time {
	text := p.text(name, "")
	if text == "" {
		return time.Time{}
	}
	t, ok := parseTime(text)
	if !ok {
		p.refuse(name, "Give a time such as 2026-03-14T01:59:26.5Z, or seconds since 1970.")
	}
	return t
}

func parseTime(text string) (t time.Time, ok bool) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), true
	}
	whole, fraction, _ := strings.Cut(text, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds < 0 || seconds > maxSeconds {
		return t, false
	}
	nanoseconds, err := strconv.ParseUint((fraction + "000000000")[:max(9, len(fraction))], 10, 64)
	if err != nil || len(fraction) > 9 {
		return t, false
	}
	return time.Unix(seconds, int64(nanoseconds)).UTC(), true
}

const maxSeconds = 1 << 33 // in the year 2242

// eventPrefix begins the names of events among the topics, as in the EFD.
const eventPrefix = "logevent_"

// groupOf returns the group of a topic.
func groupOf(csc, index, topic string) love.Group {
	g := love.Group{Category: love.CategoryTelemetry, CSC: csc, SalIndex: index, Stream: topic}
	if event, ok := strings.CutPrefix(topic, eventPrefix); ok {
		g.Category, g.Stream = love.CategoryEvent, event
	} else if command, ok := strings.CutPrefix(topic, "command_"); ok {
		g.Category, g.Stream = love.CategoryCommand, command
	}
	return g
}
