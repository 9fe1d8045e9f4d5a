package cli

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		code := Run(ctx, append([]string{"loved"}, os.Args[1:]...), os.Environ(), os.Stdin, os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	goleak.VerifyTestMain(m)
}

// childVariable makes the test binary the program.
const childVariable = "LOVE_TEST_LOVED"

// testTimeout bounds every wait of a test.
const testTimeout = 30 * time.Second

// environment is a lookup in a map.
type environment map[string]string

// list returns the environment as os.Environ does.
func (e environment) list() (all []string) {
	for name, value := range e {
		all = append(all, name+"="+value)
	}
	return all
}

func (e environment) lookup(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

// user is a person at a terminal, with a home and an environment of their own.
type user struct {
	t   *testing.T
	env environment
}

func newUser(t *testing.T) *user {
	return &user{t, environment{"HOME": t.TempDir()}}
}

// result is how a command ended.
type result struct {
	code        int
	out, errors string
}

// run runs a command to its end.
func (u *user) run(args ...string) result { return u.runWithInput("", args...) }

// runWithInput runs a command that reads from its input.
func (u *user) runWithInput(input string, args ...string) result {
	ctx, cancel := context.WithTimeout(u.t.Context(), testTimeout)
	defer cancel()
	var out, errors bytes.Buffer
	code := Run(ctx, append([]string{"loved"}, args...), u.env.list(), strings.NewReader(input), &out, &errors)
	return result{code, out.String(), errors.String()}
}

// mustRun runs a command that must succeed, and returns what it printed.
func (u *user) mustRun(input string, args ...string) string {
	u.t.Helper()
	got := u.runWithInput(input, args...)
	require.Zero(u.t, got.code, got.errors)
	return got.out
}

// mustFail runs a command that must fail, and returns the last line of its errors.
func (u *user) mustFail(code int, input string, args ...string) string {
	u.t.Helper()
	got := u.runWithInput(input, args...)
	require.Equal(u.t, code, got.code, got.out+got.errors)
	lines := strings.Split(strings.TrimSpace(got.errors), "\n")
	return lines[len(lines)-1]
}

// cmdCompletions returns what the shell offers for the last argument of `loved cmd`.
func (u *user) cmdCompletions(args ...string) []string {
	return u.completions(append([]string{"cmd"}, args...)...)
}

// completions returns what the shell offers for the last argument of any command.
func (u *user) completions(args ...string) []string {
	r := u.run(append([]string{"__completeNoDesc"}, args...)...)
	require.Equal(u.t, 0, r.code, r.errors)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	require.True(u.t, strings.HasPrefix(lines[len(lines)-1], ":"), r.out)
	return lines[:len(lines)-1]
}

// useDatabase names a database of the user's own that does not exist yet.
func (u *user) useDatabase() (file string) {
	file = filepath.Join(u.env["HOME"], "loved.db")
	u.env["LOVED_DATABASE"] = "sqlite:" + file
	return file
}

// process is a command that runs until it is interrupted.
type process struct {
	t           *testing.T
	out, errors *output
	interrupt   func()
	ended       chan int
}

// start runs a command beside the test, and interrupts it at the end.
func (u *user) start(args ...string) *process {
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{t: u.t, out: newOutput(), errors: newOutput(), interrupt: cancel, ended: make(chan int, 1)}
	go func() {
		p.ended <- Run(ctx, append([]string{"loved"}, args...), u.env.list(), strings.NewReader(""), p.out, p.errors)
		p.out.close()
		p.errors.close()
	}()
	u.t.Cleanup(func() { p.stop() })
	return p
}

// stop interrupts the process and returns its exit status.
func (p *process) stop() int {
	p.interrupt()
	select {
	case code := <-p.ended:
		p.ended <- code
		return code
	case <-time.After(testTimeout):
		require.FailNow(p.t, "the process did not end")
		return -1
	}
}

// waitFor returns when the process has printed something that matches.
func (p *process) waitFor(pattern string) []string {
	p.t.Helper()
	return p.out.waitFor(p.t, pattern)
}

// waitForError is waitFor on standard error.
func (p *process) waitForError(pattern string) []string {
	p.t.Helper()
	return p.errors.waitFor(p.t, pattern)
}

// startManager starts a manager that the user's client commands find, and
// returns it and its URL.
func (u *user) startManager(args ...string) (*process, string) {
	maps.Copy(u.env, environment{
		"PROCESS_CONNECTION_PASS": "a good long one",
		"ADMIN_USER_PASS":         "admin's", "USER_USER_PASS": "user's", "CMD_USER_PASS": "cmd_user's",
		"LOVED_DATABASE": "sqlite:" + filepath.Join(u.env["HOME"], "loved.db"),
	})
	return u.restartManager(args...)
}

// restartManager starts a manager with the environment as it is.
func (u *user) restartManager(args ...string) (*process, string) {
	p := u.start(append([]string{"manager", "--listen", "127.0.0.1:0"}, args...)...)
	url := p.waitFor(`LOVE manager at (\S+)\n`)[1]
	u.env["LOVED_MANAGER"] = url
	return p, url
}

// startCommander starts a commander over a simulated bus, and returns it and
// its URL.
func (u *user) startCommander(args ...string) (*process, string) {
	p := u.start(append([]string{"commander", "--sal", "sim", "--listen", "127.0.0.1:0"}, args...)...)
	return p, p.waitFor(`LOVE commander at (\S+),`)[1]
}

// startDemo starts a demo on a free port and returns when it is ready.
func (u *user) startDemo() *process {
	p := u.start("demo", "--listen", "127.0.0.1:0")
	p.waitFor(`Ctrl-C ends it`)
	return p
}

// subscribe starts `loved sub` and returns when it is subscribed to all groups.
func (u *user) subscribe(args ...string) *process {
	p := u.start(append([]string{"sub", "--log-level", "info"}, args...)...)
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			p.waitForError(`msg=subscribed group=` + arg + `\n`)
		}
	}
	return p
}

// output is an output whose contents can be waited for.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed, and made anew, with every write
	closed  bool
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 0, io.ErrClosedPipe
	}
	close(o.changed)
	o.changed = make(chan struct{})
	return o.text.Write(b)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	close(o.changed)
}

func (o *output) String() string {
	text, _, _ := o.snapshot()
	return text
}

// snapshot returns the text so far, and a channel that is closed when there is more.
func (o *output) snapshot() (text string, more <-chan struct{}, closed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.changed, o.closed
}

func (o *output) waitFor(t *testing.T, pattern string) []string {
	t.Helper()
	wanted := regexp.MustCompile(pattern)
	late := time.After(testTimeout)
	for {
		text, more, closed := o.snapshot()
		if found := wanted.FindStringSubmatch(text); found != nil {
			return found
		}
		require.False(t, closed, "ended without printing %q, but:\n%s", pattern, text)
		select {
		case <-more:
		case <-late:
			require.FailNow(t, "not printed in time", "%q; so far:\n%s", pattern, text)
		}
	}
}

// validateToken returns a manager's answer about a token.
func validateToken(t *testing.T, url, token string) string {
	t.Helper()
	return request(t, "GET", url+"/manager/api/validate-token/no_config/", token, "")
}

// request makes a request to the API and returns the body of the answer.
func request(t *testing.T, method, url, token, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Token "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	http.DefaultClient.CloseIdleConnections()
	return string(answer)
}
