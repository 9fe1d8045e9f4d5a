package client

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Commands returns the entries of the manager's record that a filter selects,
// the newest first. The prefix "cmd_" of the filter's Command may be left out; a
// Limit of 0 means all. Pages are fetched as the iteration goes on; an error
// ends it.
func (c *Client) Commands(ctx context.Context, f love.CommandFilter) iter.Seq2[love.CommandEntry, error] {
	return func(yield func(love.CommandEntry, error) bool) {
		left, q := f.Limit, queryOf(f)
		for {
			size := love.MaxCommandPage
			if f.Limit > 0 {
				size = min(left, size)
			}
			q.Set("limit", strconv.Itoa(size))
			var page love.CommandPage
			if err := c.get(ctx, "/commands/", q, &page); err != nil {
				yield(love.CommandEntry{}, err)
				return
			}
			for _, e := range page.Commands {
				if !yield(e, nil) {
					return
				}
			}
			left -= len(page.Commands)
			if page.Next == nil || f.Limit > 0 && left <= 0 {
				return
			}
			q.Set("before", *page.Next)
		}
	}
}

func queryOf(f love.CommandFilter) url.Values {
	q := url.Values{}
	set := func(key, value string) {
		if value != "" {
			q.Set(key, value)
		}
	}
	moment := func(key string, t time.Time) {
		if !t.IsZero() {
			q.Set(key, t.UTC().Format(time.RFC3339Nano))
		}
	}
	set("user", f.User)
	set("csc", f.CSC)
	set("cmd", f.Command)
	set("state", string(f.State))
	set("before", f.Before)
	if f.SalIndex != nil {
		q.Set("salindex", strconv.Itoa(*f.SalIndex))
	}
	moment("since", f.Since)
	moment("until", f.Until)
	return q
}
