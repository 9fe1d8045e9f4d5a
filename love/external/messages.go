package external

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love/manager"
)

// userAgent is the name by which the log services and the LOVE-frontend know LOVE.
const userAgent = "LOVE"

// maxSubjects is how many exposures one form may write a message for.
const maxSubjects = 500

// messageLog is a log of messages with files and tickets.
type messageLog struct {
	name string // for texts
	path string // of the messages, here and at the service
	kind string // "request_type" of the LOVE-frontend
	// lists are joined with commas, trees are JSON in a text, and times are UTC.
	lists, trees, times []string
	// each is a list of which every element gets a message of its own; empty: none.
	each string
}

var (
	exposureLog = messageLog{
		name: "exposure log", path: "exposurelog/messages", kind: "exposure", lists: []string{"tags", "urls"}, each: "obs_id",
	}
	narrativeLog = messageLog{
		name: "narrative log", path: "narrativelog/messages", kind: "narrative", lists: []string{"tags", "urls"},
		trees: []string{"components_json"}, times: []string{"date_begin", "date_end"},
	}
)

// nightReports is the path of the night reports at their service.
const nightReports = "nightreport/reports"

var errNoLogs = missing("exposure log, narrative log and night report", "OLE_API_HOSTNAME (--ole)")

// relayLogs passes a GET with its query on to the log services.
func (s *Services) relayLogs(path string) action {
	return func(r *http.Request) (httpapi.Answer, error) {
		if s.logs == nil {
			return httpapi.Answer{}, errNoLogs
		}
		got, err := s.logs.ask(r.Context(), request{method: http.MethodGet, path: path, query: r.URL.Query()})
		return got.answer(), err
	}
}

// relayEntry answers with one entry of a log service.
func (s *Services) relayEntry(path string) action {
	return func(r *http.Request) (httpapi.Answer, error) {
		id, err := entryID(r)
		if err != nil {
			return httpapi.Answer{}, err
		}
		return s.relayLogs(path + "/" + id)(r)
	}
}

// deleteEntry deletes an entry of a log service. The LOVE-frontend expects a body.
func (s *Services) deleteEntry(path string) action {
	return func(r *http.Request) (httpapi.Answer, error) {
		id, err := entryID(r)
		if err != nil {
			return httpapi.Answer{}, err
		}
		if s.logs == nil {
			return httpapi.Answer{}, errNoLogs
		}
		got, err := s.logs.ask(r.Context(), request{method: http.MethodDelete, path: path + "/" + id})
		if err == nil && got.status == http.StatusNoContent {
			return httpapi.Answer{Status: http.StatusOK, Body: problem{Ack: "Deleted."}}, nil
		}
		return got.answer(), err
	}
}

// addMessage writes a message to a log: its files are kept first, then its ticket is
// made, because the message has the addresses of both.
func (s *Services) addMessage(l messageLog) action {
	return func(r *http.Request) (httpapi.Answer, error) {
		message, done, err := s.prepare(r, l)
		if err != nil {
			return httpapi.Answer{}, err
		}
		message["user_agent"], message["user_id"] = userAgent, s.identity(r)
		subjects := []string{""}
		if l.each != "" {
			subjects, _ = message[l.each].([]string)
		}
		var got response
		for _, subject := range subjects {
			if l.each != "" {
				message[l.each] = subject
			}
			got, err = s.logs.ask(r.Context(), withQuery(asJSON(http.MethodPost, l.path, message), r))
			if err = done.failure(l, subject, got, err); err != nil {
				return httpapi.Answer{}, err
			}
			if !got.ok() {
				break
			}
			done.logged = append(done.logged, subject)
		}
		return got.answer(), nil
	}
}

// editMessage changes a message in a log: the service makes a new one of it, whose
// author stays the first.
func (s *Services) editMessage(l messageLog) action {
	return func(r *http.Request) (httpapi.Answer, error) {
		id, err := entryID(r)
		if err != nil {
			return httpapi.Answer{}, err
		}
		l.each = ""
		message, done, err := s.prepare(r, l)
		if err != nil {
			return httpapi.Answer{}, err
		}
		got, err := s.logs.ask(r.Context(), asJSON(http.MethodPatch, l.path+"/"+id, message))
		if err = done.failure(l, "", got, err); err != nil {
			return httpapi.Answer{}, err
		}
		return got.answer(), nil
	}
}

func withQuery(to request, r *http.Request) request {
	to.query = r.URL.Query()
	return to
}

// prepare reads a message from a form, keeps its files and makes its ticket. Everything
// that can be wrong with the message is found before anything is sent.
func (s *Services) prepare(r *http.Request, l messageLog) (fields, *steps, error) {
	f, err := readForm(r)
	if err != nil {
		return nil, nil, err
	}
	message, err := l.message(f)
	if err != nil {
		return nil, nil, err
	}
	ticket, err := s.ticketOf(r, l, f)
	switch {
	case err != nil:
		return nil, nil, err
	case s.logs == nil:
		return nil, nil, errNoLogs
	case len(f.files) > 0 && s.files == nil:
		return nil, nil, missing("place for files", "--commander (COMMANDER_HOSTNAME and COMMANDER_PORT)")
	}
	done := &steps{}
	if done.files, err = s.keepFiles(r.Context(), f.files); err != nil {
		return nil, nil, err
	}
	if ticket != nil {
		if done.ticket, err = ticket.write(r.Context(), done.files); err != nil {
			return nil, nil, err
		}
	}
	urls, _ := message["urls"].([]string)
	if done.ticket != "" {
		urls = append([]string{done.ticket}, urls...)
	}
	message["urls"] = append(urls, done.files...)
	return message, done, nil
}

// message returns the fields of a form as the service wants them.
func (l messageLog) message(f form) (fields, error) {
	message := fields{}
	for name, value := range f.texts {
		message[name] = value
	}
	delete(message, "user_id") // the manager says who it is
	delete(message, "user_agent")
	for _, name := range append([]string{l.each}, l.lists...) {
		if _, ok := message[name]; ok {
			message[name] = f.list(name)
		}
	}
	if l.each != "" {
		subjects, _ := message[l.each].([]string)
		if n := len(subjects); n == 0 || n > maxSubjects {
			return nil, refuse(http.StatusBadRequest, "%q has %d elements: name what the message is about, separated by commas, %d at most.", l.each, n, maxSubjects)
		}
	}
	for _, name := range l.trees {
		delete(message, name)
		if tree, ok, err := f.tree(name); err != nil {
			return nil, err
		} else if ok {
			message[name] = tree
		}
	}
	for _, name := range l.times {
		delete(message, name)
		if t, ok, err := f.tai(name); err != nil {
			return nil, err
		} else if ok {
			message[name] = t
		}
	}
	return message, nil
}

// identity is who writes a message: "user@host".
func (s *Services) identity(r *http.Request) string {
	host := s.config.Host
	if host == "" {
		host = r.Host
	}
	return manager.Caller(r.Context()).Name() + "@" + host
}

// steps are what was done before the message of a log.
type steps struct {
	files  []string // their addresses
	ticket string   // its address; empty: none
	logged []string // what the message is about, as far as it is written
}

// failure returns the refusal of a message whose last step failed, if its author has to
// know what was done before; then repeating it would do that again.
func (d *steps) failure(l messageLog, subject string, got response, err error) error {
	why := ""
	refusal, refused := asRefusal(err)
	switch {
	case err == nil && got.ok():
		return nil
	case d.ticket == "" && len(d.logged) == 0:
		return err
	case refused:
		why = textOf(refusal)
	default:
		why = fmt.Sprintf("The %s answered with status %d: %s", l.name, got.status, httpapi.Excerpt(got.body))
	}
	var before []string
	if d.ticket != "" {
		before = append(before, "the ticket is written ("+d.ticket+")")
	}
	if len(d.logged) > 0 {
		before = append(before, fmt.Sprintf("the message is written for %s, not for %s", strings.Join(d.logged, ", "), subject))
	} else {
		before = append(before, "the message is not written")
	}
	status := http.StatusBadGateway
	if refused {
		status = refusal.Status
	}
	return refuse(status, "%s But %s.", why, strings.Join(before, ", and "))
}

// textOf returns the text of a refusal that was made by refuse.
func textOf(r *httpapi.Refusal) string {
	p, _ := r.Body.(problem)
	return p.Ack
}
