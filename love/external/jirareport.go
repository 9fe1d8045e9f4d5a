package external

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/manager"
)

// fault is a ticket of the project OBS, as the LOVE-frontend wants it.
type fault struct {
	Key      string   `json:"key"`
	Summary  string   `json:"summary"`
	TimeLost float64  `json:"time_lost"` // hours
	Reporter string   `json:"reporter"`
	Created  string   `json:"created"` // in the time zone of the manager's user at Jira, without it
	Systems  []string `json:"systems"`
}

// jiraReport lists the faults of an observing day, today's by default.
func (s *Services) jiraReport(r *http.Request) (httpapi.Answer, error) {
	if project := manager.Param(r, "project"); project != jiraProject {
		return httpapi.Answer{}, refuse(http.StatusBadRequest, "There is no report of the project %q, only of %s.", project, jiraProject)
	}
	day := r.URL.Query().Get("day_obs")
	if day == "" {
		day = love.TimeDataAt(s.config.Clock.Now()).ObservingDay
	}
	noon, err := observingDay(day)
	if err != nil {
		return httpapi.Answer{}, err
	}
	faults, err := s.faults(r.Context(), noon)
	return httpapi.Answer{Status: http.StatusOK, Body: faults}, err
}

// observingDay returns when an observing day, YYYYMMDD, begins: at noon UTC.
func observingDay(day string) (time.Time, error) {
	t, err := time.Parse("20060102", day)
	if err != nil {
		return time.Time{}, refuse(http.StatusBadRequest, `"day_obs" has to be a day such as 20260314, not %q.`, day)
	}
	return t.Add(12 * time.Hour), nil
}

// faults returns the faults of the observing day that begins at noon. Jira reads times
// in the time zone of the user who asks.
func (s *Services) faults(ctx context.Context, noon time.Time) ([]fault, error) {
	jira, err := s.tickets()
	if err != nil {
		return nil, err
	}
	zone, err := jira.timeZone(ctx)
	if err != nil {
		return nil, err
	}
	const layout = "2006-01-02 15:04"
	query := url.Values{
		"jql": {fmt.Sprintf(`project = %s AND created >= "%s" AND created < "%s"`,
			jiraProject, noon.In(zone).Format(layout), noon.Add(24*time.Hour).In(zone).Format(layout))},
		"fields":     {strings.Join([]string{"summary", "created", "creator", jiraTimeLost, jiraSystems}, ",")},
		"maxResults": {strconv.Itoa(jiraPageSize)},
	}
	faults := []fault{}
	for range jiraPageLimit {
		page, err := jira.faultPage(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, issue := range page.Issues {
			faults = append(faults, issue.fault())
		}
		if page.NextPageToken == "" {
			break
		}
		query.Set("nextPageToken", page.NextPageToken)
	}
	return faults, nil
}

func (v *service) timeZone(ctx context.Context) (*time.Location, error) {
	got, err := v.ask(ctx, request{method: http.MethodGet, path: jiraPath("myself")})
	if err != nil {
		return nil, err
	}
	var user struct{ TimeZone string }
	if err := got.decode(&user); err != nil || !got.ok() {
		return nil, jiraRefusal("to tell the time zone of its user", got)
	}
	zone, err := time.LoadLocation(user.TimeZone)
	if err != nil {
		return nil, refuse(http.StatusBadGateway, "The time zone %q of the user at Jira is not known here.", user.TimeZone)
	}
	return zone, nil
}

// faultPage is a page of the answer to a search.
type faultPage struct {
	Issues        []issue
	NextPageToken string
}

func (v *service) faultPage(ctx context.Context, query url.Values) (page faultPage, err error) {
	got, err := v.ask(ctx, request{method: http.MethodGet, path: jiraPath("search/jql"), query: query})
	if err != nil {
		return page, err
	}
	if err := got.decode(&page); err != nil || !got.ok() {
		return page, jiraRefusal("the list of faults", got)
	}
	return page, nil
}

// issue is a ticket as Jira shows it. What a ticket does not have is null.
type issue struct {
	Key    string
	Fields struct {
		Summary  string
		Created  string
		Creator  struct{ DisplayName string }
		TimeLost *float64        `json:"customfield_10106"`
		Systems  json.RawMessage `json:"customfield_10476"`
	}
}

func (i issue) fault() fault {
	created, _, _ := strings.Cut(i.Fields.Created, ".")
	f := fault{Key: i.Key, Summary: i.Fields.Summary, Reporter: i.Fields.Creator.DisplayName, Created: created, Systems: []string{}}
	if i.Fields.TimeLost != nil {
		f.TimeLost = *i.Fields.TimeLost
	}
	var chosen struct{ Selection [][]struct{ Name string } }
	if json.Unmarshal(i.Fields.Systems, &chosen) == nil && len(chosen.Selection) > 0 {
		for _, system := range chosen.Selection[0] {
			f.Systems = append(f.Systems, system.Name)
		}
	}
	return f
}
