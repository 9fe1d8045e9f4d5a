package producer

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

// selection is the choice of a component's topics that are served, and how
// (docs/protocol/producer.md#topics). The zero value serves all.
type selection struct {
	chosen                 bool
	periodic, asynchronous []string // attribute names, when chosen
}

// servedTopics holds the topics of one component by the way they are served.
type servedTopics struct {
	periodic, asynchronous []*sal.Topic
	heartbeat              bool     // watched, never forwarded
	unknown                []string // chosen names that are not topics of the component
}

func (s selection) of(c *sal.Component) (out servedTopics) {
	for _, t := range c.Topics {
		attr := t.Attr()
		periodic, asynchronous := t.Kind == sal.Telemetry, t.Kind == sal.Event
		if s.chosen {
			asynchronous = slices.Contains(s.asynchronous, attr)
			periodic = !asynchronous && slices.Contains(s.periodic, attr)
		}
		switch {
		case t.Kind != sal.Event && t.Kind != sal.Telemetry:
		case attr == heartbeatTopic:
			out.heartbeat = periodic || asynchronous
		case asynchronous:
			out.asynchronous = append(out.asynchronous, t)
		case periodic:
			out.periodic = append(out.periodic, t)
		}
	}
	for _, attr := range slices.Concat(s.periodic, s.asynchronous) {
		if t, ok := c.Topic(attr); !ok || t.Kind != sal.Event && t.Kind != sal.Telemetry {
			out.unknown = append(out.unknown, attr)
		}
	}
	return out
}

// remoteOptions returns options that keep a remote from reading topics that are
// not served.
func (s selection) remoteOptions(c *sal.Component) []sal.RemoteOption {
	if !s.chosen {
		return nil
	}
	var names []string
	for _, attr := range slices.Concat(s.periodic, s.asynchronous) {
		if t, ok := c.Topic(attr); ok {
			names = append(names, t.Name)
		}
	}
	return []sal.RemoteOption{sal.WithTopics(names...)}
}
