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

// ProgressWriter writes the answer to a command whose client may want to be
// told its progress (see [love.ProgressType]). As long as there is none,
// nothing is written.
type ProgressWriter struct {
	w      http.ResponseWriter
	wanted bool

	mu      sync.Mutex
	started bool
	ended   bool
}

// NewProgressWriter makes one for a request.
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
		h.Set("X-Accel-Buffering", "no") // a proxy that collects lines would defeat them
		p.w.WriteHeader(http.StatusOK)
	}
	p.line(love.AnswerLine{Progress: &progress})
}

// Finish ends an answer that has begun with progress. If none has, it returns
// false, and the reply is still to be written.
func (p *ProgressWriter) Finish(r Reply) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.started {
		p.line(love.AnswerLine{Status: r.Status, Body: r.Body})
	}
	return p.started
}

// line writes one line. A client that has gone reads none, and its request's
// context has told the command so.
func (p *ProgressWriter) line(l love.AnswerLine) {
	if json.NewEncoder(p.w).Encode(l) == nil {
		_ = http.NewResponseController(p.w).Flush()
	}
}
