package historyhttp

import (
	"errors"
	"net/http"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/manager"
)

// download answers the messages of a span as an MCAP file, while they are read. An error
// on the way breaks the connection off: the file then has no end, which its readers
// notice.
func (a *API) download(w http.ResponseWriter, r *http.Request) {
	d, err := a.downloadOf(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	leave, err := a.downloads.enter(r.Context(), manager.Caller(r.Context()).Name())
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	defer leave()
	out := &fileWriter{w: w, name: d.fileName()}
	if r.Method == http.MethodHead {
		out.begin()
		return
	}
	err = d.source.Export(r.Context(), out, d.span, d.groups...)
	switch {
	case err != nil && out.begun:
		if r.Context().Err() == nil {
			a.config.Logger.Warn("a download from the archive was broken off", "error", err)
		}
		panic(http.ErrAbortHandler)
	case err != nil:
		a.refuse(w, r, err)
	}
}

// downloadRequest is what a client wants to download.
type downloadRequest struct {
	source Exporter
	span   history.Span
	groups []love.Group
}

func (a *API) downloadOf(r *http.Request) (d downloadRequest, err error) {
	p, err := a.parameters(r)
	if err != nil {
		return d, err
	}
	var ok bool
	if d.source, ok = p.source.(Exporter); !ok {
		p.refuse("source", "Only an archive can be downloaded from.")
	}
	for _, text := range p.list("groups") {
		g, err := love.ParseGroup(text)
		if err != nil {
			p.refuse("groups", "%q is not a group: give some such as telemetry-ATDome-0-position or event-*-*-*.", text)
		}
		d.groups = append(d.groups, g)
	}
	d.span = p.span(a.config.Limits.DownloadSpan)
	return d, errors.Join(p.err(), d.span.Check())
}

// fileName returns a name for the file, from its span.
func (d downloadRequest) fileName() string {
	const format = "20060102T150405Z"
	return "love-" + d.span.From.UTC().Format(format) + "-" + d.span.To.UTC().Format(format) + ".mcap"
}

// fileWriter writes an answer that is a file. Nothing is sent before its first byte, so
// that what is wrong before can be answered.
type fileWriter struct {
	w     http.ResponseWriter
	name  string
	begun bool
}

func (f *fileWriter) begin() {
	f.begun = true
	h := f.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
	h.Set("Cache-Control", "no-store")
	f.w.WriteHeader(http.StatusOK)
}

// Write implements io.Writer.
func (f *fileWriter) Write(b []byte) (int, error) {
	if !f.begun {
		f.begin()
	}
	return f.w.Write(b)
}
