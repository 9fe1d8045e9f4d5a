package manager

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rubin-love/love-go/love"
)

// commandsCSV returns a page of the record as a table.
func commandsCSV(entries []love.CommandEntry, next string) answer {
	rows := [][]string{{"id", "time", "user", "identity", "address", "manager", "approved_by", "csc", "salindex", "cmd",
		"params", "state", "status", "code", "duration", "result"}}
	for _, e := range entries {
		duration := ""
		if e.State.Final() {
			duration = strconv.FormatFloat(e.Duration.Seconds(), 'f', -1, 64)
		}
		rows = append(rows, []string{e.ID, e.Time.UTC().Format(time.RFC3339Nano), escapeFormula(e.User), escapeFormula(e.Identity), escapeFormula(e.Address), escapeFormula(e.Manager),
			escapeFormula(e.ApprovedBy), escapeFormula(e.CSC), strconv.Itoa(e.SalIndex), escapeFormula(e.Command), escapeFormula(string(e.Params)), string(e.State),
			strconv.Itoa(e.Status), strconv.Itoa(e.Code), duration, escapeFormula(e.Result)})
	}
	var b bytes.Buffer
	for _, row := range rows {
		writeRow(&b, row)
	}
	h := http.Header{
		"Content-Type":        {"text/csv; charset=utf-8"},
		"Content-Disposition": {`attachment; filename="commands.csv"`},
	}
	if next != "" {
		h.Set("Link", next)
	}
	return answer{Status: http.StatusOK, Raw: b.Bytes(), Header: h}
}

// escapeFormula keeps a spreadsheet from executing a text that others wrote as a
// formula. Some also take full-width signs, or skip what cannot be seen before one.
func escapeFormula(text string) string {
	skipped := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
	if first, _ := utf8.DecodeRuneInString(skipped); strings.ContainsRune("=+-@＝＋－＠﹢﹣﹦﹫−⁺⁻⁼₊₋₌", first) || strings.HasPrefix(text, "\t") || strings.HasPrefix(text, "\r") {
		return "'" + text
	}
	return text
}

// writeRow writes a row of a table. It also quotes what spreadsheets of some countries
// take for the end of a cell.
func writeRow(b *bytes.Buffer, cells []string) {
	for i, cell := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		if strings.HasPrefix(cell, " ") || strings.ContainsAny(cell, ",;|\"\t\r\n") {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		b.WriteString(cell)
	}
	b.WriteByte('\n')
}
