package client

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

const confirmation = "Successfully subscribed to "

// dispatch hands one received message to the iterators that it is for, or else
// to the function of OnMessage. What is not a message of the protocol is logged
// and ignored.
func (c *Client) dispatch(ctx context.Context, op ws.OpCode, raw []byte) {
	if op != ws.OpText || !utf8.Valid(raw) {
		c.log.Warn("ignored a message from the manager that is not UTF-8 text", "bytes", len(raw))
		return
	}
	var m wire.Message
	if err := m.Parse(raw); err != nil {
		c.log.Warn("ignored a message from the manager", "error", err, "bytes", len(raw))
		return
	}
	if m.Category == nil {
		if group, ok := strings.CutPrefix(text(m.Data), confirmation); ok && c.confirm(group) {
			return
		}
	}
	to := destinationOf(&m)
	matching := c.subs.matching(to)
	if len(matching) == 0 {
		if c.onMessage != nil {
			c.onMessage(ctx, raw)
		}
		return
	}
	d := love.Delivery{Raw: raw, Group: to.group, Received: time.Now()}
	for _, s := range matching {
		select {
		case s.queue <- d:
		case <-s.ended:
		case <-ctx.Done():
		}
	}
}

// confirm handles the confirmation of a subscription and reports whether the
// group is an iterator's.
func (c *Client) confirm(group string) bool {
	if len(c.subs.matching(destination{group: group})) == 0 {
		return false
	}
	if c.onSubscribed != nil {
		c.onSubscribed(group)
	}
	return true
}

// destination is the group, or groups, to which a message was delivered.
type destination struct {
	group string // the text in "subscription"
	// isRequestFor reports whether a group gets the message; nil unless the
	// message is a request, whose "subscription" names another group.
	isRequestFor func(love.Group) bool
}

// destinationOf returns what "subscription" names, with two exceptions that the
// protocol makes: a heartbeat names just "heartbeat"
// (docs/protocol/manager.md#heartbeats), and a request always the broadest group
// (docs/protocol/manager.md#initial-state).
func destinationOf(m *wire.Message) destination {
	d := destination{group: text(m.Subscription)}
	switch love.Category(text(m.Category)) {
	case love.CategoryHeartbeat:
		if d.group == string(love.CategoryHeartbeat) {
			d.group = love.StreamGroup(love.CategoryHeartbeat, "manager", 0, "stream").String()
		}
	case love.CategoryInitialState:
		csc := ""
		if len(m.Items) > 0 {
			csc = text(m.Items[0].CSC)
		}
		d.isRequestFor = func(g love.Group) bool {
			return g.Category == love.CategoryInitialState && (g.CSC == csc || g.CSC == love.All)
		}
	}
	return d
}

// text returns the content of a JSON string, or "" if v is something else.
func text(v []byte) string {
	if !wire.IsText(v) {
		return ""
	}
	return string(wire.Text(v))
}
