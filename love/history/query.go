package history

import (
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love"
)

// The bounds of queries.
const (
	DefaultPoints = 1000    // samples or bins of a field, when the query names none
	MaxPoints     = 100_000 // samples or bins of a field
	MaxFields     = 100     // fields of one query
	DefaultPage   = 100     // records of a page, when the query names none
	MaxPage       = 1000    // records of a page
)

// Span is a stretch of time: From <= time < To.
type Span struct {
	From, To time.Time
}

// Check returns an error that wraps [ErrQuery] unless From is before To and both are
// times that can be recorded: 1970 to 2261.
func (s Span) Check() error {
	for name, t := range map[string]time.Time{"from": s.From, "to": s.To} {
		if t.Before(time.Unix(0, 0)) || t.Year() > 2261 {
			return fmt.Errorf("%w: %q is %s: give a time between 1970 and 2261", ErrQuery, name, t.UTC().Format(time.RFC3339))
		}
	}
	if !s.From.Before(s.To) {
		return fmt.Errorf("%w: the span begins at %s and ends at %s: give a \"from\" before \"to\"",
			ErrQuery, s.From.UTC().Format(time.RFC3339Nano), s.To.UTC().Format(time.RFC3339Nano))
	}
	return nil
}

// Contains reports whether t lies in the span.
func (s Span) Contains(t time.Time) bool { return !t.Before(s.From) && t.Before(s.To) }

// SeriesQuery asks how fields of one stream went.
type SeriesQuery struct {
	Stream love.Group
	Fields []string
	Span
	// Points is how many samples of a field are returned at most; if there are more in
	// the span, the result has as many bins at most, of equal width, from the beginning
	// of the span. 0: [DefaultPoints].
	Points int
	// Every asks for bins of this width, however few samples there are, that begin at
	// multiples of it since 1970. 0: as Points says.
	Every time.Duration
}

// Check returns an error that wraps [ErrQuery], or [ErrTooMuch] for more bins, points
// or fields than allowed.
func (q SeriesQuery) Check() error {
	if err := checkFields(q.Stream, q.Fields); err != nil {
		return err
	}
	if err := q.Span.Check(); err != nil {
		return err
	}
	switch {
	case q.Points < 0:
		return fmt.Errorf("%w: %d points: give 1 to %d", ErrQuery, q.Points, MaxPoints)
	case q.Points > MaxPoints:
		return fmt.Errorf("%w: %d points: give %d at most", ErrTooMuch, q.Points, MaxPoints)
	case q.Every < 0:
		return fmt.Errorf("%w: bins of %s: give a positive width", ErrQuery, q.Every)
	case q.Every > 0 && q.To.Sub(q.From)/q.Every > MaxPoints:
		return fmt.Errorf("%w: the span has more than %d bins of %s: give a shorter span or wider bins", ErrTooMuch, MaxPoints, q.Every)
	}
	return nil
}

// Bins returns where the bins of the query begin: the start of the first and the width.
// They are used if Every is set, or if a field has more samples than points.
func (q SeriesQuery) Bins() (start time.Time, every time.Duration) {
	if q.Every > 0 {
		from := q.From.UnixNano()
		return time.Unix(0, from-from%int64(q.Every)).UTC(), q.Every
	}
	n := time.Duration(q.Limit())
	return q.From.UTC(), max((q.To.Sub(q.From)+n-1)/n, 1)
}

// Limit returns Points or, if it is 0, the default.
func (q SeriesQuery) Limit() int {
	if q.Points == 0 {
		return DefaultPoints
	}
	return q.Points
}

// NewestQuery asks for the newest samples of fields of one stream.
type NewestQuery struct {
	Stream love.Group
	Fields []string
	// N is how many samples of a field; 0 means 1.
	N int
	// Before selects samples older than it; zero: all.
	Before time.Time
}

// Check returns an error that wraps [ErrQuery], or [ErrTooMuch] for more samples or
// fields than allowed.
func (q NewestQuery) Check() error {
	if err := checkFields(q.Stream, q.Fields); err != nil {
		return err
	}
	switch {
	case q.N < 0:
		return fmt.Errorf("%w: the newest %d samples: give 1 to %d", ErrQuery, q.N, MaxPoints)
	case q.N > MaxPoints:
		return fmt.Errorf("%w: the newest %d samples: give %d at most", ErrTooMuch, q.N, MaxPoints)
	}
	return nil
}

// Limit returns N or, if it is 0, 1.
func (q NewestQuery) Limit() int { return max(q.N, 1) }

// EventQuery asks for records.
type EventQuery struct {
	// Streams selects streams: see [Selects].
	Streams []love.Group
	Span
	// Limit is how many records a page has at most; 0: [DefaultPage].
	Limit int
	// Before is the Next of the page before; empty for the first one.
	Before string
}

// Check returns an error that wraps [ErrQuery], or [ErrTooMuch] for a page above the
// limit.
func (q EventQuery) Check() error {
	if len(q.Streams) == 0 {
		return fmt.Errorf("%w: it names no streams: give at least one, such as event-all-all-all", ErrQuery)
	}
	if err := q.Span.Check(); err != nil {
		return err
	}
	switch {
	case q.Limit < 0:
		return fmt.Errorf("%w: a page of %d records: give 1 to %d", ErrQuery, q.Limit, MaxPage)
	case q.Limit > MaxPage:
		return fmt.Errorf("%w: a page of %d records: give %d at most, and ask for the next page", ErrTooMuch, q.Limit, MaxPage)
	}
	return nil
}

// PageSize returns Limit or, if it is 0, the default.
func (q EventQuery) PageSize() int {
	if q.Limit == 0 {
		return DefaultPage
	}
	return q.Limit
}

// Selects reports whether a pattern selects a stream: the parts are the same, or the
// pattern's is "all" or "*".
func Selects(pattern, stream love.Group) bool {
	same := func(p, s string) bool { return p == s || p == love.All || p == "*" }
	return pattern.Category == stream.Category && same(pattern.CSC, stream.CSC) &&
		same(pattern.SalIndex, stream.SalIndex) && same(pattern.Stream, stream.Stream)
}

// SelectsAny reports whether one of the patterns selects a stream.
func SelectsAny(patterns []love.Group, stream love.Group) bool {
	for _, p := range patterns {
		if Selects(p, stream) {
			return true
		}
	}
	return false
}

func checkFields(stream love.Group, fields []string) error {
	for _, part := range []string{string(stream.Category), stream.CSC, stream.SalIndex, stream.Stream} {
		if part == "" || part == love.All || part == "*" {
			return fmt.Errorf("%w: %q is not one stream: give a name for each of its parts, such as telemetry-ATDome-0-position", ErrQuery, stream)
		}
	}
	switch {
	case len(fields) == 0:
		return fmt.Errorf("%w: it names no field of %s", ErrQuery, stream)
	case len(fields) > MaxFields:
		return fmt.Errorf("%w: %d fields: give %d at most", ErrTooMuch, len(fields), MaxFields)
	}
	for _, f := range fields {
		if f == "" {
			return fmt.Errorf("%w: a field of %s has no name", ErrQuery, stream)
		}
	}
	return nil
}
