package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// Component is the definition of a component of the observatory. Its topics have names
// without prefixes: "moveAzimuth", "summaryState".
type Component struct {
	Indexed   bool             `json:"indexed"` // there are several instances, distinguished by their index
	Commands  map[string]Topic `json:"commands,omitempty"`
	Events    map[string]Topic `json:"events,omitempty"`
	Telemetry map[string]Topic `json:"telemetry,omitempty"`
}

// Topic is the definition of a command, an event or telemetry.
type Topic struct {
	// Fields are in the order of the definition, without salIndex and the private ones.
	Fields []Field `json:"fields"`
}

// Field returns the field with this name.
func (t Topic) Field(name string) (f Field, ok bool) {
	for _, f := range t.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return f, false
}

// Field is the definition of a field.
type Field struct {
	Name        string `json:"name"`
	Type        string `json:"type_name"` // as the definition spells it: "double", "string"
	Count       int    `json:"count"`     // of elements; above 1 the value is a list
	Units       string `json:"units"`     // "unitless" if it has none
	Description string `json:"description"`
	// Choices names the numbers that the field may have. It is empty for most fields,
	// and with a commander that does not report names, like the Python one.
	Choices []Choice `json:"choices,omitempty"`
}

// Choice is a number that a field may have, and its name.
type Choice struct {
	Name   string `json:"name"`
	Number int64  `json:"number"`
}

// TopicKind is a kind of topic that [Client.Components] can be limited to.
type TopicKind string

// The kinds of topics.
const (
	EventTopics     TopicKind = "event"
	TelemetryTopics TopicKind = "telemetry"
	CommandTopics   TopicKind = "command"
)

// Components returns the components of the observatory by name, with their topics of
// the kinds, all if none are given. Which components run is not part of that: see
// [Client.Streams]. A manager whose commander knows no definitions, or that has no
// commander, answers an [HTTPError] with status 404, 501 or 503.
func (c *Client) Components(ctx context.Context, kinds ...TopicKind) (map[string]Component, error) {
	var query url.Values
	if len(kinds) > 0 {
		words := make([]string, len(kinds))
		for i, k := range kinds {
			words[i] = string(k)
		}
		query = url.Values{"categories": {strings.Join(words, "-")}}
	}
	var data map[string]topicData
	if err := c.get(ctx, "/salinfo/topic-data", query, &data); err != nil {
		return nil, err
	}
	all := make(map[string]Component, len(data))
	for csc, d := range data {
		var component Component
		component.Commands = component.topics(d.Commands)
		component.Events = component.topics(d.Events)
		component.Telemetry = component.topics(d.Telemetry)
		all[csc] = component
	}
	return all, nil
}

// topicData is a component in the manager's answer.
type topicData struct {
	Commands  map[string]orderedFields `json:"command_data"`
	Events    map[string]orderedFields `json:"event_data"`
	Telemetry map[string]orderedFields `json:"telemetry_data"`
}

// topics takes salIndex from the fields of topics: it is given with the component.
func (c *Component) topics(data map[string]orderedFields) map[string]Topic {
	if data == nil {
		return nil
	}
	topics := make(map[string]Topic, len(data))
	for name, fields := range data {
		t := Topic{Fields: []Field{}}
		for _, f := range fields {
			if f.Name == "salIndex" {
				c.Indexed = true
			} else {
				t.Fields = append(t.Fields, f)
			}
		}
		topics[name] = t
	}
	return topics
}

// orderedFields are the members of a JSON object by field name, in their order.
type orderedFields []Field

func (o *orderedFields) UnmarshalJSON(object []byte) error {
	if len(object) == 0 || object[0] != '{' {
		return errors.New("the fields of a topic are not an object")
	}
	for name, value := range wire.Members(object) {
		var f Field
		if err := json.Unmarshal(value, &f); err != nil {
			return fmt.Errorf("field %s: %w", name, err)
		}
		f.Name = name
		*o = append(*o, f)
	}
	return nil
}

// Streams returns what was published to the manager since it started, of one component
// or, if csc is empty, of all, ordered by category, csc, salindex and stream. A manager
// that does not report this, like the Python one, answers an [HTTPError] with status 404.
func (c *Client) Streams(ctx context.Context, csc string) ([]love.StreamStats, error) {
	var query url.Values
	if csc != "" {
		query = url.Values{"csc": {csc}}
	}
	var answer struct {
		Streams []love.StreamStats `json:"streams"`
	}
	err := c.get(ctx, "/streams/", query, &answer)
	return answer.Streams, err
}
