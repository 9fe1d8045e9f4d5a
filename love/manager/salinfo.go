package manager

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// topicNames and topicData relay the list of topics
// (docs/protocol/manager.md#sal-information).
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
// rarely changes, so it has an ETag and is compressed once.
func (m *Manager) relayTopics(c *call, from func(context.Context, string) (json.RawMessage, error)) (answer, error) {
	q, err := c.queryOnce("categories")
	if err != nil {
		return answer{}, err
	}
	categories := q.Get("categories")
	body, err := ask(m, c, "", func(ctx context.Context) (json.RawMessage, error) { return from(ctx, categories) })
	key := c.URL.Path + "?" + categories
	if err == nil && !m.topics.Has(key, body) {
		body, err = commanderhttp.StrictBody(body)
	}
	if err != nil {
		return answerOf(m.responseOf(c, love.Ack{}, err, nil)), nil
	}
	c.writer.Header().Set("Cache-Control", "private, no-cache") // the browser must ask each time, and may get a 304
	if err := m.topics.Serve(c.writer, c.Request, key, body); err != nil {
		m.config.Logger.Debug("answer not delivered", "status", http.StatusOK, "error", err)
	}
	return answer{Sent: true}, nil
}

// MetadataInformer returns the versions of the components' interfaces: {"<csc>":
// {"sal_version", "xml_version"}} (docs/protocol/commander.md#sal-information).
type MetadataInformer interface {
	Metadata(ctx context.Context) (json.RawMessage, error)
}

// metadata relays a request that most commanders no longer know
// (docs/protocol/manager.md#sal-information).
func (m *Manager) metadata(c *call) (answer, error) {
	if m.config.Informer == nil {
		return answer{}, errNoCommander
	}
	from, ok := m.config.Informer.(MetadataInformer)
	if !ok {
		return answer{}, errNotFound
	}
	body, err := ask(m, c, "", from.Metadata)
	if err == nil {
		body, err = commanderhttp.StrictBody(body)
	}
	if err != nil {
		return answerOf(m.responseOf(c, love.Ack{}, err, nil)), nil
	}
	return answerOf(commanderhttp.Response{Status: http.StatusOK, Body: body}), nil
}
