package external

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/rubin-love/love-go/internal/httpapi"
)

// ticket is a Jira ticket that a log message makes or comments on.
type ticket struct {
	jira      *service
	project   string // of a new ticket
	issue     string // the ticket to comment on; empty: a new one
	title     string
	text      func(files []string) string
	timeLost  float64         // hours
	selection json.RawMessage // of systems; nil: none
}

// issueKeys are the names of tickets.
var issueKeys = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,31}-[0-9]{1,12}$`)

// ticketOf returns the ticket that a form asks for, or nil for none.
func (s *Services) ticketOf(r *http.Request, l messageLog, f form) (*ticket, error) {
	if f.texts["jira"] != "true" {
		return nil, nil
	}
	jira, err := s.tickets()
	if err != nil {
		return nil, err
	}
	t := &ticket{
		jira: jira, project: cmp.Or(s.config.Jira.ProjectID, DefaultJiraProject),
		title: cmp.Or(strings.TrimSpace(f.texts["jira_issue_title"]), "LOVE: "+l.name),
	}
	author := s.identity(r)
	t.text = func(files []string) string { return l.ticketText(f, author, files) }
	if f.texts["jira_new"] != "true" {
		t.issue = strings.TrimSpace(f.texts["jira_issue_id"])
		if !issueKeys.MatchString(t.issue) {
			return nil, refuse(http.StatusBadRequest, "%q is not a Jira ticket: give its name, such as %s-123.", t.issue, jiraProject)
		}
	}
	if hours := strings.TrimSpace(f.texts["time_lost"]); hours != "" {
		t.timeLost, err = strconv.ParseFloat(hours, 64)
		if err != nil || math.IsNaN(t.timeLost) || math.IsInf(t.timeLost, 0) {
			return nil, refuse(http.StatusBadRequest, `"time_lost" has to be a number of hours, not %q.`, hours)
		}
	}
	t.selection, _, err = f.tree("jira_obs_selection")
	return t, err
}

// ticketText is the text of a ticket, in Jira's wiki markup.
func (l messageLog) ticketText(f form, author string, files []string) string {
	var b strings.Builder
	line := func(label, value string) {
		if value != "" {
			b.WriteString("*" + label + ":* " + value + "\n")
		}
	}
	line("Author", author+" ("+userAgent+")")
	line("Observations", strings.Join(f.list("obs_id"), ", "))
	line("Instrument", f.texts["instrument"])
	line("Exposure flag", f.texts["exposure_flag"])
	if l.kind == narrativeLog.kind {
		line("From", withoutFraction(f.texts["date_begin"]))
		line("To", withoutFraction(f.texts["date_end"]))
	}
	for _, address := range files {
		line("File", address)
	}
	b.WriteString("\n" + f.texts["message_text"])
	return b.String()
}

// withoutFraction returns a time in UTC as people read it.
func withoutFraction(utc string) string {
	if utc == "" {
		return ""
	}
	whole, _, _ := strings.Cut(strings.TrimSuffix(utc, "Z"), ".")
	return strings.Replace(whole, "T", " ", 1) + " UTC"
}

// write makes the ticket, or the comment, and returns its address.
func (t *ticket) write(ctx context.Context, files []string) (address string, err error) {
	if t.issue == "" {
		return t.open(ctx, files)
	}
	return t.jira.issueURL(t.issue), t.comment(ctx, files)
}

// open makes a new ticket.
func (t *ticket) open(ctx context.Context, files []string) (address string, err error) {
	content := fields{
		"project":     map[string]string{"id": t.project},
		"issuetype":   map[string]string{"id": jiraFault},
		"summary":     t.title,
		"description": t.text(files),
		jiraTimeLost:  t.timeLost,
	}
	if t.selection != nil {
		content[jiraSystems] = t.selection
	}
	got, err := t.jira.ask(ctx, asJSON(http.MethodPost, jiraPath("issue/"), map[string]any{"fields": content}))
	if err != nil {
		return "", err
	}
	var made struct{ Key string }
	_ = got.decode(&made) // leaves it empty
	if got.status != http.StatusCreated || !issueKeys.MatchString(made.Key) {
		return "", notLogged(jiraRefusal("the ticket", got))
	}
	return t.jira.issueURL(made.Key), nil
}

// comment comments on a ticket, and adds the time that was lost to its own.
func (t *ticket) comment(ctx context.Context, files []string) error {
	got, err := t.jira.ask(ctx, asJSON(http.MethodPost, jiraPath("issue/%s/comment", t.issue), map[string]string{"body": t.text(files)}))
	if err != nil {
		return err
	}
	if got.status != http.StatusCreated {
		return notLogged(jiraRefusal("the comment", got))
	}
	if t.timeLost == 0 || !strings.HasPrefix(t.issue, jiraProject+"-") {
		return nil
	}
	if err := t.addTimeLost(ctx); err != nil {
		text := err.Error()
		if refusal, ok := asRefusal(err); ok {
			text = textOf(refusal)
		}
		return refuse(http.StatusBadGateway, "%s The comment on %s is written, but not the time that was lost; the message is not written.", text, t.issue)
	}
	return nil
}

func (t *ticket) addTimeLost(ctx context.Context) error {
	path := jiraPath("issue/%s", t.issue)
	got, err := t.jira.ask(ctx, request{method: http.MethodGet, path: path, query: map[string][]string{"fields": {jiraTimeLost}}})
	if err != nil {
		return err
	}
	var issue struct{ Fields map[string]json.RawMessage }
	if err := got.decode(&issue); err != nil || !got.ok() {
		return jiraRefusal("to show the ticket", got)
	}
	var before float64
	_ = json.Unmarshal(issue.Fields[jiraTimeLost], &before) // null or missing: none yet
	got, err = t.jira.ask(ctx, asJSON(http.MethodPut, path, map[string]any{"fields": fields{jiraTimeLost: before + t.timeLost}}))
	if err == nil && !got.ok() {
		err = jiraRefusal("the time that was lost", got)
	}
	return err
}

// notLogged adds that the message of the log was not written either.
func notLogged(r *httpapi.Refusal) *httpapi.Refusal {
	return refuse(r.Status, "%s The message is not written.", textOf(r))
}
