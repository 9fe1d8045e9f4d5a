package bench

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
)

// InterleavedRuns runs a load several times with and several times without
// something that may disturb it, alternating, and compares the latencies.
type InterleavedRuns struct {
	Load
	Runs        int // of each kind
	Disturbance Disturbance
}

// Disturbance is something that must not change what a load measures.
type Disturbance struct {
	Name string // "a stopped reader"
	// Begin starts it before a run, whose load it may change; end stops it
	// afterwards.
	Begin func(ctx context.Context, l *Load) (end func() error, err error)
}

// StoppedReader is a subscriber that stops reading.
var StoppedReader = Disturbance{
	Name: "a stopped reader",
	Begin: func(_ context.Context, l *Load) (func() error, error) {
		l.Stopped = 1
		return func() error { return nil }, nil
	},
}

// Query is another way for subscribers to connect: with parameters in the URL, "write_interval=0&nan=null".
func Query(parameters string) Disturbance {
	return Disturbance{Name: parameters, Begin: func(_ context.Context, l *Load) (func() error, error) {
		query, err := url.ParseQuery(parameters)
		l.ReaderURLs = slices.Clone(l.readerURLs())
		for key := range query {
			for i, u := range l.ReaderURLs {
				l.ReaderURLs[i] = withQuery(u, key, query.Get(key))
			}
		}
		return func() error { return nil }, err
	}}
}

// Compressed has the subscribers offer permessage-deflate.
var Compressed = Disturbance{
	Name: "compression",
	Begin: func(_ context.Context, l *Load) (func() error, error) {
		l.Compressed = true
		return func() error { return nil }, nil
	},
}

// InterleavedReport compares the two kinds of runs.
type InterleavedReport struct {
	Disturbance   string
	Without, With []Report
}

// Run runs the load 2 × Runs times. after, if not nil, is called with each report.
func (x InterleavedRuns) Run(ctx context.Context, after func(r Report, disturbed bool)) (InterleavedReport, error) {
	r := InterleavedReport{Disturbance: x.Disturbance.Name}
	if x.Runs < 1 {
		return r, fmt.Errorf("runs: %d is not above 0: there would be nothing to compare", x.Runs)
	}
	for i := range 2 * x.Runs {
		// Pairs alternate in which kind comes first, so that a drift of the
		// machine does not look like an effect.
		disturbed, kind := (i+i/2)%2 == 1, &r.Without
		if disturbed {
			kind = &r.With
		}
		report, err := x.run(ctx, disturbed)
		if err != nil {
			return r, err
		}
		*kind = append(*kind, report)
		if after != nil {
			after(report, disturbed)
		}
	}
	return r, nil
}

func (x InterleavedRuns) run(ctx context.Context, disturbed bool) (Report, error) {
	l := x.Load
	if !disturbed {
		return l.Run(ctx)
	}
	end, err := x.Disturbance.Begin(ctx, &l)
	if err != nil {
		return Report{}, fmt.Errorf("%s: %w", x.Disturbance.Name, err)
	}
	report, err := l.Run(ctx)
	if e := end(); e != nil && err == nil {
		err = fmt.Errorf("%s: %w", x.Disturbance.Name, e)
	}
	return report, err
}

// Significance returns the probability that chance alone makes the p99 of the two
// kinds differ as much as they do.
func (r InterleavedReport) Significance() float64 { return rankSum(p99s(r.Without), p99s(r.With)) }

// String returns the report as text.
func (r InterleavedReport) String() string {
	var b strings.Builder
	for _, k := range []struct {
		name string
		runs []Report
	}{{"without", r.Without}, {"with   ", r.With}} {
		var rss int64
		var lost uint64
		for i := range k.runs {
			rss = max(rss, k.runs[i].Manager.RSS)
			lost += k.runs[i].Lost
		}
		p := p99s(k.runs)
		fmt.Fprintf(&b, "%s %s: p99 median %s, from %s to %s in %d runs; lost %d; %d bytes on the wire", k.name, r.Disturbance,
			millis(time.Duration(median(p))), millis(time.Duration(p[0])), millis(time.Duration(p[len(p)-1])), len(p), lost, wireBytes(k.runs))
		if rss > 0 {
			cpu := costs(k.runs)
			fmt.Fprintf(&b, "; manager median %.2f µs CPU per delivery, from %.2f to %.2f, at most %s",
				micros(time.Duration(median(cpu))), micros(time.Duration(cpu[0])), micros(time.Duration(cpu[len(cpu)-1])), mebibytes(rss))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "chance of such a difference without a cause: %.2f (below 0.05 it would be significant)\n", r.Significance())
	return b.String()
}

// p99s returns the p99 latencies of the runs, sorted; those of the events, if there are
// any beside the others.
func p99s(runs []Report) []float64 {
	return sorted(runs, func(r *Report) time.Duration { return r.Probe().Quantile(.99) })
}

// costs returns the manager's CPU times per delivery, sorted.
func costs(runs []Report) []float64 { return sorted(runs, (*Report).PerDelivery) }

func sorted(runs []Report, of func(*Report) time.Duration) []float64 {
	var values []float64
	for i := range runs {
		values = append(values, float64(of(&runs[i])))
	}
	slices.Sort(values)
	return values
}

// wireBytes returns the mean size of a delivery's frame.
func wireBytes(runs []Report) uint64 {
	var bytes, deliveries uint64
	for i := range runs {
		bytes += runs[i].WireBytes
		deliveries += runs[i].Delivered
	}
	return bytes / max(deliveries, 1)
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// rankSum returns the two-sided p-value of the rank-sum test of Mann, Whitney and
// Wilcoxon, by its normal approximation, which is good from 8 values each.
func rankSum(a, b []float64) float64 {
	var u float64 // pairs in which a is the larger; ties count half
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	if n == 0 || m == 0 {
		return 1
	}
	z := (math.Abs(u-n*m/2) - 0.5) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(max(z, 0) / math.Sqrt2)
}
