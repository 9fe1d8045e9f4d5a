package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// Past is what a manager knows of one of its sources of the past.
type Past struct {
	Source  string           `json:"source"`
	Sources []string         `json:"sources"` // all that can be asked
	Streams []history.Stream `json:"streams"`
}

// Past returns what streams a source has, of one component if csc is not empty. Source is
// the name of an EFD, or "archive"; empty for the manager's default. A manager without a
// history, like the Python one, answers an [HTTPError] with status 404.
func (c *Client) Past(ctx context.Context, source, csc string) (Past, error) {
	q := pastQuery(source)
	set(q, "csc", csc)
	var p Past
	return p, c.get(ctx, "/history/streams/", q, &p)
}

// Series asks a source how fields of one stream went, as [history.Source] does; see
// [Client.Past] for the source. From and To may be zero: the last hour. Every cannot be
// chosen. A stream or a field that the source does not have is an [HTTPError] with status
// 404, and what is wrong with a query one with status 400.
func (c *Client) Series(ctx context.Context, source string, query history.SeriesQuery) ([]history.Series, error) {
	if query.Every != 0 {
		return nil, fmt.Errorf("%w: a manager chooses the width of bins: give Points", history.ErrQuery)
	}
	q := pastQuery(source)
	setStream(q, query.Stream)
	setSpan(q, query.Span)
	q["field"] = query.Fields
	if query.Points != 0 {
		q.Set("points", strconv.Itoa(query.Points))
	}
	var answer struct {
		Series []struct {
			Field   string           `json:"field"`
			Every   float64          `json:"every"` // seconds
			Samples []history.Sample `json:"samples"`
			Bins    []history.Bin    `json:"bins"`
		} `json:"series"`
	}
	if err := c.get(ctx, "/history/series/", q, &answer); err != nil {
		return nil, err
	}
	all := make([]history.Series, 0, len(answer.Series))
	for _, s := range answer.Series {
		every := time.Duration(s.Every * float64(time.Second))
		all = append(all, history.Series{Field: s.Field, Every: every, Samples: s.Samples, Bins: s.Bins})
	}
	return all, nil
}

// Events asks a source for the records of streams, as [history.Source] does; see
// [Client.Past] for the source. From and To may be zero: the last hour. Without streams
// all events are meant; several must be of the same instance of a component.
func (c *Client) Events(ctx context.Context, source string, query history.EventQuery) (history.Page, error) {
	q := pastQuery(source)
	for i, s := range query.Streams {
		if i > 0 && (s.CSC != query.Streams[0].CSC || s.SalIndex != query.Streams[0].SalIndex) {
			return history.Page{}, fmt.Errorf("%w: %s and %s are not of the same instance of a component", history.ErrQuery, query.Streams[0], s)
		}
		setStream(q, s)
	}
	setSpan(q, query.Span)
	set(q, "before", query.Before)
	if query.Limit != 0 {
		q.Set("limit", strconv.Itoa(query.Limit))
	}
	var p history.Page
	return p, c.get(ctx, "/history/events/", q, &p)
}

// Download writes the messages of streams in a span as an MCAP file, while they come. Groups
// select streams as [history.Selects] does; without any, all are meant. From and To
// may be zero: the last hour. Only an archive can be downloaded from.
func (c *Client) Download(ctx context.Context, source string, to io.Writer, span history.Span, groups ...love.Group) error {
	q := pastQuery(source)
	setSpan(q, span)
	for _, g := range groups {
		q.Add("groups", g.String())
	}
	const path = "/history/download/"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.address.api(path+"?"+q.Encode()), nil)
	if err != nil {
		return err
	}
	if err := c.cfg.authorize(req); err != nil {
		return err
	}
	untimed := *c.cfg.http // a large file may take long
	untimed.Timeout = 0
	resp, err := untimed.Do(req)
	if err != nil {
		return fmt.Errorf("ask the manager: %w", mask.Error(err, c.address.site.String()))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAck))
		if err != nil {
			return fmt.Errorf("read the manager's answer: %w", err)
		}
		return httpError(http.MethodGet, path, resp.StatusCode, answer)
	}
	if _, err := io.Copy(to, resp.Body); err != nil {
		return fmt.Errorf("the download was broken off: %w", err)
	}
	return nil
}

func pastQuery(source string) url.Values {
	q := url.Values{}
	set(q, "source", source)
	return q
}

// set sets a parameter that is not empty.
func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// setStream adds a stream, whose topic has its name in the EFD.
func setStream(q url.Values, g love.Group) {
	topic := g.Stream
	switch g.Category {
	case love.CategoryEvent:
		topic = "logevent_" + topic
	case love.CategoryCommand:
		topic = "command_" + topic
	}
	q.Set("csc", g.CSC)
	q.Set("salindex", g.SalIndex)
	q.Add("topic", topic)
}

func setSpan(q url.Values, s history.Span) {
	for name, t := range map[string]time.Time{"from": s.From, "to": s.To} {
		if !t.IsZero() {
			q.Set(name, t.UTC().Format(time.RFC3339Nano))
		}
	}
}
