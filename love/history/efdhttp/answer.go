package efdhttp

import (
	"fmt"
	"math"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// appendBins appends what pandas makes of the samples of a topic: for each field the mean
// of each bin from the first to the last in which the topic has samples, null where there
// is no number. An object without members stands for no samples at all.
func appendBins(dst []byte, t topic, every time.Duration, all []history.Series) ([]byte, error) {
	var first, last time.Time
	for _, s := range all {
		for _, b := range s.Bins {
			if isNoNumber(b) {
				return nil, fmt.Errorf("the field %q of %s is %s: only numbers have a mean", s.Field, t.key, kindOf(b.Last))
			}
			if first.IsZero() || b.Start.Before(first) {
				first = b.Start
			}
			if b.Start.After(last) {
				last = b.Start
			}
		}
	}
	dst = append(dst, '{')
	if first.IsZero() {
		return append(dst, '}'), nil
	}
	for i, s := range all {
		dst = appendName(dst, i, s.Field)
		bins := s.Bins
		for start := first; !start.After(last); start = start.Add(every) {
			mean := math.NaN()
			if len(bins) > 0 && bins[0].Start.Equal(start) {
				mean, bins = bins[0].Mean, bins[1:]
			}
			dst = appendPoint(dst, start, love.AppendFloat(nil, mean))
		}
		dst = append(dst, ']')
	}
	return append(dst, '}'), nil
}

// isNoNumber reports whether the values of a bin are texts or lists.
func isNoNumber(b history.Bin) bool {
	return math.IsNaN(b.Mean) && len(b.Last) > 0 && (b.Last[0] == '"' || b.Last[0] == '[' || b.Last[0] == '{')
}

func kindOf(value love.RawValue) string {
	if value[0] == '"' {
		return "a text"
	}
	return "a list, whose elements are fields of their own (name0, name1, …)"
}

// appendSamples appends the samples of a topic; fields without any are left out, as an
// unknown topic has none.
func appendSamples(dst []byte, all []history.Series) []byte {
	dst = append(dst, '{')
	n := 0
	for _, s := range all {
		if len(s.Samples) == 0 {
			continue
		}
		dst = appendName(dst, n, s.Field)
		n++
		for _, sample := range s.Samples {
			dst = appendPoint(dst, sample.Time, sample.Value)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// appendName appends the name of field number n, and the beginning of its list.
func appendName(dst []byte, n int, name string) []byte {
	if n > 0 {
		dst = append(dst, ',')
	}
	return append(love.AppendText(dst, name), ":["...)
}

// appendPoint appends a value at a time.
func appendPoint(dst []byte, t time.Time, value []byte) []byte {
	if dst[len(dst)-1] == '}' {
		dst = append(dst, ',')
	}
	dst = append(appendTime(append(dst, `{"ts":"`...), t), `","value":`...)
	return append(wire.AppendStrict(dst, value), '}')
}

// appendTime appends a time as Python writes one with a zone: with microseconds only if
// there are some.
func appendTime(dst []byte, t time.Time) []byte {
	layout := "2006-01-02 15:04:05.000000+00:00"
	if t.Nanosecond()/1000 == 0 {
		layout = "2006-01-02 15:04:05+00:00"
	}
	return t.UTC().AppendFormat(dst, layout)
}

// appendRecord appends an object of the fields of a record that were asked for; null for
// one that it does not have.
func appendRecord(dst []byte, fields []string, record love.RawValue) []byte {
	dst = append(dst, '{')
	for i, name := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		value, ok := history.FieldOf(record, name)
		if !ok {
			value = love.RawValue("null")
		}
		dst = wire.AppendStrict(append(love.AppendText(dst, name), ':'), value)
	}
	return append(dst, '}')
}
