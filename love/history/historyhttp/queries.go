package historyhttp

import (
	"context"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// streamsAnswer is the answer of streams.
type streamsAnswer struct {
	Source  string           `json:"source"`
	Sources []string         `json:"sources"`
	Streams []history.Stream `json:"streams"`
}

// streams answers what a source has, of one component if the query names one.
func (a *API) streams(ctx context.Context, p *parameters) (any, error) {
	csc := p.text("csc", "")
	if err := p.err(); err != nil {
		return nil, err
	}
	list, err := p.source.Streams(ctx)
	if err != nil {
		return nil, err
	}
	if csc != "" {
		list = slices.DeleteFunc(list, func(s history.Stream) bool { return s.Group.CSC != csc })
	}
	return streamsAnswer{p.name, a.names, append([]history.Stream{}, list...)}, nil
}

// seriesAnswer is the answer of series.
type seriesAnswer struct {
	Source string        `json:"source"`
	Group  love.Group    `json:"group"`
	From   time.Time     `json:"from"`
	To     time.Time     `json:"to"`
	Series []fieldAnswer `json:"series"`
}

// fieldAnswer is how one field went: samples, or bins of so many seconds.
type fieldAnswer struct {
	Field   string           `json:"field"`
	Every   float64          `json:"every,omitzero"`
	Samples []history.Sample `json:"samples,omitzero"`
	Bins    []history.Bin    `json:"bins,omitzero"`
}

// series answers how fields of a topic went.
func (a *API) series(ctx context.Context, p *parameters) (any, error) {
	q := history.SeriesQuery{
		Stream: groupOf(p.required("csc"), p.text("salindex", "0"), p.required("topic")),
		Fields: p.list("field"), Span: p.span(a.config.Limits.Span), Points: p.number("points", history.MaxPoints),
	}
	switch {
	case !p.values.Has("field"):
		p.refuse("field", "This parameter is required.")
	case len(q.Fields) > 1 && len(q.Fields)*q.Limit() > history.MaxPoints:
		p.refuse("points", "With %d fields, give %d at most.", len(q.Fields), history.MaxPoints/len(q.Fields))
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	list, err := p.source.Series(ctx, q)
	if err != nil {
		return nil, err
	}
	answer := seriesAnswer{p.name, q.Stream, q.From, q.To, []fieldAnswer{}}
	for _, s := range list {
		one := fieldAnswer{Field: s.Field, Every: s.Every.Seconds(), Samples: s.Samples, Bins: s.Bins}
		if s.Every == 0 {
			one.Samples = append([]history.Sample{}, s.Samples...)
		} else {
			one.Bins = append([]history.Bin{}, s.Bins...)
		}
		answer.Series = append(answer.Series, one)
	}
	return answer, nil
}

// eventsAnswer is the answer of events.
type eventsAnswer struct {
	Source  string           `json:"source"`
	From    time.Time        `json:"from"`
	To      time.Time        `json:"to"`
	Records []history.Record `json:"records"`
	Next    string           `json:"next"`
}

// events answers the records of topics in a span, newest first; by default those of all
// events.
func (a *API) events(ctx context.Context, p *parameters) (any, error) {
	q := history.EventQuery{Span: p.span(a.config.Limits.Span), Limit: p.number("limit", history.MaxPage), Before: p.text("before", "")}
	topics := p.list("topic")
	if len(topics) == 0 {
		topics = []string{eventPrefix + "*"}
	}
	for _, topic := range topics {
		q.Streams = append(q.Streams, groupOf(p.text("csc", "*"), p.text("salindex", "*"), topic))
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	page, err := p.source.Events(ctx, q)
	if err != nil {
		return nil, err
	}
	return eventsAnswer{p.name, q.From, q.To, append([]history.Record{}, page.Records...), page.Next}, nil
}
