package manager_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/hub"
)

// fakeHub records its calls.
type fakeHub struct {
	mu           sync.Mutex
	handshakes   []string
	disconnected []string
	published    []love.Message
}

func (h *fakeHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handshakes = append(h.handshakes, r.URL.RequestURI())
	w.WriteHeader(http.StatusTeapot)
}

func (h *fakeHub) DisconnectToken(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.disconnected = append(h.disconnected, id)
}

func (h *fakeHub) Usernames() []string { return []string{"admin", "user", "cmd_user", "ada"} }

func (h *fakeHub) Disconnect(match func(auth.Principal) bool, _ hub.CloseReason) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range []string{"admin", "user", "cmd_user", "ada"} {
		if match(auth.Principal{User: auth.User{Username: name}}) {
			h.disconnected = append(h.disconnected, "sockets of "+name)
		}
	}
}

func (h *fakeHub) Publish(_ context.Context, m love.Message) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.published = append(h.published, m)
	return nil
}

func (h *fakeHub) events() []love.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.published)
}

func (h *fakeHub) Stats() hub.Stats {
	none := map[string]uint64{}
	return hub.Stats{Sessions: 1, Groups: 1, Dropped: none, Denied: none, Closed: none}
}

func (h *fakeHub) Sessions() []hub.SessionStats {
	return []hub.SessionStats{{ID: "A-7", Principal: "ada", Address: "10.0.0.1", Since: start}}
}

func (h *fakeHub) Subscriptions(session string) ([]string, bool) {
	if session != "A-7" {
		return nil, false
	}
	return []string{"event-ATDome-0-summaryState"}, true
}

func (h *fakeHub) Groups() []hub.GroupStats {
	return []hub.GroupStats{{Group: "event-ATDome-0-summaryState", Members: 1}}
}

func (h *fakeHub) Streams() []love.StreamStats {
	return []love.StreamStats{
		{Category: "event", CSC: "ATDome", SalIndex: "0", Stream: "summaryState", Messages: 2, Last: start, Live: true},
		{Category: "telemetry", CSC: "MTMount", SalIndex: "0", Stream: "azimuth", Messages: 7, Last: start},
	}
}

func (h *fakeHub) disconnects() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.disconnected...)
}

// fakeCommander records its calls and returns what the test sets.
type fakeCommander struct {
	ack   love.Ack
	info  json.RawMessage // the answer to salinfo
	err   error
	hangs bool

	mu         sync.Mutex
	requests   []commander.Call
	categories []string
	logs       []string
}

func (c *fakeCommander) answer(ctx context.Context) (love.Ack, error) {
	if c.hangs {
		<-ctx.Done()
		return love.Ack{}, ctx.Err()
	}
	return c.ack, c.err
}

func (c *fakeCommander) Execute(ctx context.Context, call commander.Call) (love.Ack, error) {
	c.mu.Lock()
	c.requests = append(c.requests, call)
	c.mu.Unlock()
	return c.answer(ctx)
}

func (c *fakeCommander) topics(ctx context.Context, which, categories string) (json.RawMessage, error) {
	c.mu.Lock()
	c.categories = append(c.categories, which+":"+categories)
	c.mu.Unlock()
	_, err := c.answer(ctx)
	return c.info, err
}

func (c *fakeCommander) TopicNames(ctx context.Context, categories string) (json.RawMessage, error) {
	return c.topics(ctx, "names", categories)
}

func (c *fakeCommander) TopicData(ctx context.Context, categories string) (json.RawMessage, error) {
	return c.topics(ctx, "data", categories)
}

func (c *fakeCommander) WriteObservingLog(ctx context.Context, l love.ObservingLog) (love.Ack, error) {
	c.mu.Lock()
	c.logs = append(c.logs, string(l.Posted))
	c.mu.Unlock()
	return c.answer(ctx)
}

func (c *fakeCommander) calls() []commander.Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]commander.Call(nil), c.requests...)
}
