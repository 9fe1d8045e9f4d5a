package cli

import (
	"math"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love/history"
)

var blocks = []rune("▁▂▃▄▅▆▇█")

// mean is a number at a time.
type mean struct {
	at    time.Time
	value float64
}

// means returns the numbers among the samples, or the means of the bins.
func means(s history.Series) (all []mean) {
	add := func(t time.Time, x float64) {
		if !math.IsNaN(x) {
			all = append(all, mean{t, x})
		}
	}
	for _, sample := range s.Samples {
		add(sample.Time, numberOf(sample.Value))
	}
	for _, b := range s.Bins {
		add(b.Start, b.Mean)
	}
	return all
}

// usualDistance returns the median distance in time between one and the next.
func usualDistance(all []mean) time.Duration {
	var distances []time.Duration
	for i := 1; i < len(all); i++ {
		distances = append(distances, all[i].at.Sub(all[i-1].at))
	}
	if len(distances) == 0 {
		return 0
	}
	slices.Sort(distances)
	return distances[len(distances)/2]
}

// spark draws the means of a series over a span as a line of blocks. A value lasts until
// the next one. That of an event does so however late the next one comes, and up to the
// end; otherwise there is a gap when it comes later than usual.
func spark(s history.Series, span history.Span, columns int, event bool) string {
	sums, counts := make([]float64, columns), make([]float64, columns)
	column := func(t time.Time) int {
		return min(max(int(float64(t.Sub(span.From))/float64(span.To.Sub(span.From))*float64(columns)), 0), columns-1)
	}
	all := means(s)
	longest := usualDistance(all) * 5 / 2
	for i, m := range all {
		first := column(m.at)
		sums[first] += m.value
		counts[first]++
		next := columns
		switch {
		case i+1 < len(all) && (event || all[i+1].at.Sub(m.at) <= longest):
			next = column(all[i+1].at)
		case !event:
			continue
		}
		for c := first + 1; c < next; c++ {
			sums[c], counts[c] = m.value, 1
		}
	}
	return drawn(sums, counts)
}

// drawn returns a block for each mean, a space where there is none.
func drawn(sums, counts []float64) string {
	least, most := math.Inf(1), math.Inf(-1)
	for i := range sums {
		if counts[i] > 0 {
			sums[i] /= counts[i]
			least, most = min(least, sums[i]), max(most, sums[i])
		}
	}
	line := make([]rune, len(sums))
	for i := range line {
		switch {
		case counts[i] == 0:
			line[i] = ' '
		case most == least:
			line[i] = blocks[0]
		default:
			line[i] = blocks[int((sums[i]-least)/(most-least)*float64(len(blocks)-1)+0.5)]
		}
	}
	return string(line)
}
