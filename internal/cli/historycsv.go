package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// printSeriesCSV prints a row for each time: the values of the fields or, of bins, their
// means with the least and the greatest value, the last one for what has no mean.
func printSeriesCSV(w io.Writer, all []history.Series) error {
	heading := []string{"time"}
	first := make([]int, len(all)) // column of each field
	for i, s := range all {
		first[i] = len(heading)
		heading = append(heading, s.Field)
		if s.Every > 0 {
			heading = append(heading, s.Field+"_min", s.Field+"_max")
		}
	}
	rows := map[time.Time][]string{}
	row := func(t time.Time) []string {
		if rows[t] == nil {
			rows[t] = make([]string, len(heading))
			rows[t][0] = t.UTC().Format(time.RFC3339Nano)
		}
		return rows[t]
	}
	for i, s := range all {
		for _, sample := range s.Samples {
			row(sample.Time)[first[i]] = plainText(sample.Value)
		}
		for _, b := range s.Bins {
			r := row(b.Start)
			if math.IsNaN(b.Mean) {
				r[first[i]] = plainText(b.Last)
				continue
			}
			for j, x := range []float64{b.Mean, b.Min, b.Max} {
				r[first[i]+j] = strconv.FormatFloat(x, 'g', -1, 64)
			}
		}
	}
	times := make([]time.Time, 0, len(rows))
	for t := range rows {
		times = append(times, t)
	}
	slices.SortFunc(times, time.Time.Compare)
	out := csv.NewWriter(w)
	lines := [][]string{heading}
	for _, t := range times {
		lines = append(lines, rows[t])
	}
	if err := out.WriteAll(lines); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

// plainText returns a value without the quotes of a text; null is empty.
func plainText(v love.RawValue) string {
	switch {
	case string(v) == "null":
		return ""
	case wire.IsText(v):
		return string(wire.Text(v))
	}
	return string(v)
}

// printRecordsCSV prints a row for each record, with a column for each field that one of
// them has.
func printRecordsCSV(w io.Writer, records []history.Record) error {
	heading := []string{"time"}
	columns := map[string]int{}
	for _, r := range records {
		for name := range wire.Members(r.Fields) {
			if _, ok := columns[name]; !ok {
				columns[name] = len(heading)
				heading = append(heading, name)
			}
		}
	}
	lines := [][]string{heading}
	for _, r := range records {
		line := make([]string, len(heading))
		line[0] = r.Time.UTC().Format(time.RFC3339Nano)
		for name, v := range wire.Members(r.Fields) {
			line[columns[name]] = plainText(v)
		}
		lines = append(lines, line)
	}
	if err := csv.NewWriter(w).WriteAll(lines); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}
