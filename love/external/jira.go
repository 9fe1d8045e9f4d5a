package external

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/internal/httpapi"
)

// Jira is the Jira of the observatory.
type Jira struct {
	// Host is the host, "love.atlassian.example", or a base URL. Default: none.
	Host string
	// Token is sent as "Authorization: Basic <Token>": for Jira Cloud "user:token" in
	// base64.
	Token string
	// ProjectID is the number of the project of new tickets. Default:
	// [DefaultJiraProject].
	ProjectID string
}

// DefaultJiraProject is the number of the project OBS, which has the faults of the
// observatory.
const DefaultJiraProject = "10063"

// The names of the project OBS in the observatory's Jira.
const (
	jiraProject   = "OBS"
	jiraFault     = "10065"             // the type of its tickets
	jiraTimeLost  = "customfield_10106" // hours
	jiraSystems   = "customfield_10476" // a selection in the tree of systems
	jiraAPI       = "rest/api/latest/"
	jiraPageSize  = 100
	jiraPageLimit = 20
)

// tickets returns Jira, or the refusal of a request that needs it.
func (s *Services) tickets() (*service, error) {
	switch {
	case s.jira == nil:
		return nil, missing("Jira", "JIRA_API_HOSTNAME and JIRA_API_TOKEN (--jira, --jira-token)")
	case s.config.Jira.Token == "":
		return nil, missing("credentials for Jira", "JIRA_API_TOKEN (--jira-token)")
	}
	return s.jira, nil
}

// jiraRefusal returns the refusal of a request that Jira has refused. What its user can
// mend is a 400.
func jiraRefusal(what string, got response) *httpapi.Refusal {
	status := http.StatusBadGateway
	if got.status == http.StatusBadRequest || got.status == http.StatusNotFound {
		status = http.StatusBadRequest
	}
	return refuse(status, "Jira refused %s (status %d): %s", what, got.status, sentence(jiraProblem(got)))
}

// jiraProblem returns what Jira says is wrong.
func jiraProblem(got response) string {
	var problems struct {
		ErrorMessages []string
		Errors        map[string]json.RawMessage
	}
	_ = got.decode(&problems) // leaves it empty
	texts := problems.ErrorMessages
	for _, field := range slices.Sorted(maps.Keys(problems.Errors)) {
		var text string
		if json.Unmarshal(problems.Errors[field], &text) != nil {
			text = string(problems.Errors[field])
		}
		texts = append(texts, field+": "+text)
	}
	if len(texts) == 0 {
		return httpapi.Excerpt(got.body)
	}
	return strings.Join(texts, "; ")
}

// issueURL is the page of a ticket.
func (v *service) issueURL(key string) string { return v.base.JoinPath("browse", key).String() }

// sentence returns a text with a full stop.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "it gave no reason."
	case strings.HasSuffix(text, "."):
		return text
	}
	return text + "."
}

// jiraPath is a path of its API.
func jiraPath(format string, args ...any) string { return jiraAPI + fmt.Sprintf(format, args...) }
