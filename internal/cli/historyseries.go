package cli

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/history"
)

const (
	historyRows     = 20 // of the table
	maxSparkColumns = 60 // of a line of blocks
	minSparkColumns = 20
)

// showSeries prints how fields went, for people.
func (a *app) showSeries(ctx context.Context, q *question, now time.Time) error {
	rows, err := q.series(ctx, historyRows)
	if err != nil {
		return err
	}
	finer, err := q.series(ctx, maxSparkColumns)
	if err != nil {
		return err
	}
	samples := 0
	for _, s := range rows {
		n := len(s.Samples)
		for _, b := range s.Bins {
			n += b.Count
		}
		samples = max(samples, n)
	}
	span := fmt.Sprintf("from %s to %s UTC", timeText(q.span.From, now), timeText(q.span.To, now))
	if samples == 0 {
		fmt.Fprintf(a.stderr, "%s %s has no samples %s.\n", componentText(q.csc, q.index), q.stream.Stream, span)
		return nil
	}
	topic := q.definition(ctx)
	fmt.Fprintf(a.stdout, "%s %s %s, %s\n\n", componentText(q.csc, q.index), q.stream.Stream, span, number(uint64(samples), "sample"))
	width := a.width()
	if err := printTable(a.stdout, sparkRows(finer, q, topic, width), width); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	table := seriesRows(rows, topic, now, true)
	if width > 0 && tableWidth(table) > width {
		table = seriesRows(rows, topic, now, false)
	}
	return printTable(a.stdout, table, 0)
}

// tableWidth returns how wide a table is printed.
func tableWidth(rows [][]string) (width int) {
	for i := range rows[0] {
		column := 0
		for _, row := range rows {
			column = max(column, utf8.RuneCountInString(row[i]))
		}
		width += column + 2
	}
	return width - 2
}

// definition returns the definition of the topic, with units and the names of numbers; one
// without fields if the manager does not know it.
func (q *question) definition(ctx context.Context) client.Topic {
	ctx, stop := context.WithTimeout(ctx, topicsTimeout)
	defer stop()
	components, err := q.client.Components(ctx, client.EventTopics, client.TelemetryTopics)
	if err != nil {
		return client.Topic{}
	}
	return knownTopics{components: components}.topics(q.stream.Category, q.csc)[q.stream.Stream]
}

// fieldDefinition returns the definition of a field, which may be an element of a list.
func fieldDefinition(topic client.Topic, name string) client.Field {
	if f, ok := topic.Field(name); ok {
		return f
	}
	list := strings.TrimRight(name, "0123456789")
	f, _ := topic.Field(list)
	if f.Count < 2 {
		return client.Field{}
	}
	return f
}

// sparkRows has a row for each field: its name, a line of blocks, and its values in
// words. The line is shorter where a terminal of the width has no room for the words.
func sparkRows(all []history.Series, q *question, topic client.Topic, width int) (rows [][]string) {
	used := 0
	for _, s := range all {
		name, words := printable(s.Field), extremes(s, topic)
		if f := fieldDefinition(topic, s.Field); hasUnits(f) {
			name += " (" + printable(f.Units) + ")"
		}
		used = max(used, utf8.RuneCountInString(name)+utf8.RuneCountInString(words)+4)
		rows = append(rows, []string{name, "", words})
	}
	columns := maxSparkColumns
	if width > 0 {
		columns = min(max(width-used, minSparkColumns), maxSparkColumns)
	}
	for i, s := range all {
		rows[i][1] = spark(s, q.span, columns, q.stream.Category == love.CategoryEvent)
	}
	return rows
}

// numberOf returns a value as a number, 1 and 0 for true and false; NaN if it is none.
func numberOf(v love.RawValue) float64 {
	switch string(v) {
	case "true":
		return 1
	case "false":
		return 0
	}
	x, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

// extremes returns the least, the mean and the greatest value, and the last one.
func extremes(s history.Series, topic client.Topic) string {
	least, most, sum, n := math.Inf(1), math.Inf(-1), 0.0, 0
	var last love.RawValue
	add := func(low, high, mean float64, count int, value love.RawValue) {
		if last = value; !math.IsNaN(mean) {
			least, most = min(least, low), max(most, high)
			sum, n = sum+mean*float64(count), n+count
		}
	}
	for _, sample := range s.Samples {
		x := numberOf(sample.Value)
		add(x, x, x, 1, sample.Value)
	}
	for _, b := range s.Bins {
		add(b.Min, b.Max, b.Mean, b.Count, b.Last)
	}
	if last == nil {
		return "no samples"
	}
	now := "last " + valueText(last, s.Field, topic)
	if n == 0 || isState(last, s.Field, topic) {
		return now
	}
	return fmt.Sprintf("least %s, mean %s, greatest %s, %s", roundFloat(least), roundFloat(sum/float64(n)), roundFloat(most), now)
}

// isState reports whether the mean of a field says nothing: its values are texts, true or
// false, or numbers that have names.
func isState(v love.RawValue, field string, topic client.Topic) bool {
	return math.IsNaN(numberOf(v)) && string(v) != "null" || string(v) == "true" || string(v) == "false" || len(choicesOf(topic, field)) > 0
}

func valueText(v love.RawValue, field string, topic client.Topic) string {
	return prettyPrinter{}.text(v, choicesOf(topic, field))
}

func roundFloat(x float64) string { return roundNumber(string(love.AppendFloat(nil, x))) }

// seriesRows has a row for each time, and a column for each field, with the least and the
// greatest value of bins if wanted.
func seriesRows(all []history.Series, topic client.Topic, now time.Time, extremes bool) [][]string {
	heading := []string{"TIME"}
	cells := map[time.Time][]string{}
	var times []time.Time
	put := func(t time.Time, column int, text string) {
		if cells[t] == nil {
			cells[t] = make([]string, len(all))
			times = append(times, t)
		}
		cells[t][column] = text
	}
	for i, s := range all {
		heading = append(heading, printable(s.Field))
		for _, sample := range s.Samples {
			put(sample.Time, i, valueText(sample.Value, s.Field, topic))
		}
		for _, b := range s.Bins {
			put(b.Start, i, binText(b, s.Field, topic, extremes))
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	rows := [][]string{heading}
	clock := clockOf(times, now)
	for _, t := range times {
		rows = append(rows, append([]string{clock(t)}, cells[t]...))
	}
	return rows
}

// binText returns a bin in few words: its mean with the least and the greatest value if
// wanted, or the last value of what has no mean.
func binText(b history.Bin, field string, topic client.Topic, extremes bool) string {
	if isState(b.Last, field, topic) {
		text := valueText(b.Last, field, topic)
		if b.Min != b.Max && !math.IsNaN(b.Min) {
			text += " (changed)"
		}
		return text
	}
	if math.IsNaN(b.Mean) {
		return "null"
	}
	text := roundFloat(b.Mean)
	if least, most := roundFloat(b.Min), roundFloat(b.Max); extremes && least != most {
		text += " (" + least + " … " + most + ")"
	}
	return text
}

// clockOf returns how times are shown: with their date if not all are of today, and to the
// millisecond if they are close together.
func clockOf(times []time.Time, now time.Time) func(time.Time) string {
	layout := time.TimeOnly
	for i, t := range times {
		if i > 0 && t.Sub(times[i-1]) < time.Second/2 {
			layout = "15:04:05.000"
		}
	}
	today := now.UTC().Format(time.DateOnly)
	if slices.ContainsFunc(times, func(t time.Time) bool { return t.UTC().Format(time.DateOnly) != today }) {
		layout = time.DateOnly + " " + layout
	}
	return func(t time.Time) string { return t.UTC().Format(layout) }
}
