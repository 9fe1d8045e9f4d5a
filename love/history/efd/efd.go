package efd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// Config describes an EFD. Only URL is needed.
type Config struct {
	// URL is the address of InfluxDB's HTTP API without "/query", such as
	// "https://usdf-rsp.slac.stanford.edu:443/influxdb-enterprise-data".
	URL                string
	Username, Password string
	Database           string        // default "efd"
	Timeout            time.Duration // of one query; default 30 s
	HTTP               *http.Client  // default: http.DefaultClient
}

// EFD is a [history.Source] over an InfluxDB. It is safe for concurrent use. Use [New].
type EFD struct {
	config Config
	query  string // the address of queries

	mu           sync.Mutex
	measurements []string // ordered
	listed       time.Time
	fields       map[string]fieldList // by measurement
}

type fieldList struct {
	types map[string]string // "float", "integer", "string" or "boolean", by name
	read  time.Time
}

// listsLast is how long the lists of measurements and fields are believed.
const listsLast = time.Minute

// New returns a source. It does not connect yet.
func New(c Config) (*EFD, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, errors.New("the address of an EFD must be http://HOST:PORT or https://…, with user and password apart from it")
	}
	if c.Database == "" {
		c.Database = "efd"
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.HTTP == nil {
		c.HTTP = http.DefaultClient
	}
	u = u.JoinPath("query")
	u.RawQuery = url.Values{"db": {c.Database}, "epoch": {"ns"}}.Encode()
	return &EFD{config: c, query: u.String(), fields: map[string]fieldList{}}, nil
}

const measurementPrefix = "lsst.sal."

// plainName is what names of components, topics and fields consist of.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// topicOf returns the name of a stream's topic.
func topicOf(g love.Group) string {
	switch g.Category {
	case love.CategoryEvent:
		return "logevent_" + g.Stream
	case love.CategoryCommand:
		return "command_" + g.Stream
	}
	return g.Stream
}

// groupOf returns the stream of a measurement, of all instances.
func groupOf(measurement string) (g love.Group, ok bool) {
	name, ok := strings.CutPrefix(measurement, measurementPrefix)
	csc, topic, ok2 := strings.Cut(name, ".")
	if !ok || !ok2 || !plainName.MatchString(csc) || !plainName.MatchString(topic) {
		return love.Group{}, false
	}
	g = love.Group{Category: love.CategoryTelemetry, CSC: csc, SalIndex: love.All, Stream: topic}
	if event, ok := strings.CutPrefix(topic, "logevent_"); ok {
		g.Category, g.Stream = love.CategoryEvent, event
	} else if command, ok := strings.CutPrefix(topic, "command_"); ok {
		g.Category, g.Stream = love.CategoryCommand, command
	}
	return g, true
}

// list returns the measurements.
func (e *EFD) list(ctx context.Context) ([]string, error) {
	e.mu.Lock()
	known, at := e.measurements, e.listed
	e.mu.Unlock()
	if time.Since(at) < listsLast && !at.IsZero() {
		return known, nil
	}
	var names []string
	err := e.ask(ctx, "SHOW MEASUREMENTS", maxNames, func(row []any, _ []string) error {
		if name, ok := row[0].(string); ok {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.measurements, e.listed = names, time.Now()
	return names, nil
}

// maxNames is how many measurements, and fields of one, are read.
const maxNames = 100_000

// stream is a stream whose names the database has listed.
type stream struct {
	group love.Group
	from  string // the quoted measurement
	where string // the condition of the instance; may be empty
	types map[string]string
}

// stream looks a stream up.
func (e *EFD) stream(ctx context.Context, g love.Group) (*stream, error) {
	unknown := fmt.Errorf("%w: the EFD has no measurement of %s", history.ErrUnknownStream, g)
	index, err := strconv.Atoi(g.SalIndex)
	topic := topicOf(g)
	known := g.Category == love.CategoryTelemetry || g.Category == love.CategoryEvent || g.Category == love.CategoryCommand
	if err != nil || !known || !plainName.MatchString(g.CSC) || !plainName.MatchString(topic) {
		return nil, unknown
	}
	all, err := e.list(ctx)
	if err != nil {
		return nil, err
	}
	name := measurementPrefix + g.CSC + "." + topic
	if _, ok := slices.BinarySearch(all, name); !ok {
		return nil, unknown
	}
	s, err := e.streamOf(ctx, name)
	if err != nil {
		return nil, err
	}
	s.group = g
	if _, ok := s.types[indexField]; ok {
		s.where = fmt.Sprintf(` AND "%s" = %d`, indexField, index)
	} else if index != 0 {
		return nil, unknown
	}
	return s, nil
}

const indexField = "salIndex"

// streamOf returns all instances of a measurement that the database has listed.
func (e *EFD) streamOf(ctx context.Context, name string) (*stream, error) {
	s := &stream{from: `"` + e.config.Database + `"."autogen"."` + name + `"`}
	e.mu.Lock()
	known, ok := e.fields[name]
	e.mu.Unlock()
	if ok && time.Since(known.read) < listsLast {
		s.types = known.types
		return s, nil
	}
	s.types = map[string]string{}
	err := e.ask(ctx, "SHOW FIELD KEYS FROM "+s.from, maxNames, func(row []any, _ []string) error {
		field, ok := row[0].(string)
		kind, ok2 := row[len(row)-1].(string)
		if ok && ok2 && plainName.MatchString(field) {
			s.types[field] = kind
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fields[name] = fieldList{s.types, time.Now()}
	return s, nil
}

// check returns an error unless the stream has the fields.
func (s *stream) check(fields []string) error {
	var unknown []string
	for _, f := range fields {
		if _, ok := s.types[f]; !ok {
			unknown = append(unknown, f)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("%w: %s of %s", history.ErrUnknownField, strings.Join(unknown, ", "), s.group)
	}
	return nil
}

// Streams implements [history.Source]. It lists no instances.
func (e *EFD) Streams(ctx context.Context) ([]history.Stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	names, err := e.list(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]history.Stream, 0, len(names))
	for _, name := range names {
		if g, ok := groupOf(name); ok {
			all = append(all, history.Stream{Group: g})
		}
	}
	slices.SortFunc(all, func(a, b history.Stream) int { return strings.Compare(a.Group.String(), b.Group.String()) })
	return all, nil
}

var _ history.Source = (*EFD)(nil)
