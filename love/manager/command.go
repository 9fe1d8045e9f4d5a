package manager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/rubin-love/love-go/internal/wire"
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
	if m.Authorizer.Authorize(c.Context(), c.who, auth.ExecuteCommand) != nil {
		if err := m.authorizeCommand(c, body); err != nil {
			return answer{}, err
		}
	}
	if m.Commander == nil {
		return answer{}, errNoCommander
	}
	request := commander.Request{
		Body: body, Identity: c.who.Name() + "@" + m.ServerURL, User: c.who.Name(), Address: c.who.Address,
	}
	return m.relay(c, func(ctx context.Context) (commander.Reply, error) {
		return m.Commander.Execute(ctx, request)
	})
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
	return m.relay(c, func(ctx context.Context) (commander.Reply, error) {
		return m.Logbook.WriteObservingLog(ctx, log)
	})
}

// relay asks the commander, for a bounded time, and passes its answer on.
func (m *Manager) relay(c *call, ask func(context.Context) (commander.Reply, error)) (answer, error) {
	ctx, cancel := context.WithTimeout(c.Context(), m.CommandTimeout)
	defer cancel()
	reply, err := ask(ctx)
	if err == nil {
		err = checkReply(&reply)
	}
	switch {
	case err == nil:
		return answer{status: reply.Status, body: reply.Body}, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return answer{}, refuseAck(http.StatusGatewayTimeout,
			fmt.Sprintf("The commander did not answer within %s. Whether the command was executed is unknown.", m.CommandTimeout))
	case ctx.Err() == nil: // else the caller has hung up, and reads no answer
		m.Logger.Warn("the commander gave no answer", "path", c.URL.Path, "error", err)
	}
	return answer{}, refuseAck(http.StatusBadGateway, "The commander could not be asked. The manager's log says why.")
}

// checkReply makes sure that a reply can be passed on: a final status, and a
// body that a strict parser reads. For numbers that JSON does not have, which
// come out of the EFD, it puts null (quirk 48).
func checkReply(r *commander.Reply) error {
	if r.Status < 200 || r.Status > 599 {
		return fmt.Errorf("the commander answered with status %d", r.Status)
	}
	if err := wire.Valid(r.Body); err != nil {
		return fmt.Errorf("the commander's answer of status %d is not JSON: %w", r.Status, err)
	}
	if wire.MayHoldNonFinite(r.Body) {
		r.Body = wire.AppendStrict(nil, r.Body)
	}
	return nil
}
