package manager

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// RecordReader reads the record of commands.
type RecordReader interface {
	List(ctx context.Context, f commander.Filter) ([]commander.Entry, error)
}

var errNoRecord = refuse(http.StatusNotFound, "This manager keeps no record of commands.")

// listCommands answers with the record of commands, newest first: {"commands":
// [entry …], "next": ID or null}, where "next" is the value of "before" for the
// next page; or as CSV, with format=csv.
func (m *Manager) listCommands(c *call) (answer, error) {
	if m.config.Record == nil {
		return answer{}, errNoRecord
	}
	f, wrong := commandFilter(c.URL.Query())
	format := c.URL.Query().Get("format")
	if format != "" && format != "json" && format != "csv" {
		wrong["format"] = []string{"Give json or csv."}
	}
	if len(wrong) > 0 {
		return answer{}, wrong.refusal()
	}
	entries, err := m.config.Record.List(c.Context(), f)
	if err != nil {
		return answer{}, err
	}
	if format == "csv" {
		return commandsCSV(entries, nextPage(c.URL, f, entries)), nil
	}
	page := struct {
		Commands []commander.Entry `json:"commands"`
		Next     *string           `json:"next"`
	}{Commands: append([]commander.Entry{}, entries...)}
	if len(entries) == f.Page() {
		page.Next = &entries[len(entries)-1].ID
	}
	return answer{status: http.StatusOK, body: page}, nil
}

// commandQuery lists what the query of the record may have.
var commandQuery = []string{"user", "csc", "salindex", "cmd", "state", "since", "until", "before", "limit", "format"}

// commandFilter reads the query of a request for the record.
func commandFilter(q url.Values) (f commander.Filter, wrong fieldErrors) {
	wrong = fieldErrors{}
	for key := range q {
		if !slices.Contains(commandQuery, key) { // misspelt, it would select everything
			wrong[key] = []string{"There is no such filter: there are " + strings.Join(commandQuery, ", ") + "."}
		}
	}
	f = commander.Filter{
		User: q.Get("user"), CSC: q.Get("csc"), Command: q.Get("cmd"),
		State: commander.State(q.Get("state")), Before: q.Get("before"),
	}
	if f.Command != "" && !strings.HasPrefix(f.Command, "cmd_") {
		f.Command = "cmd_" + f.Command
	}
	if f.State != "" && !slices.Contains(commander.States(), f.State) {
		wrong["state"] = []string{strconv.Quote(string(f.State)) + " is not a valid choice."}
	}
	number := func(key string, to *int, least, most int) {
		text := q.Get(key)
		if text == "" {
			return
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			wrong[key] = []string{"Give a number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most) + "."}
		}
		*to = n
	}
	number("limit", &f.Limit, 1, commander.MaxPage)
	if q.Get("salindex") != "" {
		f.SalIndex = new(int)
		number("salindex", f.SalIndex, 0, 1<<31-1)
	}
	moment := func(key string, to *time.Time) {
		text := q.Get(key)
		if text == "" {
			return
		}
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			wrong[key] = []string{"Give a time such as 2026-03-14T01:59:26Z."}
		}
		*to = t
	}
	moment("since", &f.Since)
	moment("until", &f.Until)
	return f, wrong
}

// nextPage returns the Link header of a full page (RFC 8288): a table has no
// place for it.
func nextPage(u *url.URL, f commander.Filter, entries []commander.Entry) string {
	if len(entries) < f.Page() {
		return ""
	}
	q := u.Query()
	q.Set("before", entries[len(entries)-1].ID)
	return "<?" + q.Encode() + `>; rel="next"`
}

// commandsCSV returns a page of the record as a table.
func commandsCSV(entries []commander.Entry, next string) answer {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"id", "time", "user", "identity", "address", "manager", "approved_by", "csc", "salindex", "cmd",
		"params", "state", "status", "code", "duration", "result"}}
	for _, e := range entries {
		duration := ""
		if e.State.Final() {
			duration = strconv.FormatFloat(e.Duration.Seconds(), 'f', -1, 64)
		}
		rows = append(rows, []string{e.ID, e.Time.UTC().Format(time.RFC3339Nano), plain(e.User), plain(e.Identity), e.Address, plain(e.Manager),
			plain(e.ApprovedBy), plain(e.CSC), strconv.Itoa(e.SalIndex), plain(e.Command), plain(string(e.Params)), string(e.State),
			strconv.Itoa(e.Status), strconv.Itoa(e.Code), duration, plain(e.Result)})
	}
	_ = w.WriteAll(rows) // a buffer takes everything
	h := http.Header{
		"Content-Type":        {"text/csv; charset=utf-8"},
		"Content-Disposition": {`attachment; filename="commands.csv"`},
	}
	if next != "" {
		h.Set("Link", next)
	}
	return answer{status: http.StatusOK, raw: b.Bytes(), header: h}
}

// plain keeps a spreadsheet from taking a text that outsiders wrote for a
// formula.
func plain(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// Publisher publishes a message to its subscribers; *hub.Hub is one.
type Publisher interface {
	Publish(ctx context.Context, m love.Message) error
}

// CommandNews publishes entries of the record to the group
// event-Hub-0-commands, when they begin and when their outcome changes. Pass it
// to [commander.WithWatcher]. The event is a list of one object of fields, like
// any other. It leaves addresses out: everybody who has logged in may subscribe.
func CommandNews(hub func() Publisher, log *slog.Logger) func(commander.Entry) {
	return func(e commander.Entry) {
		duration := love.RawValue("null")
		if e.State.Final() {
			duration = love.AppendFloat(nil, e.Duration.Seconds())
		}
		publishOwn(hub(), log, "commands", eventOf(
			textField("id", e.ID), field("timestamp", love.AppendFloat(nil, love.TAI(e.Time)), "Float", "second"),
			textField("user", e.User), textField("identity", e.Identity), textField("manager", e.Manager), textField("approvedBy", e.ApprovedBy),
			textField("csc", e.CSC), field("salindex", strconv.AppendInt(nil, int64(e.SalIndex), 10), "Int", "unitless"),
			textField("cmd", e.Command), textField("params", string(e.Params)), textField("state", string(e.State)),
			field("status", strconv.AppendInt(nil, int64(e.Status), 10), "Int", "unitless"),
			field("code", strconv.AppendInt(nil, int64(e.Code), 10), "Int", "unitless"),
			textField("result", e.Result), field("duration", duration, "Float", "second"),
		))
	}
}

// AuthorityNews publishes who holds authority and what waits for approval to
// the group event-Hub-0-authority, with the clock's time. Pass it to
// [commander.WithAuthorityWatcher]. The fields "holds" and "waiting" are JSON in
// a text.
func AuthorityNews(hub func() Publisher, authority func() *commander.Authority, clock love.Clock, log *slog.Logger) func() {
	return func() {
		a := authority()
		held, err := a.Holds()
		if err != nil { // unknown for now; the next change is told
			return
		}
		publishOwn(hub(), log, "authority", eventOf(
			textField("holds", jsonText(append([]commander.Hold{}, held...))), textField("waiting", jsonText(append([]commander.Waiting{}, a.Waiting()...))),
			field("timestamp", love.AppendFloat(nil, love.TAI(clock.Now())), "Float", "second"),
		))
	}
}

// publishOwn publishes an event of the manager. A failure is only logged: the
// records stand whether anybody hears of them or not.
func publishOwn(hub Publisher, log *slog.Logger, stream string, value love.RawValue) {
	m := love.Message{Category: love.CategoryEvent, Data: []love.Item{{CSC: "Hub", Streams: []love.Stream{{Name: stream, Value: value}}}}}
	if err := hub.Publish(context.Background(), m); err != nil {
		log.Debug("an event of the manager was not published", "stream", stream, "error", err)
	}
}

// eventOf makes an event of fields, in the form that producers write.
func eventOf(fields ...[]byte) love.RawValue {
	return append(append([]byte(`[{`), bytes.Join(fields, []byte(","))...), `}]`...)
}

func textField(name, value string) []byte {
	return field(name, love.AppendText(nil, value), "String", "unitless")
}

func field(name string, value []byte, dataType, units string) []byte {
	b := append(love.AppendText(nil, name), `:{"value":`...)
	b = append(append(b, value...), `,"dataType":"`...)
	return append(append(append(append(b, dataType...), `","units":"`...), units...), `"}`...)
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // cannot happen: what is in it was read from JSON
		return "null"
	}
	return string(b)
}
