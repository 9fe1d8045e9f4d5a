package manager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
)

var errNoCommander = refuseAck(http.StatusServiceUnavailable,
	"This manager has no commander. Nothing was sent: ask whoever runs the manager to connect one.")

// command relays a command (manager protocol, section 4.5). The commander checks
// its content; the manager sets its identity.
func (m *Manager) command(c *call) (answer, error) {
	body, err := c.object()
	if err != nil {
		return answer{}, err
	}
	if err := m.mayGive(c, body); err != nil {
		m.commandRefused(c, body, err)
		return answer{}, err
	}
	if m.config.Commander == nil {
		return answer{}, errNoCommander
	}
	progress := commander.NewProgressWriter(c.writer, c.Request)
	reply, err := m.ask(c, func(ctx context.Context) (commander.Reply, error) {
		return m.config.Commander.Execute(commander.WithProgress(ctx, progress.Report), m.requestOf(c, body))
	})
	a, err := m.passOn(c, reply, err)
	if err == nil {
		a.sent = progress.Finish(commander.Reply{Status: a.status, Body: a.raw})
	}
	return a, err
}

// checkCommand tells whether a command would be sent, and sends nothing.
func (m *Manager) checkCommand(c *call) (answer, error) {
	body, err := c.object()
	if err != nil {
		return answer{}, err
	}
	if err := m.mayGive(c, body); err != nil {
		return answer{}, err
	}
	if m.config.Commander == nil {
		return answer{}, errNoCommander
	}
	checker, ok := m.config.Commander.(commander.Checker)
	if !ok {
		return m.passOn(c, commander.AckReply(http.StatusOK, commander.Unchecked), nil)
	}
	return m.relay(c, "", func(ctx context.Context) (commander.Reply, error) { return checker.Check(ctx, m.requestOf(c, body)) })
}

func (m *Manager) requestOf(c *call, body json.RawMessage) commander.Request {
	return commander.Request{
		Body: body, Identity: c.who.Name() + "@" + m.config.ServerURL, User: c.who.Name(), Address: c.who.Address,
	}
}

// forbiddenCommand records the command of a user who may give none.
func (m *Manager) forbiddenCommand(c *call, err error) {
	if c.Method != http.MethodPost {
		return
	}
	if body, e := c.object(); e == nil { // otherwise it is not a command
		m.commandRefused(c, body, err)
	}
}

func (m *Manager) commandRefused(c *call, body json.RawMessage, err error) {
	refused, ok := errors.AsType[*refusal](err)
	if m.config.Refused == nil || !ok {
		return
	}
	ack, _ := refused.body.(love.Ack)
	m.config.Refused(c.Context(), m.requestOf(c, body), commander.AckReply(refused.status, ack.Text))
}

// mayGive checks whether the caller may give this command; the endpoint has
// checked only that they may give some.
func (m *Manager) mayGive(c *call, body json.RawMessage) error {
	if m.mayGiveAll(c) {
		return nil
	}
	cmd, err := readCommand(body)
	if err != nil {
		return err
	}
	return m.authorizeCommand(c, cmd)
}

// mayGiveCommand is mayGive for a command that has been read already.
func (m *Manager) mayGiveCommand(c *call, cmd love.Command) error {
	if m.mayGiveAll(c) {
		return nil
	}
	return m.authorizeCommand(c, cmd)
}

func (m *Manager) mayGiveAll(c *call) bool {
	return m.config.Authorizer.Authorize(c.Context(), c.who, auth.ExecuteCommand) == nil
}

// readCommand reads which command a body is. Every commander has to read the
// same in it, so a key in another case, which some readers accept, is refused.
func readCommand(body json.RawMessage) (love.Command, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return love.Command{}, parseError(err)
	}
	for key := range members {
		for _, known := range []string{"csc", "salindex", "cmd"} {
			if key != known && strings.EqualFold(key, known) {
				return love.Command{}, refuseAck(http.StatusBadRequest, fmt.Sprintf("The key %q is not a command's: write %q.", key, known))
			}
		}
	}
	var cmd love.Command
	if json.Unmarshal(members["csc"], &cmd.CSC) != nil || json.Unmarshal(members["salindex"], &cmd.SalIndex) != nil || json.Unmarshal(members["cmd"], &cmd.Name) != nil {
		return love.Command{}, refuseAck(http.StatusBadRequest, `A command has the texts "csc" and "cmd" and the integer "salindex".`)
	}
	return cmd, nil
}

// authorizeCommand checks the caller's permission for one command.
func (m *Manager) authorizeCommand(c *call, cmd love.Command) error {
	wanted := auth.CommandPermission(cmd.CSC, cmd.SalIndex, cmd.Name)
	if !wanted.IsCommand() { // a name with a colon in it
		return errMayNotCommand
	}
	return m.authorize(c, wanted)
}

// observingLog relays an observing log unchanged (manager protocol, section 4.6).
func (m *Manager) observingLog(c *call) (answer, error) {
	body, err := c.object()
	if err != nil {
		return answer{}, err
	}
	if m.config.Logbook == nil {
		return answer{}, errNoCommander
	}
	log := commander.ObservingLog{Body: body, Identity: c.who.Name() + "@" + m.config.ServerURL}
	return m.relay(c, commander.UnknownLog, func(ctx context.Context) (commander.Reply, error) {
		return m.config.Logbook.WriteObservingLog(ctx, log)
	})
}

// relay asks the commander something other than a command, for a bounded time,
// and passes its answer on. For the aftermath see [commander.NoReply].
func (m *Manager) relay(c *call, aftermath string, do func(context.Context) (commander.Reply, error)) (answer, error) {
	reply, err := m.ask(c, do)
	if err != nil {
		err = commander.NoReply(err, aftermath)
	}
	return m.passOn(c, reply, err)
}

// ask calls the commander and waits up to CommandTimeout, which progress extends.
func (m *Manager) ask(c *call, do func(context.Context) (commander.Reply, error)) (commander.Reply, error) {
	ctx, cancel := commander.WithPatience(c.Context(), m.config.CommandTimeout)
	defer cancel()
	reply, err := do(ctx)
	if _, explained := errors.AsType[*commander.NoReplyError](err); err == nil || explained {
		return reply, err
	}
	if cause := context.Cause(ctx); errors.Is(cause, context.DeadlineExceeded) {
		err = cause
	}
	return reply, err
}

// passOn answers with the commander's answer, or says why there is none.
func (m *Manager) passOn(c *call, reply commander.Reply, err error) (answer, error) {
	if err == nil {
		reply, err = reply.Strict()
	}
	if err != nil {
		if c.Context().Err() == nil { // otherwise the caller has hung up and reads no answer
			m.config.Logger.Warn("the commander gave no answer", "path", c.URL.Path, "error", err)
		}
		reply = commander.ReplyTo(err)
	}
	a := answer{status: reply.Status, raw: reply.Body, header: http.Header{"Content-Type": {"application/json"}}}
	if reply.RetryAfter > 0 {
		a.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(reply.RetryAfter.Seconds()))))
	}
	return a, nil
}
