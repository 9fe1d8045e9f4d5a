package manager

import (
	"context"
	"net/http"

	"github.com/rubin-love/love-go/love/commander"
)

// topicNames and topicData relay the list of topics (manager protocol, section
// 4.7).
func (m *Manager) topicNames(c *call) (answer, error) {
	if m.config.Informer == nil {
		return answer{}, errNoCommander
	}
	return m.relayTopics(c, m.config.Informer.TopicNames)
}

func (m *Manager) topicData(c *call) (answer, error) {
	if m.config.Informer == nil {
		return answer{}, errNoCommander
	}
	return m.relayTopics(c, m.config.Informer.TopicData)
}

// relayTopics passes on only the categories of the query. The answer is long and
// seldom changes, so it has an ETag and is compressed once.
func (m *Manager) relayTopics(c *call, from func(context.Context, string) (commander.Reply, error)) (answer, error) {
	categories := c.URL.Query().Get("categories")
	reply, err := m.ask(c, func(ctx context.Context) (commander.Reply, error) { return from(ctx, categories) })
	key := c.URL.Path + "?" + categories
	if err == nil && !m.topics.Has(key, reply.Body) {
		reply, err = reply.Strict()
	}
	if err != nil {
		err = commander.NoReply(err, "")
	}
	if err != nil || reply.Status != http.StatusOK {
		return m.passOn(c, reply, err)
	}
	c.writer.Header().Set("Cache-Control", "private, no-cache") // the browser asks each time, and may be told 304
	if err := m.topics.Serve(c.writer, c.Request, key, reply.Body); err != nil {
		m.config.Logger.Debug("answer not delivered", "status", reply.Status, "error", err)
	}
	return answer{sent: true}, nil
}

// MetadataInformer gives the versions of the components' interfaces:
// {"<csc>": {"sal_version", "xml_version"}} (manager protocol, section 11).
type MetadataInformer interface {
	Metadata(ctx context.Context) (commander.Reply, error)
}

// metadata relays a request that most commanders no longer know (quirk 37).
func (m *Manager) metadata(c *call) (answer, error) {
	if m.config.Informer == nil {
		return answer{}, errNoCommander
	}
	from, ok := m.config.Informer.(MetadataInformer)
	if !ok {
		return answer{}, errNotFound
	}
	return m.relay(c, "", from.Metadata)
}
