package manager

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// Record is the part of a record of commands that the manager needs;
// *record.Recorder is one.
type Record interface {
	// List returns a page of the entries that a filter selects, newest first.
	List(ctx context.Context, f love.CommandFilter) ([]love.CommandEntry, error)
	// Refuse records a command that was not sent, and the reason.
	Refuse(ctx context.Context, c commander.Call, why error)
	// Watch calls f with each entry when it begins and when its outcome changes,
	// until cancel is called. f must not block.
	Watch(f func(love.CommandEntry)) (cancel func())
}

var errNoRecord = refuse(http.StatusNotFound, "This manager keeps no record of commands.")

// listCommands answers with the record of commands, newest first: {"commands":
// [entry …], "next": ID or null}, where "next" is the value of "before" for the
// next page; or as CSV, with format=csv.
func (m *Manager) listCommands(c *call) (answer, error) {
	if m.config.Record == nil {
		return answer{}, errNoRecord
	}
	q, err := c.query(commandQuery...)
	if err != nil {
		return answer{}, err
	}
	f, wrong := commandFilter(q)
	format := q.Get("format")
	if q.Has("format") && format != "json" && format != "csv" {
		wrong["format"] = []string{"Give json or csv."}
	}
	if len(wrong) > 0 {
		return answer{}, wrong.Refusal()
	}
	entries, err := m.config.Record.List(c.Context(), f)
	if err != nil {
		return answer{}, err
	}
	if format == "csv" {
		return commandsCSV(entries, nextPage(q, f, entries)), nil
	}
	page := love.CommandPage{Commands: nonNil(entries)}
	if len(entries) == f.PageSize() {
		page.Next = &entries[len(entries)-1].ID
	}
	return answer{Status: http.StatusOK, Body: page}, nil
}

// commandQuery lists the keys that the query of the record may have.
var commandQuery = []string{"user", "csc", "salindex", "cmd", "state", "since", "until", "before", "limit", "format"}

// commandFilter reads the query of a request for the record.
func commandFilter(q url.Values) (f love.CommandFilter, wrong fieldErrors) {
	wrong = fieldErrors{}
	f = love.CommandFilter{
		User: q.Get("user"), CSC: q.Get("csc"), Command: q.Get("cmd"),
		State: love.CommandState(q.Get("state")), Before: q.Get("before"),
	}
	if f.Command != "" && !strings.HasPrefix(f.Command, "cmd_") {
		f.Command = "cmd_" + f.Command
	}
	if q.Has("state") && !slices.Contains(love.CommandStates(), f.State) {
		wrong["state"] = []string{strconv.Quote(string(f.State)) + " is not a valid choice."}
	}
	parseNumber := func(key string, to *int, least, most int) {
		if q.Has(key) {
			*to = number(q.Get(key), key, least, most, wrong)
		}
	}
	parseNumber("limit", &f.Limit, 1, love.MaxCommandPage)
	if q.Has("salindex") {
		f.SalIndex = new(int)
		parseNumber("salindex", f.SalIndex, 0, 1<<31-1)
	}
	parseTime := func(key string, to *time.Time) {
		if !q.Has(key) {
			return
		}
		t, err := time.Parse(time.RFC3339Nano, q.Get(key))
		if err != nil {
			wrong[key] = []string{"Give a time such as 2026-03-14T01:59:26Z."}
		}
		*to = t
	}
	parseTime("since", &f.Since)
	parseTime("until", &f.Until)
	return f, wrong
}

// nextPage returns the Link header of a full page (RFC 8288), because a table has
// no place for the ID.
func nextPage(q url.Values, f love.CommandFilter, entries []love.CommandEntry) string {
	if len(entries) < f.PageSize() {
		return ""
	}
	q.Set("before", entries[len(entries)-1].ID)
	return "<?" + q.Encode() + `>; rel="next"`
}
