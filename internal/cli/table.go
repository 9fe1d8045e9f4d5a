package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// printTable prints rows, the first one a heading, with columns side by side.
// The last column takes the rest of the width. Those in right are aligned to the
// right.
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
		lines := wrapText(row[last], width-indent)
		out.WriteString(strings.Join(lines, "\n"+strings.Repeat(" ", indent)) + "\n")
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

// wrapText breaks a text between words into lines of the width; it returns one line if
// the width is too small to be readable.
func wrapText(text string, width int) []string {
	const minWidth = 20
	if width < minWidth {
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

// printable returns a text that others wrote as one line, without what would
// control the terminal.
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

// timeText returns a time in UTC, with the date if that is not today's.
func timeText(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}

// width returns how many characters fit on a line of the terminal, or 0 if the
// output is not a terminal.
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
