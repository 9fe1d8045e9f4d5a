package external

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love/manager"
)

// Mail is an e-mail, once as plain text and once as HTML.
type Mail struct {
	To      string
	Subject string
	Plain   string
	HTML    string
}

// Mailer sends e-mails. [SMTP] is one.
type Mailer interface {
	// Send sends a mail and returns when the mail server has taken it, or ctx ends. The
	// error shows no secret.
	Send(ctx context.Context, m Mail) error
}

// sendReport sends the last report of a night by e-mail, with the state of the
// observatory and the faults of the night, and notes when it was sent.
func (s *Services) sendReport(r *http.Request) (httpapi.Answer, error) {
	id, err := entryID(r)
	if err != nil {
		return httpapi.Answer{}, err
	}
	body, err := readFields(r)
	if err != nil {
		return httpapi.Answer{}, err
	}
	day, err := body.day()
	if err != nil {
		return httpapi.Answer{}, err
	}
	if err := s.canSend(); err != nil {
		return httpapi.Answer{}, err
	}
	release, report, err := s.holdLast(r.Context(), id, day)
	if err != nil {
		return httpapi.Answer{}, err
	}
	defer release()
	if report.DateSent != nil {
		return httpapi.Answer{}, refuse(http.StatusBadRequest, "The report of this night was sent already.")
	}
	mail, err := s.mailOf(r.Context(), report)
	if err != nil {
		return httpapi.Answer{}, err
	}
	if err := s.send(r.Context(), mail); err != nil {
		return httpapi.Answer{}, err
	}
	s.config.Logger.Info("a night report was sent", "day", day, "to", mail.To, "user", manager.Caller(r.Context()).Name())
	return s.noteSent(r.Context(), id, day)
}

// canSend returns the refusal if a service that sending needs is not configured.
func (s *Services) canSend() error {
	switch {
	case s.logs == nil:
		return errNoLogs
	case s.config.Mailer == nil:
		return missing("mail server", "SMTP_USER and SMTP_PASSWORD (--smtp-user, --smtp-password)")
	case s.config.ReportTo == "":
		return missing("address for night reports", "NIGHTREPORT_MAIL_ADDRESS (--nightreport-mail)")
	case s.efd == nil:
		return missing("EFD", "--commander (COMMANDER_HOSTNAME and COMMANDER_PORT)")
	}
	_, err := s.tickets()
	return err
}

// mailOf collects what a report's mail needs.
func (s *Services) mailOf(ctx context.Context, report *nightReport) (Mail, error) {
	noon, err := observingDay(fmt.Sprint(report.DayObs))
	if err != nil {
		return Mail{}, err
	}
	until, err := s.endOfNight(report.DayObs)
	if err != nil {
		return Mail{}, err
	}
	state, err := s.observatoryAt(ctx, until)
	if err != nil {
		return Mail{}, err
	}
	faults, err := s.faults(ctx, noon)
	if err != nil {
		return Mail{}, err
	}
	mail := reportMail{
		Report: report, State: state, Faults: faults, ticketURL: s.jira.issueURL,
		Digest: fmt.Sprintf("%s/?startDayobs=%d&endDayobs=%d&telescope=Simonyi", s.config.NightlyDigest, report.DayObs, report.DayObs),
	}
	return mail.write(s.config.ReportTo, noon.Format(time.DateOnly))
}

// send sends a mail within the time limit.
func (s *Services) send(ctx context.Context, m Mail) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	err := s.config.Mailer.Send(ctx, m)
	if err == nil {
		return nil
	}
	s.config.Logger.Warn("a night report could not be sent", "to", m.To, "error", err)
	return refuse(http.StatusBadGateway, "The mail server did not take the report: %s Unless it came too late to be stopped, nothing was sent.",
		sentence(mask.Text(err.Error())))
}

// noteSent notes when a report was sent. It goes on when the client hangs up: without
// the note the report would be sent again.
func (s *Services) noteSent(ctx context.Context, id string, day int) (httpapi.Answer, error) {
	note := fields{"day_obs": day, "date_sent": asTAI(s.config.Clock.Now())}
	got, err := s.logs.ask(context.WithoutCancel(ctx), asJSON(http.MethodPatch, nightReports+"/"+id, note))
	if err == nil && got.ok() {
		return got.answer(), nil
	}
	why := fmt.Sprintf("The night report service answered with status %d: %s", got.status, sentence(httpapi.Excerpt(got.body)))
	if refusal, ok := asRefusal(err); ok {
		why = textOf(refusal)
	}
	return httpapi.Answer{}, refuse(http.StatusBadGateway, "The report was sent by e-mail, but that is not noted: do not send it again. %s", why)
}
