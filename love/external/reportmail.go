package external

import (
	_ "embed"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
)

//go:embed reportmail.html
var reportHTML string

//go:embed reportmail.txt
var reportText string

// reportMail is the data of a night report's mail.
type reportMail struct {
	Report    *nightReport
	State     observatory
	Faults    []fault
	Digest    string // address of the night's page
	ticketURL func(key string) string
}

// write writes the mail about the night, "2026-03-14".
func (r reportMail) write(to, night string) (Mail, error) {
	functions := map[string]any{
		"join":   func(list []string) string { return strings.Join(list, ", ") },
		"lines":  func(text string) []string { return strings.FieldsFunc(text, func(c rune) bool { return c == '\n' }) },
		"ticket": r.ticketURL,
	}
	html, err := htmltemplate.New("report").Funcs(functions).Parse(reportHTML)
	if err != nil {
		return Mail{}, err
	}
	text, err := texttemplate.New("report").Funcs(functions).Parse(reportText)
	if err != nil {
		return Mail{}, err
	}
	m := Mail{To: to, Subject: "Rubin Observatory Night Report " + night}
	var b strings.Builder
	if err := html.Execute(&b, r); err != nil {
		return Mail{}, err
	}
	m.HTML = b.String()
	b.Reset()
	if err := text.Execute(&b, r); err != nil {
		return Mail{}, err
	}
	m.Plain = b.String()
	return m, nil
}
