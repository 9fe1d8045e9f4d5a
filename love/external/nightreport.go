package external

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// nightReport is a report as its service shows it. A change makes a new one with
// another ID, and the one before is no longer valid.
type nightReport struct {
	ID            string   `json:"id"`
	DayObs        int      `json:"day_obs"`
	Summary       string   `json:"summary"`
	Weather       string   `json:"weather"`         // null in old ones
	MainTelescope string   `json:"maintel_summary"` // likewise
	AuxTelescope  string   `json:"auxtel_summary"`  // likewise
	NightPlan     string   `json:"confluence_url"`
	Crew          []string `json:"observers_crew"`
	DateSent      *string  `json:"date_sent"` // null: not sent
}

// reportTexts are the fields that lose the space around them.
var reportTexts = []string{"summary", "weather", "maintel_summary", "auxtel_summary", "confluence_url"}

var errReportChanged = refuse(http.StatusConflict,
	"Somebody else has written or changed the report of this night in the meantime. Load it again; nothing was changed.")

// holdReports makes sure that this manager does one thing with reports at a time, so
// that nobody writes two for a night, or sends one twice. It returns what ends that.
func (s *Services) holdReports(ctx context.Context) (release func(), err error) {
	select {
	case s.reports <- struct{}{}:
		return func() { <-s.reports }, nil
	case <-ctx.Done():
		return nil, refuse(http.StatusServiceUnavailable, "The request has ended while another one about a report was going on. Nothing was changed.")
	}
}

// addReport writes the report of the present night, which must not have one yet.
func (s *Services) addReport(r *http.Request) (httpapi.Answer, error) {
	report, err := readReport(r)
	if err != nil {
		return httpapi.Answer{}, err
	}
	if s.logs == nil {
		return httpapi.Answer{}, errNoLogs
	}
	release, err := s.holdReports(r.Context())
	if err != nil {
		return httpapi.Answer{}, err
	}
	defer release()
	day, err := strconv.Atoi(love.TimeDataAt(s.config.Clock.Now()).ObservingDay)
	if err != nil {
		return httpapi.Answer{}, err
	}
	last, err := s.lastReport(r.Context(), day)
	switch {
	case err != nil:
		return httpapi.Answer{}, err
	case last != nil:
		return httpapi.Answer{}, errReportChanged
	}
	report["day_obs"], report["user_agent"], report["user_id"] = day, userAgent, s.identity(r)
	got, err := s.logs.ask(r.Context(), asJSON(http.MethodPost, nightReports+"/", report))
	return got.answer(), err
}

// editReport changes the last report of a night.
func (s *Services) editReport(r *http.Request) (httpapi.Answer, error) {
	id, err := entryID(r)
	if err != nil {
		return httpapi.Answer{}, err
	}
	report, err := readReport(r)
	if err != nil {
		return httpapi.Answer{}, err
	}
	day, err := report.day()
	if err != nil {
		return httpapi.Answer{}, err
	}
	release, _, err := s.holdLast(r.Context(), id, day)
	if err != nil {
		return httpapi.Answer{}, err
	}
	defer release()
	got, err := s.logs.ask(r.Context(), asJSON(http.MethodPatch, nightReports+"/"+id, report))
	return got.answer(), err
}

// holdLast is holdReports, and returns the last report of a night, which must have the
// ID.
func (s *Services) holdLast(ctx context.Context, id string, day int) (release func(), last *nightReport, err error) {
	if s.logs == nil {
		return nil, nil, errNoLogs
	}
	if release, err = s.holdReports(ctx); err != nil {
		return nil, nil, err
	}
	last, err = s.lastReport(ctx, day)
	if err == nil && (last == nil || last.ID != id) {
		err = errReportChanged
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return release, last, nil
}

// readReport reads the body of a report. Who it is from is up to the manager, and when it
// was sent to sendReport.
func readReport(r *http.Request) (fields, error) {
	report, err := readFields(r)
	if err != nil {
		return nil, err
	}
	for _, name := range reportTexts {
		text, err := report.text(name)
		if err != nil {
			return nil, err
		}
		report[name] = strings.TrimSpace(text)
	}
	for _, name := range []string{"user_id", "user_agent", "date_sent"} {
		delete(report, name)
	}
	return report, nil
}

// day returns the observing day of a report, YYYYMMDD as a number or as a text.
func (f fields) day() (int, error) {
	raw, _ := f["day_obs"].(json.RawMessage)
	day := string(raw)
	if wire.IsText(raw) {
		day = string(wire.Text(raw))
	}
	if _, err := observingDay(day); err != nil {
		return 0, err
	}
	return strconv.Atoi(day)
}

// lastReport returns the newest valid report of a night, or nil if there is none.
func (s *Services) lastReport(ctx context.Context, day int) (*nightReport, error) {
	noon, err := observingDay(strconv.Itoa(day))
	if err != nil {
		return nil, err
	}
	got, err := s.logs.ask(ctx, request{method: http.MethodGet, path: nightReports, query: url.Values{
		"min_day_obs": {strconv.Itoa(day)}, "max_day_obs": {noon.AddDate(0, 0, 1).Format("20060102")}, // exclusive
		"order_by": {"-date_added"},
	}})
	if err != nil {
		return nil, err
	}
	var reports []nightReport
	if err := got.decode(&reports); err != nil || !got.ok() {
		return nil, refuse(http.StatusBadGateway, "The night report service gave no list of the reports of %d, but status %d: %s Nothing was changed.",
			day, got.status, sentence(httpapi.Excerpt(got.body)))
	}
	if len(reports) == 0 {
		return nil, nil
	}
	return &reports[0], nil
}

// endOfNight returns until when the state of the observatory belongs to a report: now,
// or the end of its observing day.
func (s *Services) endOfNight(day int) (time.Time, error) {
	noon, err := observingDay(strconv.Itoa(day))
	if err != nil {
		return time.Time{}, err
	}
	if end, now := noon.AddDate(0, 0, 1), s.config.Clock.Now(); now.After(end) {
		return end, nil
	} else {
		return now, nil
	}
}
