package external

import (
	_ "embed"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
)

//go:embed letter.html
var letterHTML string

//go:embed letter.txt
var letterText string

// letter is the data of a night report's mail.
type letter struct {
	Report    *nightReport
	State     observatory
	Faults    []fault
	Digest    string // address of the night's page
	ticketURL func(key string) string
}

// mail writes the mail about the night, "2026-03-14".
func (l letter) mail(to, night string) (Mail, error) {
	functions := map[string]any{
		"join":   func(list []string) string { return strings.Join(list, ", ") },
		"lines":  func(text string) []string { return strings.FieldsFunc(text, func(c rune) bool { return c == '\n' }) },
		"ticket": l.ticketURL,
	}
	html, err := htmltemplate.New("letter").Funcs(functions).Parse(letterHTML)
	if err != nil {
		return Mail{}, err
	}
	text, err := texttemplate.New("letter").Funcs(functions).Parse(letterText)
	if err != nil {
		return Mail{}, err
	}
	m := Mail{To: to, Subject: "Rubin Observatory Night Report " + night}
	var b strings.Builder
	if err := html.Execute(&b, l); err != nil {
		return Mail{}, err
	}
	m.HTML = b.String()
	b.Reset()
	if err := text.Execute(&b, l); err != nil {
		return Mail{}, err
	}
	m.Plain = b.String()
	return m, nil
}
