package client

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

const confirmed = "Successfully subscribed to "

// handle gives one received message to whom it belongs. What is no message of
// the protocol is logged and forgotten.
func (c *Client) handle(ctx context.Context, op ws.OpCode, raw []byte) {
	if op != ws.OpText || !utf8.Valid(raw) {
		c.log.Warn("ignored a message of the manager that is no UTF-8 text", "bytes", len(raw))
		return
	}
	var f wire.Message
	if err := f.Parse(raw); err != nil {
		c.log.Warn("ignored a message of the manager", "error", err, "bytes", len(raw))
		return
	}
	if f.Category == nil {
		if group, ok := strings.CutPrefix(text(f.Data), confirmed); ok && c.confirm(group) {
			return
		}
	}
	a := addresseeOf(&f)
	to := c.subs.to(a)
	if len(to) == 0 {
		if c.onMessage != nil {
			c.onMessage(ctx, raw)
		}
		return
	}
	d := Delivery{Raw: raw, Group: a.group, Received: c.cfg.clock.Now()}
	for _, s := range to {
		select {
		case s.queue <- d:
		case <-s.gone:
		case <-ctx.Done():
		}
	}
}

// confirm reports whether the group is an iterator's.
func (c *Client) confirm(group string) bool {
	if len(c.subs.to(addressee{group: group})) == 0 {
		return false
	}
	if c.onSubscribed != nil {
		c.onSubscribed(group)
	}
	return true
}

// addressee is to whom a message was delivered.
type addressee struct {
	group string // the text in "subscription"
	// requestFor holds for the groups of a request, which names another.
	requestFor func(love.Group) bool
}

// addresseeOf believes "subscription", with two exceptions that the protocol
// makes: a heartbeat says just "heartbeat" (section 2.7), and a request always
// names the broadest group (2.6).
func addresseeOf(f *wire.Message) addressee {
	a := addressee{group: text(f.Subscription)}
	switch love.Category(text(f.Category)) {
	case love.CategoryHeartbeat:
		if a.group == string(love.CategoryHeartbeat) {
			a.group = love.StreamGroup(love.CategoryHeartbeat, "manager", 0, "stream").String()
		}
	case love.CategoryInitialState:
		csc := ""
		if len(f.Items) > 0 {
			csc = text(f.Items[0].CSC)
		}
		a.requestFor = func(g love.Group) bool {
			return g.Category == love.CategoryInitialState && (g.CSC == csc || g.CSC == love.All)
		}
	}
	return a
}

func text(v []byte) string {
	if !wire.IsText(v) {
		return ""
	}
	return string(wire.Text(v))
}
