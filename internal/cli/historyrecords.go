package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/history"
)

// showRecords prints the records of a topic, the newest last.
func (a *app) showRecords(ctx context.Context, q *question, f *historyFlags, now time.Time) error {
	var page history.Page
	for _, stream := range q.streams() {
		var err error
		q.stream = stream
		if page, err = q.records(ctx, f.limit); err != nil {
			return err
		}
		if len(page.Records) > 0 {
			break
		}
	}
	if len(page.Records) == 0 {
		q.stream = love.Group{}
		if err := q.check(ctx); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "%s %s has no records from %s to %s UTC.\n", componentText(q.csc, q.index), q.topic, timeText(q.span.From, now), timeText(q.span.To, now))
		return nil
	}
	slices.Reverse(page.Records)
	if f.csv {
		return printRecordsCSV(a.stdout, page.Records)
	}
	if page.Next != "" {
		fmt.Fprintf(a.stderr, "These are the newest %d records; --limit shows more.\n", f.limit)
	}
	topic := q.definition(ctx)
	var times []time.Time
	for _, r := range page.Records {
		times = append(times, r.Time)
	}
	clock := clockOf(times, now)
	rows := [][]string{{"TIME", "RECORD"}}
	for _, r := range page.Records {
		rows = append(rows, []string{clock(r.Time), recordText(r, topic)})
	}
	return printTable(a.stdout, rows, a.width())
}

// records asks for the records of the topic.
func (q *question) records(ctx context.Context, limit int) (history.Page, error) {
	page, err := q.client.Events(ctx, q.source, history.EventQuery{Streams: q.streams(), Span: q.span, Limit: limit})
	if err != nil {
		return page, pastError(err)
	}
	return page, nil
}

// recordText returns the fields of a record as they are typed, without SAL's own.
func recordText(r history.Record, topic client.Topic) string {
	p := prettyPrinter{}
	var words []string
	for name, v := range wire.Members(r.Fields) {
		if strings.HasPrefix(name, "private_") || name == "salIndex" {
			continue
		}
		words = append(words, printable(name)+"="+p.field(topic, name, v))
	}
	return cmp.Or(strings.Join(words, "  "), "(no fields)")
}
