package clienttest_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node returns the program, or skips the test.
func node(t *testing.T) string {
	t.Helper()
	program := os.Getenv("LOVE_TEST_NODE")
	if program == "" {
		program, _ = exec.LookPath("node") // not there: empty
	}
	if program == "" {
		t.Skip("Node 20 or later is needed: name the program in LOVE_TEST_NODE")
	}
	return program
}

func TestLoveClient(t *testing.T) {
	program := node(t)
	dir := filepath.Join(t.TempDir(), "archive")
	m := lovetest.NewManager(t, lovetest.WithConfig(func(c *server.Config) { c.Archive = archive.Config{Dir: dir} }))
	m.Commander.Answer = func(ctx context.Context, call commander.Call) (love.Ack, error) {
		commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Result: "half way"})
		return love.Ack{Text: love.Done, Code: love.AckComplete}, nil
	}
	link := newLink(t, m.URL)
	work := make(chan func())
	control := httptest.NewServer(controls(m, link, work))
	t.Cleanup(control.Close)

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	tests, err := filepath.Glob("*.test.mjs")
	require.NoError(t, err)
	cmd := exec.CommandContext(ctx, program, append([]string{"--experimental-websocket", "--test", "--test-concurrency=1"}, tests...)...)
	cmd.Env = append(os.Environ(), "LOVE_MANAGER="+m.URL, "LOVE_LINK="+link.url, "LOVE_CONTROL="+control.URL, "NODE_NO_WARNINGS=1")
	var out []byte
	ended := make(chan error, 1)
	go func() {
		var err error
		out, err = cmd.CombinedOutput()
		ended <- err
	}()
	for {
		select {
		case f := <-work:
			f()
		case err := <-ended:
			require.NoError(t, err, "%s", out)
			t.Logf("%s", out)
			return
		}
	}
}

func TestTheExampleOfTheDocumentRuns(t *testing.T) {
	program := node(t)
	m := lovetest.NewManager(t)
	text, err := os.ReadFile("../../../docs/javascript.md")
	require.NoError(t, err)
	_, example, found := strings.Cut(string(text), "```js\n")
	require.True(t, found)
	example, _, _ = strings.Cut(example, "```")
	module, err := filepath.Abs("../page/love-client.js")
	require.NoError(t, err)
	example = strings.NewReplacer(
		"https://love.example/page/love-client.js", "file://"+module, "https://love.example", m.URL, "'ana', 'secret'", "'cmd_user', 'cmd_user'",
	).Replace(example)
	file := filepath.Join(t.TempDir(), "example.mjs")
	require.NoError(t, os.WriteFile(file, []byte(example), 0o644))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "--experimental-websocket", file)
	cmd.Env = append(os.Environ(), "NODE_NO_WARNINGS=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Regexp(t, `(?s)Done.*\{ streams: \[\] \}`, string(out))
	require.Equal(t, "cmd_moveAzimuth", m.Commander.Calls()[0].Name)
}

// controls is what the tests in JavaScript have the manager do. It gives the work to the
// goroutine of the test, to which the manager belongs.
func controls(m *lovetest.Manager, l *link, work chan<- func()) http.Handler {
	mux := http.NewServeMux()
	do := func(path string, f func(body []byte) error) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err == nil {
				result := make(chan error, 1)
				select {
				case work <- func() { result <- f(body) }:
					err = <-result
				case <-r.Context().Done():
					return
				}
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
			}
		})
	}
	do("/kill", func([]byte) error { m.Kill(); return nil })
	do("/start", func([]byte) error { m.Start(); return nil })
	do("/hold", func([]byte) error { l.hold(); return nil })
	do("/release", func([]byte) error { l.release(); return nil })
	do("/publish", func(body []byte) error {
		msg, err := love.ParseMessage(body)
		if err == nil {
			m.Publish(msg)
		}
		return err
	})
	return mux
}

// link passes connections to the manager on, and can hold everything still, as a manager does
// that hangs, or a network.
type link struct {
	url string

	mu   sync.Mutex
	held chan struct{} // closed at the release; nil: not held
}

func newLink(t *testing.T, manager string) *link {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &link{url: "http://" + ln.Addr().String()}
	var running sync.WaitGroup
	ended := make(chan struct{})
	running.Go(func() {
		for {
			from, err := ln.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", manager[len("http://"):])
			if err != nil {
				_ = from.Close()
				continue
			}
			for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
				running.Go(func() { l.pass(pair[0], pair[1], ended) })
			}
		}
	})
	t.Cleanup(func() {
		close(ended)
		l.release()
		_ = ln.Close()
		running.Wait()
	})
	return l
}

// pass copies until either end closes.
func (l *link) pass(from, to net.Conn, ended <-chan struct{}) {
	defer to.Close()
	defer from.Close()
	go func() {
		<-ended
		_ = from.Close()
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if held := l.holding(); held != nil {
			<-held
		}
		if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

func (l *link) holding() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

func (l *link) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = make(chan struct{})
	}
}

func (l *link) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held != nil {
		close(l.held)
		l.held = nil
	}
}
