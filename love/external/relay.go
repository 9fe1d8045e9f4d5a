package external

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/manager"
)

// relay is a kind of request that the commander answers.
type relay struct {
	client  *commanderhttp.Client // nil: none
	timeout time.Duration
	// commands are logged with who gave them.
	commands bool
}

func (r relay) ask(ctx context.Context, request commanderhttp.Request) (commanderhttp.Response, error) {
	return commander.Within(ctx, r.timeout, func(ctx context.Context) (commanderhttp.Response, error) {
		return r.client.Relay(ctx, request)
	})
}

var errNoCommander = missing("commander", "--commander (COMMANDER_HOSTNAME and COMMANDER_PORT)")

// relayCommander passes a request on to the same path of the commander, and its status
// and body back. Of a GET nothing but the path is passed on.
func (s *Services) relayCommander(to relay, path string) action {
	return func(r *http.Request) (httpapi.Answer, error) {
		request := commanderhttp.Request{Method: r.Method, Path: path}
		if r.Method != http.MethodPost {
			request.Method = http.MethodGet
		} else {
			body, err := readObject(r)
			if err != nil {
				return httpapi.Answer{}, err
			}
			request.Body = body
		}
		if to.client == nil {
			return httpapi.Answer{}, errNoCommander
		}
		response, err := to.ask(r.Context(), request)
		if to.commands {
			s.logCommand(r, request.Body, response, err)
		}
		if err != nil {
			return httpapi.Answer{}, s.commanderFailed(r, err)
		}
		if response.Status == http.StatusUnauthorized { // the LOVE-frontend would log its user out
			return httpapi.Answer{}, refuse(http.StatusBadGateway, "The commander refuses requests of this manager: %s", httpapi.Excerpt(response.Body))
		}
		return httpapi.Answer{Status: response.Status, Header: response.Header(), Raw: response.Body}, nil
	}
}

// logCommand logs a command of telescope control, which is not in the record of commands.
func (s *Services) logCommand(r *http.Request, body []byte, response commanderhttp.Response, err error) {
	var command struct {
		Name string `json:"command_name"`
	}
	_ = json.Unmarshal(body, &command) // leaves it empty; the commander says what is wrong
	status := response.Status
	if err != nil {
		status = commanderhttp.Status(err)
	}
	s.config.Logger.Info("a command of telescope control was relayed", "path", r.URL.Path, "command", command.Name,
		"user", manager.Caller(r.Context()).Name(), "address", manager.Caller(r.Context()).Address, "status", status)
}

// commanderFailed returns the refusal of a request that the commander has not answered.
func (s *Services) commanderFailed(r *http.Request, err error) *httpapi.Refusal {
	if r.Context().Err() == nil { // else the client has hung up
		s.config.Logger.Warn("the commander gave no answer", "path", r.URL.Path, "user", manager.Caller(r.Context()).Name(), "error", err)
	}
	e := commander.ErrorOf(err, "")
	refusal := refuse(commanderhttp.Status(e), "%s", e.Text)
	if after := (commanderhttp.Response{RetryAfter: e.RetryAfter}).Header().Get("Retry-After"); after != "" {
		refusal = refusal.With("Retry-After", after)
	}
	return refusal
}
