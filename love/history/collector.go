package history

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Collector makes the answer to a [SeriesQuery] out of single values, for sources that
// store those. Its memory is bounded by the points of the query, however many samples
// there are. Use [NewCollector].
type Collector struct {
	start int64 // of the first bin, in nanoseconds
	every int64
	most  int // samples of a field; 0 if only bins are wanted
	found []collectedField
	first int64 // of the span, in nanoseconds
	last  int64
}

type collectedField struct {
	name    string
	finder  *fieldFinder
	seen    bool
	samples []sample // while there are not more than most
	bins    map[int64]*bin
	more    bool // there are more samples than most
}

type sample struct {
	at    int64
	value []byte
}

type bin struct {
	count   int
	numbers int
	min     float64
	max     float64
	sum     float64
	lastAt  int64
	last    []byte
}

// NewCollector returns a collector for a valid query.
func NewCollector(q SeriesQuery) *Collector {
	start, every := q.Bins()
	c := &Collector{start: start.UnixNano(), every: int64(every), first: q.From.UnixNano(), last: q.To.UnixNano()}
	if q.Every == 0 {
		c.most = q.Limit()
	}
	for _, name := range q.Fields {
		c.found = append(c.found, collectedField{name: name, finder: newFieldFinder(name), bins: map[int64]*bin{}})
	}
	return c
}

// Add collects the fields of a value of the stream: an object of fields, with or without
// data types and units, or a list of such. Values may come in any order; those outside
// the span of the query are ignored. Nothing of value is kept.
func (c *Collector) Add(t time.Time, value []byte) {
	at := t.UnixNano()
	if at < c.first || at >= c.last {
		return
	}
	for object := range Objects(value) {
		for i := range c.found {
			f := &c.found[i]
			if v, ok := f.finder.find(object); ok {
				f.seen = true
				c.add(f, at, v)
			}
		}
	}
}

func (c *Collector) add(f *collectedField, at int64, value []byte) {
	if !f.more && c.most > 0 {
		if len(f.samples) < c.most {
			f.samples = append(f.samples, sample{at, bytes.Clone(value)})
		} else {
			f.more, f.samples = true, nil
		}
	}
	n := (at - c.start) / c.every
	b := f.bins[n]
	if b == nil {
		b = &bin{min: math.Inf(1), max: math.Inf(-1), lastAt: math.MinInt64}
		f.bins[n] = b
	}
	b.add(at, value)
}

func (b *bin) add(at int64, value []byte) {
	b.count++
	if at >= b.lastAt {
		b.lastAt, b.last = at, append(b.last[:0], value...)
	}
	x, ok := number(value)
	if !ok {
		return
	}
	b.numbers++
	b.sum += x
	b.min, b.max = min(b.min, x), max(b.max, x)
}

// number returns the finite number that a value is, 1 and 0 for true and false.
func number(value []byte) (x float64, ok bool) {
	switch string(value) {
	case "true":
		return 1, true
	case "false":
		return 0, true
	}
	if len(value) == 0 || value[0] != '-' && (value[0] < '0' || value[0] > '9') {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(value), 64)
	return x, err == nil && !math.IsInf(x, 0) && !math.IsNaN(x)
}

// Unseen returns the fields of which there was no sample.
func (c *Collector) Unseen() (names []string) {
	for _, f := range c.found {
		if !f.seen {
			names = append(names, f.name)
		}
	}
	return names
}

// Series returns what was collected, one result for each field.
func (c *Collector) Series() []Series {
	all := make([]Series, 0, len(c.found))
	for i := range c.found {
		f := &c.found[i]
		s := Series{Field: f.name}
		if c.most == 0 || f.more {
			s.Every, s.Bins = time.Duration(c.every), c.bins(f)
		} else {
			s.Samples = sampleList(f.samples)
		}
		all = append(all, s)
	}
	return all
}

func sampleList(found []sample) []Sample {
	slices.SortStableFunc(found, func(a, b sample) int { return int(min(max(a.at-b.at, -1), 1)) })
	all := make([]Sample, 0, len(found))
	for _, s := range found {
		all = append(all, Sample{Time: time.Unix(0, s.at).UTC(), Value: love.RawValue(s.value)})
	}
	return all
}

func (c *Collector) bins(f *collectedField) []Bin {
	all := make([]Bin, 0, len(f.bins))
	for n, b := range f.bins {
		one := Bin{
			Start: time.Unix(0, c.start+n*c.every).UTC(), Count: b.count,
			Min: b.min, Max: b.max, Mean: b.sum / float64(b.numbers), Last: love.RawValue(b.last),
		}
		if b.numbers == 0 {
			one.Min, one.Max, one.Mean = math.NaN(), math.NaN(), math.NaN()
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Bin) int { return a.Start.Compare(b.Start) })
	return all
}
