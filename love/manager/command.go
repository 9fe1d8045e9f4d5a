package manager

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

var errNoCommander = refuseAck(http.StatusServiceUnavailable,
	"This manager has no commander. Nothing was sent: ask whoever runs the manager to connect one.")

// command relays a command under the caller's identity
// (docs/protocol/manager.md#commands). One that is refused here is recorded.
func (m *Manager) command(c *call) (answer, error) {
	started := m.config.Clock.Now()
	command, err := m.permitted(c)
	if err != nil {
		m.config.Observer.Commanded(love.CommandRefused, m.config.Clock.Now().Sub(started))
		m.recordRefused(c, command, err)
		return answer{}, err
	}
	progress := commanderhttp.NewProgressWriter(c.writer, c.Request)
	ack, err := ask(m, c, commander.UnknownOutcome, func(ctx context.Context) (love.Ack, error) {
		return m.config.Commander.Execute(commander.WithProgress(ctx, progress.Report), command)
	})
	m.config.Observer.Commanded(commandOutcome(ack, err), m.config.Clock.Now().Sub(started))
	response := m.responseOf(c, ack, err, &command.Command)
	if progress.Finish(response) {
		return answer{Sent: true}, nil
	}
	return answerOf(response), nil
}

// checkCommand answers whether a command would be sent, and sends nothing.
func (m *Manager) checkCommand(c *call) (answer, error) {
	command, err := m.permitted(c)
	if err != nil {
		return answer{}, err
	}
	ack, err := ask(m, c, "", func(ctx context.Context) (love.Ack, error) {
		return commander.Check(ctx, m.config.Commander, command)
	})
	return answerOf(m.responseOf(c, ack, err, &command.Command)), nil
}

// permitted reads a command that the caller may give, if there is a commander for
// it. An error does not mean that the call is zero: see readCommand.
func (m *Manager) permitted(c *call) (commander.Call, error) {
	command, wrong, err := m.readCommand(c)
	if err != nil {
		return commander.Call{}, err
	}
	switch {
	case wrong == nil:
		if err := m.mayGive(c, command.Command); err != nil {
			return command, err
		}
	case !errors.Is(wrong, love.ErrIncompleteCommand), !m.config.RelayIncomplete, !m.mayGiveAll(c):
		return command, refuseAck(http.StatusBadRequest, wrong.Error())
	default:
		if err := checkIncomplete(command.Posted); err != nil {
			return command, err
		}
	}
	if m.config.Commander == nil {
		return command, errNoCommander
	}
	return command, nil
}

// checkIncomplete returns the refusal of an object whose keys, as far as they are those
// of a command, have values that no command has.
func checkIncomplete(object []byte) error {
	for key, value := range wire.Members(bytes.TrimSpace(object)) {
		kind, expected := httpapi.Kind(value), ""
		switch key {
		case "csc", "cmd":
			if kind != "a text" || len(value) == len(`""`) {
				expected = "a name"
			}
		case "salindex":
			n, err := strconv.ParseFloat(string(value), 64)
			if kind != "a text" && (err != nil || n != math.Trunc(n)) {
				expected = "a whole number"
			}
		case "params":
			if kind != "object" {
				expected = "an object"
			}
		}
		if expected != "" {
			return refuseAck(http.StatusBadRequest, fmt.Sprintf("reading the command: %q must be %s, not %s", key, expected, kind))
		}
	}
	return nil
}

// readCommand reads the body of a request as a command of the caller. If it is
// an object but not a command, wrong says why, and the call has only what was
// posted and by whom.
func (m *Manager) readCommand(c *call) (command commander.Call, wrong, err error) {
	body, err := c.document()
	if err != nil {
		return command, nil, err
	}
	parsed, err := love.ParseCommand(body)
	switch {
	case len(body) == 0, err != nil && !errors.Is(err, love.ErrNotJSON) && body[0] != '{':
		return command, nil, notAnObject(body)
	case errors.Is(err, love.ErrNotJSON):
		return command, nil, httpapi.ParseError(err)
	}
	parsed.Identity = m.identity(c)
	return commander.Call{Command: parsed, Posted: body, User: c.who.Name(), Address: c.who.Address, UserVersion: c.who.Version}, err, nil
}

// identity returns the name under which components see the caller.
func (m *Manager) identity(c *call) string { return c.who.Name() + "@" + m.config.ServerURL }

// forbiddenCommand records the command of a user who may give no commands.
func (m *Manager) forbiddenCommand(c *call, why error) {
	if c.Method != http.MethodPost {
		return
	}
	if command, _, err := m.readCommand(c); err == nil {
		m.recordRefused(c, command, why)
	}
}

// recordRefused records a command that was refused before the recorder got it. A
// request that is not a JSON object is not recorded.
func (m *Manager) recordRefused(c *call, command commander.Call, why error) {
	refused, ok := errors.AsType[*refusal](why)
	if m.config.Record == nil || !ok || command.Posted == nil {
		return
	}
	e := &commander.Error{Kind: commander.Refused, Text: refusalText(refused)}
	switch refused.Status {
	case http.StatusForbidden:
		e.Kind = commander.Forbidden
	case http.StatusServiceUnavailable:
		e.Kind = commander.Busy
	}
	m.config.Record.Refuse(c.Context(), command, e)
}

// mayGive returns nil if the caller may give this command; the endpoint has checked
// only that they may give some command.
func (m *Manager) mayGive(c *call, cmd love.Command) error {
	if m.mayGiveAll(c) {
		return nil
	}
	wanted := auth.CommandPermission(cmd.CSC, cmd.SalIndex, cmd.Name)
	if !wanted.IsCommand() { // a name with a colon in it
		return errMayNotCommand
	}
	return m.authorize(c, wanted)
}

func (m *Manager) mayGiveAll(c *call) bool {
	return m.config.Authorizer.Authorize(c.Context(), c.who, auth.ExecuteCommand) == nil
}

// observingLog relays an observing log (docs/protocol/manager.md#observing-logs).
func (m *Manager) observingLog(c *call) (answer, error) {
	body, err := c.object()
	if err != nil {
		return answer{}, err
	}
	if m.config.Logbook == nil {
		return answer{}, errNoCommander
	}
	l, err := love.ParseObservingLog(body)
	if err != nil && !(m.config.RelayIncomplete && errors.Is(err, love.ErrIncompleteLog)) {
		return answerOf(commanderhttp.ResponseOf(love.Ack{}, commanderhttp.MissingKeys("user, message", body))), nil
	}
	l.Posted, l.Identity = body, m.identity(c)
	ack, err := ask(m, c, commander.UnknownLog, func(ctx context.Context) (love.Ack, error) {
		return m.config.Logbook.WriteObservingLog(ctx, l)
	})
	return answerOf(m.responseOf(c, ack, err, nil)), nil
}

// ask calls the commander and waits up to CommandTimeout, which progress
// extends. For the outcome see [commander.ErrorOf].
func ask[T any](m *Manager, c *call, outcome string, do func(context.Context) (T, error)) (T, error) {
	result, err := commander.Within(c.Context(), m.config.CommandTimeout, do)
	if err != nil {
		return result, commander.ErrorOf(err, outcome)
	}
	return result, nil
}

// responseOf returns the HTTP answer for the result of a commander. The log line of a
// failure names the command, if it is not nil.
func (m *Manager) responseOf(c *call, ack love.Ack, err error, cmd *love.Command) commanderhttp.Response {
	if err != nil && c.Context().Err() == nil && commander.ErrorOf(err, "").Fault() { // otherwise the caller has hung up
		m.config.Logger.Warn("the commander gave no acknowledgement", append(logged(cmd), "path", c.URL.Path, "error", err)...)
	}
	return commanderhttp.ResponseOf(ack, err)
}

// logged returns the attributes of a command in a log line.
func logged(cmd *love.Command) []any {
	if cmd == nil {
		return nil
	}
	return []any{"csc", cmd.CSC, "salindex", cmd.SalIndex, "cmd", cmd.Name, "identity", cmd.Identity}
}

// answerOf returns a commander's response as the answer.
func answerOf(r commanderhttp.Response) answer {
	return answer{Status: r.Status, Raw: r.Body, Header: r.Header()}
}
