package manager_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// pythonCommander is a server that answers as the Python commander does
// (docs/protocol/commander.md), unless a test gives it another answer, and keeps
// what it is asked.
type pythonCommander struct {
	*httptest.Server
	answer http.HandlerFunc // nil: its own

	mu    sync.Mutex
	asked []relayed
}

// relayed is a request as it came over the wire.
type relayed struct {
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
	c.asked = append(c.asked, relayed{r.Method + " " + r.RequestURI, r.Header, string(body)})
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

// answers sets what is answered from now on.
func (c *pythonCommander) answers(status int, body string) {
	c.does(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func (c *pythonCommander) does(answer http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = answer
}

// only is the one request since the last time.
func (c *pythonCommander) only(t *testing.T) relayed {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.Len(t, c.asked, 1)
	last := c.asked[0]
	c.asked = nil
	return last
}
