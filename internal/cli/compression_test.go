package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/websocket"
)

// relay passes connections on to an address, and counts the bytes.
type relay struct {
	url      string // ws://, of the manager's websocket through the relay
	up, down atomic.Int64
}

func newRelay(t *testing.T, manager string) *relay {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{url: "ws://" + ln.Addr().String() + "/manager/ws/subscription?password=a+good+long+one"}
	var open sync.WaitGroup
	pass := func(to, from net.Conn, count *atomic.Int64) {
		defer to.Close()
		_, _ = io.Copy(io.MultiWriter(to, writerFunc(func(p []byte) { count.Add(int64(len(p))) })), from)
	}
	open.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", strings.TrimPrefix(manager, "http://"))
			if err != nil {
				_ = client.Close()
				continue
			}
			open.Go(func() { pass(server, client, &r.up) })
			open.Go(func() { pass(client, server, &r.down) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		open.Wait()
	})
	return r
}

// writerFunc is a writer that looks at what is written.
type writerFunc func(p []byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}

// echo is what a client of another make does: it subscribes to the group and publishes
// messages to it, which it gets back.
type echo struct {
	Subscribe string   `json:"subscribe"`
	Messages  []string `json:"messages"`
}

// echoed is what it has seen.
type echoed struct {
	Extensions string   `json:"extensions"` // that were agreed on
	Got        []string `json:"got"`
}

func newEcho() (e echo, bytes int) {
	e.Subscribe = `{"option":"subscribe","category":"event","csc":"A","salindex":1,"stream":"s"}`
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 100, 1000} { // from a small message to one larger than any window
		var values []string
		for range n {
			values = append(values, fmt.Sprintf(`{"value":%g,"dataType":"Float","units":"\u03bcm Ω"}`, random.NormFloat64()))
		}
		e.Messages = append(e.Messages, `{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":[`+strings.Join(values, ",")+`]}}]}`)
		bytes += len(e.Messages[len(e.Messages)-1])
	}
	return e, bytes
}

// check checks that a client got its messages, and that they were compressed on both ways.
func (e echo) check(t *testing.T, got echoed, extensions string, r *relay, bytes int) {
	t.Helper()
	require.Contains(t, got.Extensions, extensions)
	require.Len(t, got.Got, len(e.Messages))
	for i, sent := range e.Messages {
		_, data, _ := strings.Cut(sent, `"s":`)
		require.Contains(t, got.Got[i], strings.TrimSuffix(data, "}}]}"))
	}
	require.Less(t, r.up.Load(), int64(bytes)*6/10, "of %d bytes before they were compressed", bytes)
	require.Less(t, r.down.Load(), int64(bytes)*6/10)
}

// echoInPython plays an echo with the library websockets, with its own settings or for
// little memory. It sends each message in two fragments, with a ping between two messages.
const echoInPython = `
import json, sys
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.sync.client import connect
echo = json.load(sys.stdin)
extensions = None
if len(sys.argv) > 2:
    bits = int(sys.argv[2])
    extensions = [ClientPerMessageDeflateFactory(server_max_window_bits=bits, client_max_window_bits=bits)]
with connect(sys.argv[1], max_size=None, extensions=extensions) as ws:
    ws.send(echo["subscribe"])
    ws.recv()
    got = []
    for message in echo["messages"]:
        ws.send([message[:200], message[200:]])
        got.append(ws.recv())
        assert ws.ping().wait(10)
    print(json.dumps({"extensions": " ".join(map(repr, ws.protocol.extensions)), "got": got}))
`

func TestAPythonClientTalksCompressed(t *testing.T) {
	program := os.Getenv("LOVE_TEST_PYTHON")
	if program == "" {
		program = "python3"
	}
	if err := exec.Command(program, "-c", "import websockets.sync.client").Run(); err != nil {
		t.Skipf("%s with the package websockets is needed (pip install websockets; LOVE_TEST_PYTHON names another python3): %v", program, err)
	}
	_, manager := newUser(t).startManager()
	for name, c := range map[string]struct {
		args       []string
		extensions string
	}{
		"as it is":          {nil, "remote_no_context_takeover=True, local_no_context_takeover=True, remote_max_window_bits=15"},
		"for little memory": {[]string{"11"}, "remote_max_window_bits=9"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelay(t, manager)
			e, size := newEcho()
			input, err := json.Marshal(e)
			require.NoError(t, err)
			cmd := exec.CommandContext(t.Context(), program, append([]string{"-c", echoInPython, r.url}, c.args...)...)
			cmd.Stdin, cmd.Stderr = bytes.NewReader(input), os.Stderr
			output, err := cmd.Output()
			require.NoError(t, err)
			var got echoed
			require.NoError(t, json.Unmarshal(output, &got))
			e.check(t, got, c.extensions, r, size)
		})
	}
}

// echoInBrowser is a page that plays an echo and posts what it has seen.
const echoInBrowser = `<!doctype html><script>
const report = (path, data) => fetch(path, {method: "POST", body: JSON.stringify(data)});
fetch("/echo").then(r => r.json()).then(echo => {
  const ws = new WebSocket(echo.url), got = [];
  ws.onopen = () => ws.send(echo.subscribe);
  ws.onerror = () => report("/failed", "the websocket failed");
  ws.onclose = e => report("/failed", "closed with " + e.code + " " + e.reason);
  ws.onmessage = e => {
    if (!e.data.startsWith('{"data":')) got.push(e.data);
    if (got.length < echo.messages.length) ws.send(echo.messages[got.length]);
    else report("/done", {extensions: ws.extensions, got});
  };
}).catch(e => report("/failed", String(e)));
</script>`

func TestAChromiumTalksCompressed(t *testing.T) {
	chromium := os.Getenv("LOVE_TEST_CHROMIUM")
	if chromium == "" {
		t.Skip("Chromium is needed: name the program in LOVE_TEST_CHROMIUM")
	}
	_, manager := newUser(t).startManager()
	r := newRelay(t, manager)
	e, size := newEcho()
	done, failed := make(chan echoed, 1), make(chan string, 10)
	pages := http.NewServeMux()
	pages.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, echoInBrowser)
	})
	pages.HandleFunc("GET /echo", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(struct {
			echo
			URL string `json:"url"`
		}{e, r.url})
	})
	pages.HandleFunc("POST /done", func(_ http.ResponseWriter, req *http.Request) {
		var got echoed
		if err := json.NewDecoder(req.Body).Decode(&got); err != nil {
			failed <- err.Error()
			return
		}
		done <- got
	})
	pages.HandleFunc("POST /failed", func(_ http.ResponseWriter, req *http.Request) {
		text, _ := io.ReadAll(req.Body)
		failed <- string(text)
	})
	server := httptest.NewServer(pages)
	defer server.Close()

	// Not t.TempDir, which fails while a helper of Chromium still writes there.
	profile, err := os.MkdirTemp("", "chromium")
	require.NoError(t, err)
	defer os.RemoveAll(profile)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--user-data-dir="+profile, server.URL)
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(os.Interrupt) }, 10*time.Second
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() {
		cancel()
		<-ended
	}()
	select {
	case got := <-done:
		e.check(t, got, "permessage-deflate", r, size)
	case text := <-failed:
		t.Fatal(text)
	case err := <-ended:
		ended <- err
		t.Fatalf("Chromium has ended: %v\n%s", err, &output)
	}
}

func TestCompressionCanBeSwitchedOff(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		env  string
		on   bool
	}{
		"by default":         {nil, "", true},
		"with the flag":      {[]string{"--compression", "off"}, "", false},
		"in the environment": {nil, "off", false},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t)
			if c.env != "" {
				u.env["LOVED_COMPRESSION"] = c.env
			}
			_, manager := u.startManager(c.args...)
			d := websocket.Dialer{Timeout: testTimeout, Deflate: true}
			conn, _, err := d.Dial(t.Context(), newRelay(t, manager).url)
			if !c.on {
				require.ErrorContains(t, err, "the server does not compress")
				return
			}
			require.NoError(t, err)
			require.NoError(t, conn.Close())
		})
	}
}
