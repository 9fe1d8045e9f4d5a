package manager

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Dependency is something that the manager needs, such as a database.
type Dependency struct {
	Name string
	// Check returns nil, or an error with what is wrong, for an operator.
	Check func(context.Context) error
	// Required means that the manager is not ready for traffic without it.
	Required bool
}

// checkTimeout limits /readyz, which is requested every few seconds.
const checkTimeout = 2 * time.Second

func healthz(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok\n") }

// readyz answers 200 if every required dependency works, otherwise 503, with one
// line per dependency.
func (m *Manager) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	status, verdict := http.StatusOK, "ready"
	var lines strings.Builder
	for _, d := range m.config.Dependencies {
		err := d.Check(ctx)
		if err == nil {
			fmt.Fprintf(&lines, "%s: ok\n", d.Name)
			continue
		}
		fmt.Fprintf(&lines, "%s: %v\n", d.Name, err)
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
