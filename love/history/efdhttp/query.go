package efdhttp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

const (
	// maxWindow is the longest time of one request.
	maxWindow = 10 * 366 * 24 * time.Hour
	// maxValues is how many values an answer has at most.
	maxValues = 100_000
	// maxRecords is how many records an answer has at most.
	maxRecords = 20_000
)

// each calls ask for each topic, several at a time, until one fails. Each answer is a
// member of the object that is returned.
func (h *handler) each(ctx context.Context, topics []topic, ask func(ctx context.Context, t topic) ([]byte, error)) ([]byte, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	answers := make([][]byte, len(topics))
	var running sync.WaitGroup
	for i, t := range topics {
		running.Go(func() {
			select {
			case h.queries <- struct{}{}:
			case <-ctx.Done():
				return
			}
			defer func() { <-h.queries }()
			var err error
			if answers[i], err = ask(ctx, t); err != nil {
				stop(err)
			}
		})
	}
	running.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	out := []byte{'{'}
	for i, t := range topics {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(love.AppendText(out, t.key), ':'), answers[i]...)
	}
	return append(out, '}'), nil
}

// timeSeries answers POST efd/timeseries.
func (h *handler) timeSeries(ctx context.Context, body []byte) ([]byte, error) {
	r := parseRequest(body)
	instance := r.text("efd_instance", "summit_efd")
	centre := r.time("start_date", scaleUTC)
	window := time.Duration(r.number("time_window", int(maxWindow/time.Minute))) * time.Minute
	topics := r.topics()
	rule := r.text("resample", "1min")
	if r.err != nil {
		return nil, r.err
	}
	every, err := parseRule(rule)
	if err != nil {
		return nil, err
	}
	source, err := h.source(instance)
	if err != nil {
		return nil, err
	}
	values := 0
	for _, t := range topics {
		values += len(t.fields)
	}
	if n := float64(values) * (float64(window)/float64(every) + 1); n > maxValues {
		return nil, fmt.Errorf(`%d fields in bins of %s over %s are %.0f values, more than the %d of an answer: give wider bins in "resample" or a shorter "time_window"`,
			values, every, window, n, maxValues)
	}
	span := history.Span{From: centre.Add(-window / 2), To: centre.Add(window / 2).Add(1)} // the end belongs to it
	return h.each(ctx, topics, func(ctx context.Context, t topic) ([]byte, error) {
		all, err := query(t, func(fields []string) ([]history.Series, error) {
			return source.Series(ctx, history.SeriesQuery{Stream: t.stream, Fields: fields, Span: span, Every: every})
		})
		if err != nil {
			return nil, err
		}
		return appendBins(nil, t, every, all)
	})
}

// topTimeSeries answers POST efd/top_timeseries.
func (h *handler) topTimeSeries(ctx context.Context, body []byte) ([]byte, error) {
	r := parseRequest(body)
	instance := r.text("efd_instance", "summit_efd")
	topics := r.topics()
	n, before := 1, time.Time{}
	if r.has("num") {
		n = r.number("num", history.MaxPoints)
	}
	if r.has("time_cut") {
		before = r.time("time_cut", scaleUTC)
	}
	if r.err != nil {
		return nil, r.err
	}
	source, err := h.source(instance)
	if err != nil {
		return nil, err
	}
	values := 0
	for _, t := range topics {
		values += n * len(t.fields)
	}
	if values > maxValues {
		return nil, fmt.Errorf(`the newest %d of each field are up to %d values, more than the %d of an answer: give a smaller "num"`, n, values, maxValues)
	}
	return h.each(ctx, topics, func(ctx context.Context, t topic) ([]byte, error) {
		all, err := query(t, func(fields []string) ([]history.Series, error) {
			return source.Newest(ctx, history.NewestQuery{Stream: t.stream, Fields: fields, N: n, Before: before})
		})
		if err != nil {
			return nil, err
		}
		return appendSamples(nil, all), nil
	})
}

// query asks for the fields of a topic. Those that the source does not know have no
// values, as nothing has of a topic that it does not know: a screen shows components that
// not every site has.
func query(t topic, ask func(fields []string) ([]history.Series, error)) ([]history.Series, error) {
	if len(t.fields) == 0 {
		return nil, nil
	}
	all, err := ask(t.fields)
	switch {
	case errors.Is(err, history.ErrUnknownStream):
		return nil, nil
	case !errors.Is(err, history.ErrUnknownField):
		return all, err
	}
	all = nil
	for _, field := range t.fields {
		one, err := ask([]string{field})
		switch {
		case errors.Is(err, history.ErrUnknownField):
			one = []history.Series{{Field: field}}
		case err != nil:
			return nil, err
		}
		all = append(all, one...)
	}
	return all, nil
}

// logMessages answers POST efd/logmessages.
func (h *handler) logMessages(ctx context.Context, body []byte) ([]byte, error) {
	r := parseRequest(body)
	instance := r.text("efd_instance", "summit_efd")
	scale := r.scale()
	span := history.Span{From: r.time("start_date", scale), To: r.time("end_date", scale).Add(1)} // the end belongs to it
	topics := r.topics()
	if !span.From.Before(span.To) {
		r.fail(`"end_date" is before "start_date"`)
	}
	if r.err != nil {
		return nil, r.err
	}
	source, err := h.source(instance)
	if err != nil {
		return nil, err
	}
	var counted counter
	return h.each(ctx, topics, func(ctx context.Context, t topic) ([]byte, error) {
		if !slices.Contains(t.fields, rcvStamp) {
			t.fields = append(slices.Clone(t.fields), rcvStamp)
		}
		return records(ctx, source, t, span, &counted)
	})
}

// rcvStamp is a field that all records have.
const rcvStamp = "private_rcvStamp"

// counter counts the records of an answer.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) add(n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n += n; c.n > maxRecords {
		return fmt.Errorf("there are more than %d records in that time: ask for a shorter one, or for fewer components", maxRecords)
	}
	return nil
}

// records returns a list of the records of a topic, newest first.
func records(ctx context.Context, source history.Source, t topic, span history.Span, counted *counter) ([]byte, error) {
	out := []byte{'['}
	for next := ""; ; {
		page, err := source.Events(ctx, history.EventQuery{Streams: []love.Group{t.stream}, Span: span, Limit: history.MaxPage, Before: next})
		if err == nil {
			err = counted.add(len(page.Records))
		}
		if err != nil {
			return nil, err
		}
		for _, record := range page.Records {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = appendRecord(out, t.fields, record.Fields)
		}
		if next = page.Next; next == "" {
			return append(out, ']'), nil
		}
	}
}
