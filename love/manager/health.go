package manager

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/mask"
)

// Dependency is something that the manager needs, such as a database.
type Dependency struct {
	Name string
	// Check returns nil, or an error with what is wrong, for an operator. It may be
	// called from several goroutines at once, and must end with its context.
	Check func(context.Context) error
	// Required means that the manager is not ready for traffic without it.
	Required bool
}

// check calls Check. A bug in it is an error, as in any request.
func (d Dependency) check(ctx context.Context) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the check panicked: %v", cause)
		}
	}()
	return d.Check(ctx)
}

// checkTimeout limits /readyz, which is requested every few seconds.
const checkTimeout = 2 * time.Second

func healthz(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok\n") }

// DependencyState is whether a [Dependency] works.
type DependencyState struct {
	Name     string
	Required bool
	Err      error // what is wrong; nil if it works
}

// Dependencies checks everything that the manager needs, for two seconds at most. All are
// checked at the same time, so that one that hangs takes no time from the others.
func (m *Manager) Dependencies(ctx context.Context) []DependencyState {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	states := make([]DependencyState, len(m.config.Dependencies))
	var checking sync.WaitGroup
	for i, d := range m.config.Dependencies {
		checking.Go(func() { states[i] = DependencyState{d.Name, d.Required, d.check(ctx)} })
	}
	checking.Wait()
	return states
}

// End makes /readyz answer that the manager is not ready, because it is going to end.
// Everything else goes on.
func (m *Manager) End() { m.ending.Store(true) }

// readyz answers 200 if every required dependency works, otherwise 503, with one
// line per dependency. "ready, degraded" means that one that is not required fails.
func (m *Manager) readyz(w http.ResponseWriter, r *http.Request) {
	status, verdict := http.StatusOK, "ready"
	var lines strings.Builder
	if m.ending.Load() {
		status, verdict = http.StatusServiceUnavailable, "not ready"
		lines.WriteString("manager: shutting down\n")
	}
	for _, d := range m.Dependencies(r.Context()) {
		if d.Err == nil {
			fmt.Fprintf(&lines, "%s: ok\n", d.Name)
			continue
		}
		reason := strings.Join(strings.Fields(d.Err.Error()), " ") // one line for each, whatever its error has
		fmt.Fprintf(&lines, "%s: %s\n", d.Name, mask.Text(reason)) // it can be read without a log-in
		if status == http.StatusOK {
			verdict = "ready, degraded"
		}
		if d.Required {
			status, verdict = http.StatusServiceUnavailable, "not ready"
		}
	}
	writeText(w, status, verdict+"\n"+lines.String())
}

func writeText(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprint(w, text)
}
