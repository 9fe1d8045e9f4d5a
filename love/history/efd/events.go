package efd

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// maxMeasurements is how many measurements one query may ask.
const maxMeasurements = 50

// Events implements [history.Source]. Patterns that select more than 50 topics are
// [history.ErrTooMuch].
func (e *EFD) Events(ctx context.Context, q history.EventQuery) (history.Page, error) {
	if err := cmp.Or(ctx.Err(), q.Check()); err != nil {
		return history.Page{}, err
	}
	before, err := parsePosition(q.Before)
	if err != nil {
		return history.Page{}, err
	}
	names, err := e.list(ctx)
	if err != nil {
		return history.Page{}, err
	}
	chosen := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		g, ok := groupOf(name)
		return !ok || !slices.ContainsFunc(q.Streams, func(p love.Group) bool { p.SalIndex = love.All; return history.Selects(p, g) })
	})
	if len(chosen) > maxMeasurements {
		return history.Page{}, fmt.Errorf("%w: the streams are %d topics of the EFD: name %d at most", history.ErrTooMuch, len(chosen), maxMeasurements)
	}
	when := between(q.Span)
	if q.Before != "" {
		when += fmt.Sprintf(" AND time <= %d", before.at)
	}
	var all []history.Record
	for _, name := range chosen {
		found, err := e.records(ctx, name, when, q.Streams, q.PageSize()+1+before.skip)
		if err != nil {
			return history.Page{}, err
		}
		all = append(all, found...)
	}
	slices.SortStableFunc(all, func(a, b history.Record) int { return b.Time.Compare(a.Time) })
	for skip := before.skip; skip > 0 && len(all) > 0 && all[0].Time.UnixNano() == before.at; skip-- {
		all = all[1:]
	}
	return pageOf(all, q.PageSize(), before), nil
}

// pageOf returns the page that records begin with.
func pageOf(all []history.Record, size int, before position) history.Page {
	page := history.Page{Records: []history.Record{}}
	if len(all) > size {
		all = all[:size]
		next := position{at: all[size-1].Time.UnixNano()}
		for _, r := range all {
			if r.Time.UnixNano() == next.at {
				next.skip++
			}
		}
		if next.at == before.at {
			next.skip += before.skip
		}
		page.Next = fmt.Sprintf("%d.%d", next.at, next.skip)
	}
	page.Records = append(page.Records, all...)
	return page
}

// position is behind so many records of a time, and all that are newer.
type position struct {
	at   int64
	skip int
}

func parsePosition(text string) (p position, err error) {
	if text == "" {
		return p, nil
	}
	at, skip, _ := strings.Cut(text, ".")
	if p.at, err = strconv.ParseInt(at, 10, 64); err == nil {
		p.skip, err = strconv.Atoi(skip)
	}
	if err != nil || p.skip < 0 || p.skip > history.MaxPoints {
		return p, fmt.Errorf("%w: \"before\" is %q: give the \"next\" of a page", history.ErrQuery, text)
	}
	return p, nil
}

// records returns the newest records of a measurement, newest first.
func (e *EFD) records(ctx context.Context, name, when string, patterns []love.Group, most int) ([]history.Record, error) {
	s, err := e.streamOf(ctx, name)
	if err != nil {
		return nil, err
	}
	where, ok := s.instances(name, patterns)
	if !ok {
		return nil, nil
	}
	var all []history.Record
	of, _ := groupOf(name)
	query := fmt.Sprintf(`SELECT * FROM %s WHERE %s%s ORDER BY time DESC LIMIT %d`, s.from, when, where, most)
	err = e.ask(ctx, query, most, func(row []any, columns []string) error {
		r, err := recordOf(of, row, columns)
		if err == nil {
			all = append(all, r)
		}
		return err
	})
	return all, err
}

// instances returns the condition for the instances that patterns select; ok is false if
// there can be none.
func (s *stream) instances(name string, patterns []love.Group) (where string, ok bool) {
	g, _ := groupOf(name)
	_, indexed := s.types[indexField]
	var conditions []string
	for _, p := range patterns {
		index := p.SalIndex
		if p.SalIndex = love.All; !history.Selects(p, g) {
			continue
		}
		if index == love.All || index == "*" || !indexed && index == "0" {
			return "", true
		}
		if n, err := strconv.Atoi(index); err == nil && indexed {
			conditions = append(conditions, fmt.Sprintf(`"%s" = %d`, indexField, n))
		}
	}
	return " AND (" + strings.Join(conditions, " OR ") + ")", len(conditions) > 0
}

func recordOf(g love.Group, row []any, columns []string) (history.Record, error) {
	at, err := timeOf(row[0])
	g.SalIndex = "0"
	fields := love.RawValue{'{'}
	for i, name := range columns {
		switch {
		case name == "time" || row[i] == nil:
			continue
		case name == indexField:
			if n, ok := row[i].(json.Number); ok {
				g.SalIndex = string(n)
			}
			continue
		}
		if len(fields) > 1 {
			fields = append(fields, ',')
		}
		fields = append(append(love.AppendText(fields, name), ':'), valueOf(row[i])...)
	}
	return history.Record{Time: at, Group: g, Fields: append(fields, '}')}, err
}
