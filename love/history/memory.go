package history

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rubin-love/love-go/love"
)

// Memory is a [Source] that keeps records in memory, for tests. The zero value is empty.
type Memory struct {
	mu      sync.Mutex
	records []Record // by time, those of the same time as they were added
}

// Add adds records. Their times may come in any order.
func (m *Memory) Add(records ...Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records = append(m.records, records...)
	slices.SortStableFunc(m.records, func(a, b Record) int { return a.Time.Compare(b.Time) })
}

// Streams implements [Source].
func (m *Memory) Streams(ctx context.Context) ([]Stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[love.Group]*Stream{}
	var all []*Stream
	for _, r := range m.records {
		s := found[r.Group]
		if s == nil {
			s = &Stream{Group: r.Group, First: r.Time.UTC()}
			found[r.Group], all = s, append(all, s)
		}
		s.Messages++
		s.Last = r.Time.UTC()
	}
	slices.SortFunc(all, func(a, b *Stream) int { return strings.Compare(a.Group.String(), b.Group.String()) })
	list := make([]Stream, 0, len(all))
	for _, s := range all {
		list = append(list, *s)
	}
	return list, nil
}

// Series implements [Source].
func (m *Memory) Series(ctx context.Context, q SeriesQuery) ([]Series, error) {
	if err := cmp.Or(ctx.Err(), q.Check()); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.known(q.Stream, q.Fields); err != nil {
		return nil, err
	}
	c := NewCollector(q)
	for _, r := range m.records {
		if r.Group == q.Stream {
			c.Add(r.Time, r.Fields)
		}
	}
	return c.Series(), nil
}

// Newest implements [Source].
func (m *Memory) Newest(ctx context.Context, q NewestQuery) ([]Series, error) {
	if err := cmp.Or(ctx.Err(), q.Check()); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.known(q.Stream, q.Fields); err != nil {
		return nil, err
	}
	all := make([]Series, 0, len(q.Fields))
	for _, name := range q.Fields {
		s := Series{Field: name, Samples: []Sample{}}
		for _, r := range slices.Backward(m.records) {
			if len(s.Samples) == q.Limit() {
				break
			}
			if r.Group != q.Stream || !q.Before.IsZero() && !r.Time.Before(q.Before) {
				continue
			}
			if v, ok := FieldOf(r.Fields, name); ok {
				s.Samples = append(s.Samples, Sample{Time: r.Time.UTC(), Value: v})
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// known returns an error unless the stream, and each of the fields, has been recorded.
func (m *Memory) known(stream love.Group, fields []string) error {
	missing := slices.Clone(fields)
	seen := false
	for _, r := range m.records {
		if r.Group == stream {
			seen = true
			missing = slices.DeleteFunc(missing, func(f string) bool { _, ok := FieldOf(r.Fields, f); return ok })
		}
	}
	switch {
	case !seen:
		return fmt.Errorf("%w: nothing of %s was recorded", ErrUnknownStream, stream)
	case len(missing) > 0:
		return fmt.Errorf("%w: %s of %s", ErrUnknownField, strings.Join(missing, ", "), stream)
	}
	return nil
}

// Events implements [Source].
func (m *Memory) Events(ctx context.Context, q EventQuery) (Page, error) {
	if err := cmp.Or(ctx.Err(), q.Check()); err != nil {
		return Page{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	end := len(m.records)
	if q.Before != "" {
		n, err := strconv.Atoi(q.Before)
		if err != nil || n < 0 || n > end {
			return Page{}, fmt.Errorf("%w: \"before\" is %q: give the \"next\" of a page", ErrQuery, q.Before)
		}
		end = n
	}
	page := Page{Records: []Record{}}
	for i, r := range slices.Backward(m.records[:end]) {
		if !q.Contains(r.Time) || !SelectsAny(q.Streams, r.Group) {
			continue
		}
		if len(page.Records) == q.PageSize() {
			page.Next = strconv.Itoa(i + 1)
			break
		}
		page.Records = append(page.Records, Record{Time: r.Time.UTC(), Group: r.Group, Fields: PlainFields(r.Fields)})
	}
	return page, nil
}
