package dashboard

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/header"
)

// Info is what the page shows. The zero value describes a bare manager.
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

//go:embed page.html
var pageText string

//go:embed page.css
var style string

// New returns the handler of the page. It answers every path, and should get
// only GET and HEAD requests.
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
	sum := sha256.Sum256([]byte(style))
	return &page{
		info:     info,
		template: template.Must(template.New("page").Parse(pageText)),
		policy: "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
			"style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
	}
}

type page struct {
	info     Info
	template *template.Template
	policy   string // allows the page's own style and nothing else
}

// view is the data of the template.
type view struct {
	Info
	Style          template.CSS
	Socket, API    string
	Manager        string // for the flag --manager
	StartedAt, ISO string
}

// ServeHTTP implements http.Handler. The URLs on the page are those by which
// the browser reached the server.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure := r.TLS != nil || strings.EqualFold(forwardedProto(r), "https")
	web, socket := "http", "ws"
	if secure {
		web, socket = "https", "wss"
	}
	base := r.Host + p.info.URLPrefix
	v := view{
		Info:    p.info,
		Style:   template.CSS(style),
		Socket:  socket + "://" + base + "/manager/ws/subscription",
		API:     web + "://" + base + "/manager/api/",
		Manager: web + "://" + base,
	}
	if t := p.info.Started.UTC(); !p.info.Started.IsZero() {
		v.StartedAt, v.ISO = t.Format("2 January 2006, 15:04:05 UTC"), t.Format(time.RFC3339)
	}
	var body bytes.Buffer
	if err := p.template.Execute(&body, v); err != nil {
		http.Error(w, "the page could not be rendered", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	_, _ = w.Write(body.Bytes()) // a failure means that the browser has gone
}

// forwardedProto returns the scheme by which the browser reached the first of the
// proxies in between, or "" if there are none: each may have added its own.
func forwardedProto(r *http.Request) string {
	for scheme := range header.List(r.Header, "X-Forwarded-Proto") {
		return scheme
	}
	return ""
}
