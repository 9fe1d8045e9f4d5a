package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// recordFlags are what `loved commands` was asked for.
type recordFlags struct {
	to     clientFlags
	csc    string
	filter love.CommandFilter
	since  moment
	until  moment
	state  choice
	json   bool
}

func (a *app) commandsCommand() *cobra.Command {
	var f recordFlags
	cmd := &cobra.Command{
		Use:   "commands",
		Short: "Show who commanded what, and what came of it",
		Long: `Show the manager's record of commands, the newest last: when, who, how far it has come and how
long it took, the command as it is typed after "loved cmd", and the answer if it is not just "Done".
Times are in UTC.`,
		Example: `  loved commands
  loved commands --csc ATDome --since 2h
  loved commands --by ada --state failed --limit 1000
  loved commands --since 2026-03-14T01:59:26Z --json`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.showRecord(cmd.Context(), &f)
		},
	}
	for _, s := range love.CommandStates() {
		f.state.choices = append(f.state.choices, string(s))
	}
	fs := cmd.Flags()
	f.to.registerUser(fs)
	fs.StringVar(&f.csc, "csc", "", "to the component `CSC[:INDEX]` only")
	fs.StringVar(&f.filter.User, "by", "", "given by the user `NAME` only")
	fs.StringVar(&f.filter.Command, "cmd", "", "of this name, `COMMAND`, only")
	fs.Var(&f.state, "state", "in this `STATE` only: "+strings.Join(f.state.choices, ", "))
	fs.Var(&f.since, "since", "not before a `TIME`: 2h for two hours ago, a date, or 2026-03-14T01:59:26Z")
	fs.Var(&f.until, "until", "before a `TIME`, given likewise")
	fs.IntVar(&f.filter.Limit, "limit", 50, "at most `N`, the newest")
	fs.BoolVar(&f.json, "json", false, "print all fields, as one JSON line per command")
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(f.state.choices, noFiles)) // the flag is there
	return cmd
}

func (a *app) showRecord(ctx context.Context, f *recordFlags) error {
	if f.filter.Limit < 1 {
		return usagef("--limit %d: give a number above 0", f.filter.Limit)
	}
	if f.csc != "" {
		csc, index, err := sal.ParseName(f.csc)
		if err != nil {
			return usagef("--csc: %w", err)
		}
		f.filter.CSC = csc
		if strings.Contains(f.csc, ":") {
			f.filter.SalIndex = &index
		}
	}
	f.filter.State, f.filter.Since, f.filter.Until = love.CommandState(f.state.value), f.since.Time, f.until.Time
	c, err := a.userClient(ctx, f.to)
	if err != nil {
		return err
	}
	var entries []love.CommandEntry
	for e, err := range c.Commands(ctx, f.filter) {
		if err != nil {
			return explain(err)
		}
		entries = append(entries, e)
	}
	slices.Reverse(entries)
	switch {
	case f.json:
		return printJSONLines(a.stdout, entries)
	case len(entries) == 0:
		fmt.Fprintln(a.stderr, "The record has no such command.")
		return nil
	}
	return printRecord(a.stdout, entries, time.Now(), a.width())
}

func printJSONLines(w io.Writer, entries []love.CommandEntry) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for _, e := range entries {
		if err := lines.Encode(e); err != nil {
			return fmt.Errorf("printing: %w", err)
		}
	}
	return nil
}

// printRecord prints commands for people, at a time, a line each; on a terminal
// of some width, what is longer goes on below its beginning. A width of 0 is
// no terminal.
//
//	12:03:07  ada  done    0.3 ms  ATDome moveAzimuth azimuth=57.3
//	12:03:20  ada  failed   1.2 s  MTHexapod:1 move x=9000 → x is out of range
func printRecord(w io.Writer, entries []love.CommandEntry, now time.Time, width int) error {
	rows := [][]string{{"TIME", "USER", "STATE", "TOOK", "COMMAND"}}
	for _, e := range entries {
		rows = append(rows, []string{clockOf(e.Time, now), printable(e.User), printable(string(e.State)), tookText(e), commandText(e)})
	}
	return printTable(w, rows, width, 3)
}

// printTable prints rows, the first one a heading, with columns side by side.
// The last column is as wide as there is room. Those in right stand at the
// right of their column.
func printTable(w io.Writer, rows [][]string, width int, right ...int) error {
	last := len(rows[0]) - 1
	widths := make([]int, last)
	indent := 0
	for i := range widths {
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
		indent += widths[i] + 2
	}
	var out bytes.Buffer
	for _, row := range rows {
		for i, cell := range row[:last] {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if slices.Contains(right, i) {
				cell, gap = gap+cell, ""
			}
			out.WriteString(cell + gap + "  ")
		}
		lines := folded(row[last], width-indent)
		out.WriteString(strings.Join(lines, "\n"+strings.Repeat(" ", indent)) + "\n")
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

// folded breaks a text between words into lines of some width; into one if
// that is too little to be read.
func folded(text string, width int) []string {
	const least = 20
	if width < least {
		return []string{text}
	}
	var lines []string
	for utf8.RuneCountInString(text) > width {
		runes := []rune(text)
		end := width
		for end > 0 && runes[end] != ' ' {
			end--
		}
		if end == 0 { // one long word
			lines, text = append(lines, string(runes[:width])), string(runes[width:])
			continue
		}
		lines, text = append(lines, string(runes[:end])), string(runes[end+1:])
	}
	return append(lines, text)
}

// commandText is a command as it is typed, and what came of it if that is more
// than Done.
func commandText(e love.CommandEntry) string {
	text := printable(string(e.Params)) // what is no command is shown as it came
	if e.CSC != "" {
		text = strings.TrimRight(printable(spelled(e.CSC, e.SalIndex, e.Command))+" "+paramsText(e.Params), " ")
	}
	if e.Result != "" && e.Result != love.Done {
		text += " → " + printable(e.Result)
	}
	switch {
	case e.State == love.CommandAwaiting:
		text += " (loved approve " + printable(e.ID) + ")"
	case e.ApprovedBy != "":
		text += " (approved by " + printable(e.ApprovedBy) + ")"
	}
	return text
}

// paramsText are the parameters of a command as they are typed.
func paramsText(params []byte) string {
	if len(params) == 0 || params[0] != '{' {
		return printable(string(params))
	}
	var words []string
	for name, value := range wire.Members(params) {
		word := string(value)
		if wire.IsText(value) {
			if text := string(wire.Text(value)); !json.Valid([]byte(text)) {
				word = text
			}
		}
		word = name + "=" + word
		if strings.ContainsAny(word, " \t\n\"'\\$`&|;<>()*?[]{}~#!") {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		words = append(words, printable(word))
	}
	return strings.Join(words, " ")
}

// printable shows a text that others wrote on one line, without what would
// command the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return utf8.RuneError
		}
		return r
	}, text)
}

// clockOf is a time in UTC, with the date if that is not today's.
func clockOf(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}

// tookText is how long a command took, as far as people care.
func tookText(e love.CommandEntry) string {
	ms := float64(e.Duration) / float64(time.Millisecond)
	switch {
	case !e.State.Final():
		return ""
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	case e.Duration < 2*time.Minute:
		return fmt.Sprintf("%.1f s", e.Duration.Seconds())
	}
	return fmt.Sprintf("%.1f min", e.Duration.Minutes())
}

// width is how many characters fit on a line of the terminal; 0 if the output
// goes somewhere else.
func (a *app) width() int {
	f, ok := a.stdout.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// moment is a flag that takes a time, or how long ago it was.
type moment struct{ time.Time }

func (m *moment) Type() string { return "time" }

func (m *moment) String() string {
	if m.IsZero() {
		return ""
	}
	return m.Format(time.RFC3339)
}

func (m *moment) Set(text string) error {
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		m.Time = time.Now().Add(-ago)
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			m.Time = t
			return nil
		}
	}
	return errors.New("give a time such as 2026-03-14T01:59:26Z, a date, or how long ago: 2h or 30m")
}
