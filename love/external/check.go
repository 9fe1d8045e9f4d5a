package external

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// CheckLogs asks the log services for something small. It returns in a few words what it
// found. The error says what is wrong and what to do.
func (s *Services) CheckLogs(ctx context.Context) (found string, err error) {
	if s.logs == nil {
		return "", errors.New(textOf(errNoLogs))
	}
	got, err := s.logs.ask(ctx, request{method: http.MethodGet, path: "exposurelog/instruments"})
	if err == nil && !got.ok() {
		err = fmt.Errorf("%s answered with status %d", s.logs.base.Host, got.status)
	}
	return s.logs.base.Host + " answers", plain(err)
}

// CheckJira asks Jira for the manager's user, as [Services.CheckLogs] does.
func (s *Services) CheckJira(ctx context.Context) (found string, err error) {
	jira, err := s.tickets()
	if err != nil {
		return "", plain(err)
	}
	zone, err := jira.timeZone(ctx)
	if err != nil {
		return "", plain(err)
	}
	return fmt.Sprintf("%s knows the token; its user is in %s", jira.base.Host, zone), nil
}

// plain returns a refusal as an error with its text.
func plain(err error) error {
	if refusal, ok := asRefusal(err); ok {
		return errors.New(textOf(refusal))
	}
	return err
}
