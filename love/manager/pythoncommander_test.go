package manager_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// pythonCommander is a server that answers like the Python commander
// (docs/protocol/commander.md), unless a test sets another answer, and records
// the requests.
type pythonCommander struct {
	*httptest.Server
	answer http.HandlerFunc // nil: that of the Python commander

	mu       sync.Mutex
	requests []relayedRequest
}

// relayedRequest is a request as it came over the wire.
type relayedRequest struct {
	line   string // method and URI
	header http.Header
	body   string
}

func newPythonCommander(t *testing.T) *pythonCommander {
	c := &pythonCommander{}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *pythonCommander) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	c.requests = append(c.requests, relayedRequest{r.Method + " " + r.RequestURI, r.Header, string(body)})
	answer := c.answer
	c.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.Method + " " + r.URL.Path {
	case "POST /cmd", "GET /heartbeat":
		w.Header().Set("Location", r.URL.Path+"/")
		w.WriteHeader(http.StatusPermanentRedirect)
	case "POST /cmd/":
		_, _ = io.WriteString(w, `{"ack": "Done"}`)
	case "GET /heartbeat/":
		_, _ = io.WriteString(w, `{"timestamp": 1690852639.85}`)
	case "POST /lovecsc/observinglog":
		_, _ = io.WriteString(w, `{"ack": "Added new observing log to SAL"}`)
	case "GET /salinfo/topic-names":
		_, _ = io.WriteString(w, `{"Watcher": {"event_names": ["alarm"]}}`)
	case "GET /salinfo/topic-data":
		_, _ = io.WriteString(w, `{"Watcher": {"event_data": {"alarm": {"x": {"name": "x", "description": null, "units": "deg", "type_name": "double", "count": 1}}}}}`)
	default:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<!doctype html>\n<title>404 Not Found</title>")
	}
}

// answerWith sets the answer to all further requests.
func (c *pythonCommander) answerWith(status int, body string) {
	c.handleWith(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func (c *pythonCommander) handleWith(answer http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = answer
}

// onlyRequest returns the only request since the last call.
func (c *pythonCommander) onlyRequest(t *testing.T) relayedRequest {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.Len(t, c.requests, 1)
	last := c.requests[0]
	c.requests = nil
	return last
}
