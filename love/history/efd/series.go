package efd

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// Series implements [history.Source].
func (e *EFD) Series(ctx context.Context, q history.SeriesQuery) ([]history.Series, error) {
	if err := cmp.Or(ctx.Err(), q.Check()); err != nil {
		return nil, err
	}
	s, err := e.stream(ctx, q.Stream)
	if err == nil {
		err = s.check(q.Fields)
	}
	if err != nil {
		return nil, err
	}
	all := make([]history.Series, 0, len(q.Fields))
	for _, field := range q.Fields {
		one := history.Series{Field: field}
		if q.Every == 0 {
			if one.Samples, err = e.samples(ctx, s, field, between(q.Span), q.Limit()+1, ""); err != nil {
				return nil, err
			}
		}
		if q.Every > 0 || len(one.Samples) > q.Limit() {
			one.Samples = nil
			if err := e.bins(ctx, s, &one, q); err != nil {
				return nil, err
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// between returns the condition of a span.
func between(s history.Span) string {
	return fmt.Sprintf("time >= %d AND time < %d", s.From.UnixNano(), s.To.UnixNano())
}

// samples returns so many samples of a field at most.
func (e *EFD) samples(ctx context.Context, s *stream, field, when string, most int, order string) ([]history.Sample, error) {
	all := []history.Sample{}
	query := fmt.Sprintf(`SELECT "%s" FROM %s WHERE %s%s%s LIMIT %d`, field, s.from, when, s.where, order, most)
	err := e.ask(ctx, query, most, func(row []any, _ []string) error {
		at, err := timeOf(row[0])
		if err == nil && row[len(row)-1] != nil {
			all = append(all, history.Sample{Time: at, Value: valueOf(row[len(row)-1])})
		}
		return err
	})
	return all, err
}

// bins asks for the bins of a field.
func (e *EFD) bins(ctx context.Context, s *stream, one *history.Series, q history.SeriesQuery) error {
	start, every := q.Bins()
	one.Every = every
	kind := s.types[one.Field]
	columns := `COUNT("%[1]s"), LAST("%[1]s")`
	if kind == "float" || kind == "integer" {
		columns += `, MIN("%[1]s"), MAX("%[1]s"), MEAN("%[1]s")`
	}
	offset := start.UnixNano() % int64(every)
	group := fmt.Sprintf(" GROUP BY time(%dns, %dns) fill(none)", int64(every), offset)
	ask := func(condition string, f func(b history.Bin)) error {
		query := "SELECT " + fmt.Sprintf(columns, one.Field) + " FROM " + s.from + " WHERE " + between(q.Span) + s.where + condition + group
		return e.ask(ctx, query, history.MaxPoints+2, func(row []any, _ []string) error {
			b, err := binOf(row)
			if err == nil && b.Count > 0 {
				f(b)
			}
			return err
		})
	}
	if err := ask("", func(b history.Bin) { one.Bins = append(one.Bins, b) }); err != nil || kind != "boolean" {
		return err
	}
	return e.booleans(one, func(f func(history.Bin)) error { return ask(fmt.Sprintf(` AND "%s" = true`, one.Field), f) })
}

// booleans completes the bins of a field that is true or false, given the bins of those
// that are true.
func (e *EFD) booleans(one *history.Series, ask func(f func(history.Bin)) error) error {
	trues := map[time.Time]int{}
	if err := ask(func(b history.Bin) { trues[b.Start] = b.Count }); err != nil {
		return err
	}
	for i := range one.Bins {
		b := &one.Bins[i]
		n := trues[b.Start]
		b.Min, b.Max, b.Mean = 0, 0, float64(n)/float64(b.Count)
		if n > 0 {
			b.Max = 1
		}
		if n == b.Count {
			b.Min = 1
		}
	}
	return nil
}

// binOf returns the bin of a row: time, count, last and, of numbers, min, max and mean.
func binOf(row []any) (b history.Bin, err error) {
	b = history.Bin{Min: math.NaN(), Max: math.NaN(), Mean: math.NaN()}
	if len(row) != 3 && len(row) != 6 {
		return b, fmt.Errorf("its answer has %d columns", len(row))
	}
	if b.Start, err = timeOf(row[0]); err != nil {
		return b, err
	}
	number := func(v any) float64 {
		n, _ := v.(json.Number)
		x, err := n.Float64()
		if err != nil {
			return math.NaN()
		}
		return x
	}
	if n := number(row[1]); n > 0 {
		b.Count = int(n)
	}
	b.Last = valueOf(row[2])
	if len(row) == 6 {
		b.Min, b.Max, b.Mean = number(row[3]), number(row[4]), number(row[5])
	}
	return b, nil
}

func timeOf(v any) (time.Time, error) {
	n, _ := v.(json.Number)
	ns, err := strconv.ParseInt(string(n), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("its answer has the time %v", v)
	}
	return time.Unix(0, ns).UTC(), nil
}

// valueOf returns a value of an answer as JSON.
func valueOf(v any) love.RawValue {
	switch v := v.(type) {
	case json.Number:
		return love.RawValue(v)
	case string:
		return love.AppendText(nil, v)
	case bool:
		return strconv.AppendBool(nil, v)
	}
	return love.RawValue("null")
}

// Newest implements [history.Source].
func (e *EFD) Newest(ctx context.Context, q history.NewestQuery) ([]history.Series, error) {
	if err := cmp.Or(ctx.Err(), q.Check()); err != nil {
		return nil, err
	}
	s, err := e.stream(ctx, q.Stream)
	if err == nil {
		err = s.check(q.Fields)
	}
	if err != nil {
		return nil, err
	}
	when := "time >= 0"
	if !q.Before.IsZero() {
		when += fmt.Sprintf(" AND time < %d", q.Before.UnixNano())
	}
	all := make([]history.Series, 0, len(q.Fields))
	for _, field := range q.Fields {
		samples, err := e.samples(ctx, s, field, when, q.Limit(), " ORDER BY time DESC")
		if err != nil {
			return nil, err
		}
		all = append(all, history.Series{Field: field, Samples: samples})
	}
	return all, nil
}
