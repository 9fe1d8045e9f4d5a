package dashboard

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"
)

// Info is what the page tells about the program that serves it. The zero value describes
// a bare manager.
type Info struct {
	// Version is that of the program. Default: not shown.
	Version string
	// Started is when the process started. Default: not shown.
	Started time.Time
	// Runs describes the parts of this process for people, one line each.
	// Default: the manager alone.
	Runs []string
	// URLPrefix is the path before /manager, such as "/love". Default: none.
	URLPrefix string
	// Program is the name of the command line tool in the examples. Default:
	// "loved".
	Program string
	// Examples are commands to try, without the program's name. Default: one
	// that subscribes and one that commands.
	Examples []string
}

// policy lets the page load its own files, and talk to the manager that it came from. It
// has no inline script and no inline style.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'"

// below is the part of a path that the files of the page come after.
const below = "/page/"

// New returns the handler of the page. It answers paths that end in "/page/" and the name of
// a file with that file, and every other path, "/page/" too, with the page itself, so it is to be
// registered at "/page/" and, unless something else is shown there, at "/", both below the URL
// prefix. It should get only GET and HEAD requests, and it does not matter whether the prefix
// has been taken off their paths.
//
// The page is for browsers that can reach /manager at the same host. Everything but its
// files comes from there, to users who have logged in; what Info says is shown to everybody.
func New(info Info) http.Handler {
	if len(info.Runs) == 0 {
		info.Runs = []string{"the manager: websocket hub, log-in and commands"}
	}
	if info.Program == "" {
		info.Program = "loved"
	}
	if len(info.Examples) == 0 {
		info.Examples = []string{
			"sub telemetry-all-all-all",
			"cmd ATDome moveAzimuth azimuth=90",
		}
	}
	return &page{info: newFile("info.json", infoJSON(info))}
}

// infoJSON returns what page/views/about.js reads.
func infoJSON(info Info) []byte {
	var started *string
	if !info.Started.IsZero() {
		text := info.Started.UTC().Format(time.RFC3339)
		started = &text
	}
	text, err := json.Marshal(map[string]any{
		"version": info.Version, "started": started, "runs": info.Runs, "program": info.Program, "examples": info.Examples,
		"monitored": info.URLPrefix == "", // then /healthz is beside the page
	})
	if err != nil {
		panic(err) // texts alone cannot fail
	}
	return text
}

type page struct{ info *file }

// ServeHTTP implements http.Handler.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	all := site()
	at := strings.LastIndex(r.URL.Path, below)
	if at < 0 {
		all.index.serve(w, r, ask)
		return
	}
	name := r.URL.Path[at+len(below):]
	switch name {
	case "":
		all.inner.serve(w, r, ask)
		return
	case "info.json":
		p.info.serve(w, r, ask)
		return
	}
	caching := ask
	if hash, rest, found := strings.Cut(name, "/"); found && hash == all.hash {
		name, caching = rest, forever
	}
	if f, ok := all.files[name]; ok {
		f.serve(w, r, caching)
		return
	}
	// A file of another version, for instance, which a tab asks for that was open while
	// the program was replaced.
	h.Set("Cache-Control", "no-store")
	http.Error(w, "there is no such file of the page", http.StatusNotFound)
}

// indexPage returns the page itself. What it links is below base, which is relative to its own
// URL, so that it works below any prefix.
func indexPage(text, base string, modules []string) []byte {
	var body bytes.Buffer
	t := template.Must(template.New("index").Parse(text))
	if err := t.Execute(&body, map[string]any{"Base": base, "Modules": modules}); err != nil {
		panic(err) // the template is ours, and a test executes it
	}
	return body.Bytes()
}
