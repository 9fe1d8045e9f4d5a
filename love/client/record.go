package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"strconv"
	"time"
)

// CommandEntry is one command in the manager's record.
type CommandEntry struct {
	ID         string          `json:"id"` // sorts by time
	Time       time.Time       `json:"time"`
	User       string          `json:"user"`
	Identity   string          `json:"identity"` // as components see the user
	Address    string          `json:"address"`  // of the user's program; empty if unknown
	Manager    string          `json:"manager"`  // which one relayed it
	ApprovedBy string          `json:"approved_by"`
	CSC        string          `json:"csc"`
	SalIndex   int             `json:"salindex"`
	Command    string          `json:"cmd"`      // with its prefix
	Params     json.RawMessage `json:"params"`   // or the whole request, if it is no command
	State      string          `json:"state"`    // awaiting, pending, done, failed, refused, timed_out, late or unknown
	Status     int             `json:"status"`   // HTTP; 0 if it was not answered
	Code       int             `json:"code"`     // of the component's acknowledgement; 0 if unknown
	Result     string          `json:"result"`   // its text, or why there is none
	Duration   *float64        `json:"duration"` // seconds; nil as long as it goes on
}

// CommandFilter selects entries of the record. The zero value selects all.
type CommandFilter struct {
	User     string
	CSC      string
	SalIndex *int
	Command  string // with or without its prefix
	State    string
	Since    time.Time // not before
	Until    time.Time // before
	Limit    int       // at most so many; 0: no limit
}

// maxPage is how many entries a manager gives at once.
const maxPage = 1000

// Commands are the entries of the manager's record that a filter selects, the
// newest first. They are fetched as the iteration goes on; an error ends it.
func (c *Client) Commands(ctx context.Context, f CommandFilter) iter.Seq2[CommandEntry, error] {
	return func(yield func(CommandEntry, error) bool) {
		left, q := f.Limit, f.query()
		for {
			size := maxPage
			if f.Limit > 0 {
				size = min(left, maxPage)
			}
			q.Set("limit", strconv.Itoa(size))
			var page struct {
				Commands []CommandEntry `json:"commands"`
				Next     *string        `json:"next"`
			}
			if err := c.get(ctx, "/commands/", q, &page); err != nil {
				yield(CommandEntry{}, err)
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

func (f CommandFilter) query() url.Values {
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
	set("state", f.State)
	if f.SalIndex != nil {
		q.Set("salindex", strconv.Itoa(*f.SalIndex))
	}
	moment("since", f.Since)
	moment("until", f.Until)
	return q
}
