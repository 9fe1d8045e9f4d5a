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
	"This manager has no commander. Start it with --commander, or with LOVED_COMMANDER set.")

// command relays a command (manager protocol, section 4.5). Its content is the
// commander's to check; the identity is ours.
func (m *Manager) command(c *call) (answer, error) {
	body, err := c.object()
	if err != nil {
		return answer{}, err
	}
	if err := m.mayGive(c, body); err != nil {
		m.commandRefused(c, body, err)
		return answer{}, err
	}
	if m.Commander == nil {
		return answer{}, errNoCommander
	}
	progress := commander.NewProgressWriter(c.writer, c.Request)
	reply, err := m.ask(c, func(ctx context.Context) (commander.Reply, error) {
		return m.Commander.Execute(commander.WithProgress(ctx, progress.Report), m.requestOf(c, body))
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
	if m.Commander == nil {
		return answer{}, errNoCommander
	}
	checker, ok := m.Commander.(commander.Checker)
	if !ok {
		return m.passOn(c, commander.AckReply(http.StatusOK, commander.Unchecked), nil)
	}
	return m.relay(c, "", func(ctx context.Context) (commander.Reply, error) { return checker.Check(ctx, m.requestOf(c, body)) })
}

func (m *Manager) requestOf(c *call, body json.RawMessage) commander.Request {
	return commander.Request{
		Body: body, Identity: c.who.Name() + "@" + m.ServerURL, User: c.who.Name(), Address: c.who.Address,
	}
}

// forbiddenCommand has a command recorded whose user may give none.
func (m *Manager) forbiddenCommand(c *call, err error) {
	if c.Method != http.MethodPost {
		return
	}
	if body, e := c.object(); e == nil { // else it is no command
		m.commandRefused(c, body, err)
	}
}

func (m *Manager) commandRefused(c *call, body json.RawMessage, err error) {
	refused, ok := errors.AsType[*refusal](err)
	if m.Refused == nil || !ok {
		return
	}
	ack, _ := refused.body.(love.Ack)
	m.Refused(c.Context(), m.requestOf(c, body), commander.AckReply(refused.status, ack.Text))
}

// mayGive tells whether the caller, who may give some commands, may give this
// one.
func (m *Manager) mayGive(c *call, body json.RawMessage) error {
	if m.Authorizer.Authorize(c.Context(), c.who, auth.ExecuteCommand) == nil {
		return nil
	}
	return m.authorizeCommand(c, body)
}

// authorizeCommand checks a command of somebody who may send some. It has to
// be read here just as any commander would read it: a key in another case,
// which some take for the same, is refused.
func (m *Manager) authorizeCommand(c *call, body json.RawMessage) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return parseError(err)
	}
	for key := range members {
		for _, known := range []string{"csc", "salindex", "cmd"} {
			if key != known && strings.EqualFold(key, known) {
				return refuseAck(http.StatusBadRequest, fmt.Sprintf("The key %q is not a command's: write %q.", key, known))
			}
		}
	}
	var csc, name string
	var index int
	if json.Unmarshal(members["csc"], &csc) != nil || json.Unmarshal(members["salindex"], &index) != nil || json.Unmarshal(members["cmd"], &name) != nil {
		return refuseAck(http.StatusBadRequest, `A command has the texts "csc" and "cmd" and the integer "salindex".`)
	}
	wanted := auth.CommandPermission(csc, index, name)
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
	if m.Logbook == nil {
		return answer{}, errNoCommander
	}
	log := commander.ObservingLog{Body: body, Identity: c.who.Name() + "@" + m.ServerURL}
	return m.relay(c, commander.UnknownLog, func(ctx context.Context) (commander.Reply, error) {
		return m.Logbook.WriteObservingLog(ctx, log)
	})
}

// relay asks the commander something that is no command, for a bounded time,
// and passes its answer on; the aftermath is that of [commander.NoReply].
func (m *Manager) relay(c *call, aftermath string, do func(context.Context) (commander.Reply, error)) (answer, error) {
	reply, err := m.ask(c, do)
	if err != nil {
		err = commander.NoReply(err, aftermath)
	}
	return m.passOn(c, reply, err)
}

// ask asks the commander, for a time that its progress extends.
func (m *Manager) ask(c *call, do func(context.Context) (commander.Reply, error)) (commander.Reply, error) {
	ctx, cancel := commander.WithPatience(c.Context(), m.CommandTimeout)
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

// passOn answers with what the commander answered, or with why it did not.
func (m *Manager) passOn(c *call, reply commander.Reply, err error) (answer, error) {
	if err == nil {
		reply, err = reply.Strict()
	}
	if err != nil {
		if c.Context().Err() == nil { // else the caller has hung up, and reads no answer
			m.Logger.Warn("the commander gave no answer", "path", c.URL.Path, "error", err)
		}
		reply = commander.ReplyTo(err)
	}
	a := answer{status: reply.Status, raw: reply.Body, header: http.Header{"Content-Type": {"application/json"}}}
	if reply.RetryAfter > 0 {
		a.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(reply.RetryAfter.Seconds()))))
	}
	return a, nil
}
