package manager

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"

	"github.com/rubin-love/love-go/love"
)

// ownComponent is the name of the component under which the manager publishes its
// own events, in groups such as event-Hub-0-commands.
const ownComponent = "Hub"

// publishCommand publishes an entry of the record to the group
// event-Hub-0-commands. The event is a list of one object of fields, like any
// other. It leaves out addresses, because everybody who has logged in may subscribe.
func (m *Manager) publishCommand(e love.CommandEntry) {
	duration := love.RawValue("null")
	if e.State.Final() {
		duration = love.AppendFloat(nil, e.Duration.Seconds())
	}
	m.publish("commands",
		textField("id", e.ID), field("timestamp", love.AppendFloat(nil, love.TAI(e.Time)), "Float", "second"),
		textField("user", e.User), textField("identity", e.Identity), textField("manager", e.Manager), textField("approvedBy", e.ApprovedBy),
		textField("csc", e.CSC), intField("salindex", e.SalIndex),
		textField("cmd", e.Command), textField("params", string(e.Params)), textField("state", string(e.State)),
		intField("status", e.Status), intField("code", e.Code),
		textField("result", e.Result), field("duration", duration, "Float", "second"),
	)
}

// publishAuthority publishes who holds authority and what waits for approval to
// the group event-Hub-0-authority. The fields "holds" and "waiting" are JSON in
// a text.
func (m *Manager) publishAuthority() {
	now, err := m.authority()
	if err != nil { // unknown at the moment; the next change is published
		return
	}
	m.publish("authority",
		textField("holds", jsonText(now.Holds)), textField("waiting", jsonText(now.Waiting)),
		field("timestamp", love.AppendFloat(nil, love.TAI(m.config.Clock.Now())), "Float", "second"),
	)
}

// publish publishes an event of the manager. A failure is only logged, because it
// does not change what the event reports.
func (m *Manager) publish(stream string, fields ...[]byte) {
	value := append(append([]byte(`[{`), bytes.Join(fields, []byte(","))...), `}]`...)
	message := love.Message{Category: love.CategoryEvent, Data: []love.Item{{CSC: ownComponent, Streams: []love.Stream{{Name: stream, Value: value}}}}}
	if err := m.config.Hub.Publish(context.Background(), message); err != nil {
		m.config.Logger.Debug("an event of the manager was not published", "stream", stream, "error", err)
	}
}

func textField(name, value string) []byte {
	return field(name, love.AppendText(nil, value), "String", "unitless")
}

func intField(name string, value int) []byte {
	return field(name, strconv.AppendInt(nil, int64(value), 10), "Int", "unitless")
}

// field returns a member of an event, in the form that producers write.
func field(name string, value []byte, dataType, units string) []byte {
	b := append(love.AppendText(nil, name), `:{"value":`...)
	b = append(append(b, value...), `,"dataType":"`...)
	return append(append(append(append(b, dataType...), `","units":"`...), units...), `"}`...)
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // cannot happen: the values were read from JSON
		return "null"
	}
	return string(b)
}
