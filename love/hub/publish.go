package hub

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// Publish routes a data message of this program, as if a process had sent it.
// Its last values never become stale. A message without streams, which nobody could
// get, and one whose values are not JSON are errors. After [Hub.Shutdown] it returns
// [ErrClosed].
func (h *Hub) Publish(ctx context.Context, m love.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if h.ended.Load() {
		return ErrClosed
	}
	if !slices.ContainsFunc(m.Data, func(it love.Item) bool { return len(it.Streams) > 0 }) {
		return errors.New("hub: a message without streams cannot be published")
	}
	msg, text := new(wire.Message), m.AppendJSON(nil)
	if err := msg.Parse(text); err != nil {
		return err
	}
	h.counters.receive()
	return h.broker.Publish([]Envelope{{
		Kind: EnvelopeData, Payload: text, Received: h.clock.Now(), Source: h.self.id, source: h.self, parsed: msg,
	}})
}

// publish hands a batch to the broker. If the broker fails, publish counts and
// logs the messages as not published.
func (h *Hub) publish(batch []Envelope) {
	if err := h.broker.Publish(batch); err != nil {
		for range batch {
			h.counters.deny(DenyBroker)
		}
		h.unpublished.Failed(h.clock.Now(), err, "count", len(batch))
		return
	}
	if h.unpublished.Failing() {
		h.unpublished.Succeeded(h.clock.Now())
	}
}

// publishOwn publishes a message of the hub itself.
func (h *Hub) publishOwn(now time.Time, m love.Message) {
	h.publish([]Envelope{{Kind: EnvelopeHub, Payload: m.AppendJSON(nil), Received: now, Source: h.self.id, source: h.self}})
}

// UserPublish is what the connection of a user may publish. A process may
// publish anything.
type UserPublish int

const (
	// PublishLoveCSC allows category love_csc to users who may command, as
	// the HTTP route for observing logs does, and everything to users with
	// auth.Publish. It is the default.
	PublishLoveCSC UserPublish = iota
	// PublishNone allows nothing.
	PublishNone
	// PublishAny allows everything, as the Python manager does.
	PublishAny
)

// rule returns the rule that a user who may not publish has broken.
func (u UserPublish) rule() error {
	if u == PublishNone {
		return errNoPublish
	}
	return errPublish
}

func (s *session) mayPublish(c love.Category) bool {
	switch {
	case s.principal.Process || s.hub.userPublish == PublishAny:
		return true
	case s.hub.userPublish == PublishNone:
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	may := func(p auth.Permission) bool { return s.hub.authorizer.Authorize(ctx, s.principal, p) == nil }
	return c == love.CategoryLoveCSC && may(auth.ExecuteCommand) || may(auth.Publish)
}
