package cli

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// environment is a lookup in a map.
type environment map[string]string

func (e environment) lookup(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

// user is somebody at a terminal, with a home and an environment of their own.
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

// types runs a command to its end.
func (u *user) types(args ...string) result { return u.answers("", args...) }

// answers runs a command that reads from its input.
func (u *user) answers(input string, args ...string) result {
	ctx, cancel := context.WithTimeout(u.t.Context(), patience)
	defer cancel()
	var out, errors bytes.Buffer
	code := Run(ctx, append([]string{"loved"}, args...), u.env.lookup, strings.NewReader(input), &out, &errors)
	return result{code, out.String(), errors.String()}
}

// process is a command that runs until it is interrupted.
type process struct {
	t           *testing.T
	out, errors *output
	interrupt   func()
	ended       chan int
}

// starts runs a command beside the test, which interrupts it if nobody has.
func (u *user) starts(args ...string) *process {
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{t: u.t, out: newOutput(), errors: newOutput(), interrupt: cancel, ended: make(chan int, 1)}
	go func() {
		p.ended <- Run(ctx, append([]string{"loved"}, args...), u.env.lookup, strings.NewReader(""), p.out, p.errors)
		p.out.close()
		p.errors.close()
	}()
	u.t.Cleanup(func() { p.stops() })
	return p
}

// stops interrupts the process and returns its exit status.
func (p *process) stops() int {
	p.interrupt()
	select {
	case code := <-p.ended:
		p.ended <- code
		return code
	case <-time.After(patience):
		require.FailNow(p.t, "the process did not end")
		return -1
	}
}

// says waits until the process has printed something that matches.
func (p *process) says(pattern string) []string {
	p.t.Helper()
	return p.out.await(p.t, pattern)
}

// reports waits for it on standard error.
func (p *process) reports(pattern string) []string {
	p.t.Helper()
	return p.errors.await(p.t, pattern)
}

// output is an output that can be waited for.
type output struct {
	mu     sync.Mutex
	text   bytes.Buffer
	grown  chan struct{} // closed, and made anew, with every write
	closed bool
}

func newOutput() *output { return &output{grown: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 0, io.ErrClosedPipe
	}
	close(o.grown)
	o.grown = make(chan struct{})
	return o.text.Write(b)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	close(o.grown)
}

// now is the text so far, and what is closed when there is more.
func (o *output) now() (text string, more <-chan struct{}, closed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.grown, o.closed
}

func (o *output) await(t *testing.T, pattern string) []string {
	t.Helper()
	wanted := regexp.MustCompile(pattern)
	late := time.After(patience)
	for {
		text, more, closed := o.now()
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
