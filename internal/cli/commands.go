package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// recordFlags are the flags of `loved commands`.
type recordFlags struct {
	conn   clientFlags
	csc    string
	filter love.CommandFilter
	since  timeFlag
	until  timeFlag
	state  choice
	json   bool
}

func (a *app) commandsCommand() *cobra.Command {
	var f recordFlags
	cmd := &cobra.Command{
		Use:   "commands",
		Short: "Show who commanded what, and the outcome",
		Long: `Show the manager's record of commands, the newest last: time, user, state and duration, the
command as it is typed after "loved cmd", and the answer unless it is just "Done".
Times are in UTC.`,
		Example: `  loved commands
  loved commands --csc ATDome --since 2h
  loved commands --by ada --state failed --limit 1000
  loved commands --since 2026-03-14T01:59:26Z --json`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.showRecord(cmd.Context(), &f)
		},
	}
	for _, s := range love.CommandStates() {
		f.state.choices = append(f.state.choices, string(s))
	}
	fs := cmd.Flags()
	f.conn.registerUser(fs)
	fs.StringVar(&f.csc, "csc", "", "to the component `CSC[:INDEX]` only")
	fs.StringVar(&f.filter.User, "by", "", "given by the user `NAME` only")
	fs.StringVar(&f.filter.Command, "cmd", "", "of this name, `COMMAND`, only")
	fs.Var(&f.state, "state", "in this `STATE` only: "+strings.Join(f.state.choices, ", "))
	fs.Var(&f.since, "since", "not before a `TIME`: 2h for two hours ago, a date, or 2026-03-14T01:59:26Z")
	fs.Var(&f.until, "until", "before a `TIME`, given like --since")
	fs.IntVar(&f.filter.Limit, "limit", 50, "at most `N`, the newest")
	fs.BoolVar(&f.json, "json", false, "print all fields, as one JSON line per command")
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(f.state.choices, noFiles)) // the flag exists
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
	c, err := a.userClient(ctx, f.conn)
	if err != nil {
		return err
	}
	var entries []love.CommandEntry
	for e, err := range c.Commands(ctx, f.filter) {
		if err != nil {
			return withHint(err)
		}
		entries = append(entries, e)
	}
	slices.Reverse(entries)
	switch {
	case f.json:
		return printJSONLines(a.stdout, entries)
	case len(entries) == 0:
		fmt.Fprintln(a.stderr, "The record has no such commands.")
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

// printRecord prints commands for people, one a line, with times as seen at
// now. On a terminal of the width, longer commands are wrapped in their column;
// a width of 0 stands for any other output.
//
//	12:03:07  ada  done    0.3 ms  ATDome moveAzimuth azimuth=57.3
//	12:03:20  ada  failed   1.2 s  MTHexapod:1 move x=9000 → x is out of range
func printRecord(w io.Writer, entries []love.CommandEntry, now time.Time, width int) error {
	rows := [][]string{{"TIME", "USER", "STATE", "TOOK", "COMMAND"}}
	for _, e := range entries {
		rows = append(rows, []string{timeText(e.Time, now), printable(e.User), printable(string(e.State)), durationText(e), commandText(e)})
	}
	return printTable(w, rows, width, 3)
}

// commandText returns a command as it is typed, and its outcome if that is more
// than Done.
func commandText(e love.CommandEntry) string {
	text := printable(string(e.Params)) // anything but a command is shown as it is
	if e.CSC != "" {
		text = strings.TrimRight(printable(commandLine(e.CSC, e.SalIndex, e.Command))+" "+paramsText(e.Params), " ")
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

// paramsText returns the parameters of a command as they are typed.
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

// durationText returns how long a command took, rounded for people.
func durationText(e love.CommandEntry) string {
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
