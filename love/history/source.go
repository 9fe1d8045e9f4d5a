package history

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Source is where the past is kept. It is safe for concurrent use. Every method ends
// soon after its context, with the context's error. The other errors wrap one of those
// below, and say what is wrong and what to do.
type Source interface {
	// Streams returns what the source has, ordered by the text of the group.
	Streams(ctx context.Context) ([]Stream, error)
	// Series returns how fields of one stream went, one result for each field of the
	// query, in its order.
	Series(ctx context.Context, q SeriesQuery) ([]Series, error)
	// Newest returns the newest samples of fields of one stream, newest first, one
	// result for each field of the query, in its order.
	Newest(ctx context.Context, q NewestQuery) ([]Series, error)
	// Events returns the records of streams in a span, newest first, in pages.
	Events(ctx context.Context, q EventQuery) (Page, error)
}

// The errors of a [Source] that a caller can distinguish.
var (
	// ErrQuery reports a query that makes no sense; its Check method returns it.
	ErrQuery = errors.New("not a valid query")
	// ErrUnknownStream reports a stream that the source never had.
	ErrUnknownStream = errors.New("unknown stream")
	// ErrUnknownField reports a field that the stream does not have. A field that it
	// has had at some other time than that of the query is not unknown.
	ErrUnknownField = errors.New("unknown field")
	// ErrTooMuch reports a query whose answer is larger than the source gives.
	ErrTooMuch = errors.New("more than one query may ask for")
	// ErrUnavailable reports that the source cannot answer now.
	ErrUnavailable = errors.New("the history is not available")
)

// Stream describes one stream of a [Source].
type Stream struct {
	// Group is the name. Its SalIndex is "all" if the source does not list instances.
	Group love.Group `json:"group"`
	// Messages is how many messages the source has; 0 if it does not count them.
	Messages uint64 `json:"messages"`
	// First and Last are about when the oldest and the newest of them were recorded, to
	// the precision of the source's index; zero if it does not know.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// Sample is the value of a field at a time.
type Sample struct {
	Time time.Time `json:"time"`
	// Value is the JSON of the value, without data type and units: a number with all
	// its digits, NaN and the infinities as bare tokens, a text, true or false, a list.
	Value love.RawValue `json:"value"`
}

// Bin sums up the samples of a field in Start <= time < Start+Every. There are no empty
// bins.
type Bin struct {
	Start time.Time
	Count int // of samples
	// Min, Max and Mean are those of the finite numbers among the samples, true being 1
	// and false 0; NaN if there are none, as for texts and lists.
	Min, Max, Mean float64
	// Last is the newest value, of any type.
	Last love.RawValue
}

// MarshalJSON implements json.Marshaler: NaN is null.
func (b Bin) MarshalJSON() ([]byte, error) {
	number := func(x float64) *float64 {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		return &x
	}
	return json.Marshal(struct {
		Start time.Time     `json:"start"`
		Count int           `json:"count"`
		Min   *float64      `json:"min"`
		Max   *float64      `json:"max"`
		Mean  *float64      `json:"mean"`
		Last  love.RawValue `json:"last"`
	}{b.Start, b.Count, number(b.Min), number(b.Max), number(b.Mean), b.Last})
}

// UnmarshalJSON implements json.Unmarshaler: null is NaN.
func (b *Bin) UnmarshalJSON(text []byte) error {
	var x struct {
		Start          time.Time `json:"start"`
		Count          int       `json:"count"`
		Min, Max, Mean *float64
		Last           love.RawValue `json:"last"`
	}
	if err := json.Unmarshal(text, &x); err != nil {
		return err
	}
	number := func(x *float64) float64 {
		if x == nil {
			return math.NaN()
		}
		return *x
	}
	*b = Bin{x.Start, x.Count, number(x.Min), number(x.Max), number(x.Mean), x.Last}
	return nil
}

// Series is how one field went: either samples or bins.
type Series struct {
	Field string
	// Every is the width of the bins; 0 if there are samples.
	Every   time.Duration
	Samples []Sample // oldest first; of Newest, newest first
	Bins    []Bin    // oldest first
}

// Record is one sample of a stream with all its fields, such as an event.
type Record struct {
	Time  time.Time  `json:"time"`
	Group love.Group `json:"group"`
	// Fields is a JSON object of the values by name, without data types and units.
	Fields love.RawValue `json:"fields"`
}

// Page is one page of records, newest first.
type Page struct {
	Records []Record `json:"records"`
	// Next is the query's Before for the next page; empty on the last one.
	Next string `json:"next"`
}
