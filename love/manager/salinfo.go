package manager

import (
	"context"

	"github.com/rubin-love/love-go/love/commander"
)

// topicNames and topicData relay what topics there are (manager protocol,
// section 4.7).
func (m *Manager) topicNames(c *call) (answer, error) {
	if m.Informer == nil {
		return answer{}, errNoCommander
	}
	return m.relayTopics(c, m.Informer.TopicNames)
}

func (m *Manager) topicData(c *call) (answer, error) {
	if m.Informer == nil {
		return answer{}, errNoCommander
	}
	return m.relayTopics(c, m.Informer.TopicData)
}

// relayTopics passes on the categories and nothing else of the query.
func (m *Manager) relayTopics(c *call, ask func(context.Context, string) (commander.Reply, error)) (answer, error) {
	categories := c.URL.Query().Get("categories")
	return m.relay(c, func(ctx context.Context) (commander.Reply, error) { return ask(ctx, categories) })
}

// MetadataInformer tells the versions of the components' interfaces:
// {"<csc>": {"sal_version", "xml_version"}} (manager protocol, section 11).
type MetadataInformer interface {
	Metadata(ctx context.Context) (commander.Reply, error)
}

// metadata relays to what most commanders do not have any more (quirk 37).
func (m *Manager) metadata(c *call) (answer, error) {
	if m.Informer == nil {
		return answer{}, errNoCommander
	}
	from, ok := m.Informer.(MetadataInformer)
	if !ok {
		return answer{}, errNotFound
	}
	return m.relay(c, from.Metadata)
}
