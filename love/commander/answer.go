package commander

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// request reads a command and who gives it.
func (h *handler) request(w http.ResponseWriter, r *http.Request) (Request, error) {
	body, err := object(w, r, "csc, salindex, cmd_name, params, identity", "csc", "salindex", "cmd", "params", "identity")
	if err != nil {
		return Request{}, err
	}
	if h.Commander == nil {
		return Request{}, missing("commands")
	}
	identity := ""
	for key, value := range wire.Members(body) {
		if key == "identity" && json.Unmarshal(value, &identity) != nil {
			identity = ""
		}
	}
	if identity == "" {
		return Request{}, &refusal{AckReply(http.StatusBadRequest, `"identity" must be a text that says who commands: user@host`)}
	}
	return Request{Body: body, Identity: identity}, nil
}

// command answers POST /cmd/.
func (h *handler) command(w http.ResponseWriter, r *http.Request) error {
	request, err := h.request(w, r)
	if err != nil {
		return err
	}
	answer := NewProgressWriter(w, r)
	reply, err := h.Commander.Execute(WithProgress(r.Context(), answer.Report), request)
	if err == nil {
		reply, err = reply.Strict()
	}
	if err != nil {
		h.log.Warn("a command got no answer", "error", err)
		reply = ReplyTo(err)
	}
	if !answer.Finish(reply) {
		h.write(w, reply)
	}
	return nil
}

// ProgressWriter writes the answer to a command for a client that may want its
// progress (see [love.ProgressType]). It writes nothing before the first
// progress.
type ProgressWriter struct {
	w      http.ResponseWriter
	wanted bool

	mu      sync.Mutex
	started bool
	ended   bool
}

// NewProgressWriter returns a ProgressWriter for the answer to a request.
func NewProgressWriter(w http.ResponseWriter, r *http.Request) *ProgressWriter {
	return &ProgressWriter{w: w, wanted: strings.Contains(strings.Join(r.Header.Values("Accept"), ","), love.ProgressType)}
}

// Report writes progress at once, if the client wants it; it fits
// [WithProgress].
func (p *ProgressWriter) Report(progress love.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted || p.ended {
		return
	}
	if !p.started {
		p.started = true
		h := p.w.Header()
		h.Set("Content-Type", love.ProgressType)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // proxies must not hold lines back
		p.w.WriteHeader(http.StatusOK)
	}
	p.line(love.AnswerLine{Progress: &progress})
}

// Finish ends an answer that began with progress and returns true. If there was
// no progress, it returns false, and the caller has to write the reply.
func (p *ProgressWriter) Finish(r Reply) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.started {
		p.line(love.AnswerLine{Status: r.Status, Body: r.Body})
	}
	return p.started
}

// line writes one line. Errors are ignored: the context of the request tells
// the command that its client has gone.
func (p *ProgressWriter) line(l love.AnswerLine) {
	if json.NewEncoder(p.w).Encode(l) == nil {
		_ = http.NewResponseController(p.w).Flush()
	}
}
