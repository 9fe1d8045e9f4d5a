package commanderhttp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/header"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// ProgressType is the content type of an answer that reports the progress of a
// command: an object per line, {"progress"} for each acknowledgement that does
// not end the command, and at the end {"status", "body"} with the status and body
// of an ordinary answer. A client asks for it in the header Accept; even then a
// command without progress gets an ordinary answer.
const ProgressType = "application/x-ndjson"

// progressLine is one line of an answer of type [ProgressType].
type progressLine struct {
	Progress *love.Progress  `json:"progress,omitempty"`
	Status   int             `json:"status,omitempty"`
	Body     json.RawMessage `json:"body,omitempty"`
}

// ProgressWriter writes the answer to a command for a client that may want its
// progress (see [ProgressType]). It writes nothing before the first progress.
type ProgressWriter struct {
	w      http.ResponseWriter
	wanted bool

	mu      sync.Mutex
	started bool
	ended   bool
}

// NewProgressWriter returns a ProgressWriter for the answer to a request.
func NewProgressWriter(w http.ResponseWriter, r *http.Request) *ProgressWriter {
	wanted, _ := header.Accepts(r.Header, "Accept", ProgressType)
	return &ProgressWriter{w: w, wanted: wanted}
}

// Report writes progress at once, if the client wants it; it fits
// [commander.WithProgress].
func (p *ProgressWriter) Report(progress love.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted || p.ended {
		return
	}
	if !p.started {
		p.started = true
		h := p.w.Header()
		h.Set("Content-Type", ProgressType)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // proxies must not hold lines back
		p.w.WriteHeader(http.StatusOK)
	}
	p.write(progressLine{Progress: &progress})
}

// Finish ends an answer that began with progress and returns true. If there was
// no progress, it returns false, and the caller must write the response.
func (p *ProgressWriter) Finish(r Response) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.started {
		p.write(progressLine{Status: r.Status, Body: r.Body})
	}
	return p.started
}

// write writes one line. Errors are ignored: when the client has gone, the
// context of the request ends, and with it that of the command.
func (p *ProgressWriter) write(l progressLine) {
	if json.NewEncoder(p.w).Encode(l) == nil {
		_ = http.NewResponseController(p.w).Flush()
	}
}

// ReadResponse reads the answer to a request, and passes progress in it to
// [commander.Report]. It does not close the body. A line that is not progress is
// taken for the whole answer. The error is that of the connection, or [ErrTooLong]
// for an answer, or one line of progress, of more than limit bytes; there may be any
// number of such lines.
func ReadResponse(ctx context.Context, resp *http.Response, limit int) (Response, error) {
	if isProgress(resp.Header.Get("Content-Type")) {
		return readLines(ctx, resp.Body, limit)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	switch {
	case len(body) > limit:
		return Response{}, ErrTooLong
	case err != nil:
		return Response{}, err
	}
	return Response{Status: resp.StatusCode, Body: body, RetryAfter: retryAfterOf(resp.Header)}, nil
}

// retryAfterOf returns the wait that an answer asks for, in seconds; 0 if it asks for
// none.
func retryAfterOf(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// ErrTooLong reports an answer that is longer than the limit.
var ErrTooLong = errors.New("the answer is too long")

func isProgress(contentType string) bool {
	if contentType == "application/json" { // nearly always
		return false
	}
	media, _, _ := mime.ParseMediaType(contentType)
	return media == ProgressType
}

// readLines reads an answer that begins with progress.
func readLines(ctx context.Context, content io.Reader, limit int) (Response, error) {
	scan := bufio.NewScanner(content)
	scan.Buffer(nil, limit)
	for scan.Scan() {
		var line progressLine
		text, err := StrictBody(scan.Bytes())
		if err == nil {
			err = json.Unmarshal(text, &line)
		}
		switch {
		case err != nil && scan.Err() != nil: // the connection broke in the middle of it
			return Response{}, scan.Err()
		case err != nil:
			return Response{Status: http.StatusOK, Body: scan.Bytes()}, nil
		case line.Progress != nil:
			commander.Report(ctx, *line.Progress)
		case line.Status != 0:
			return Response{Status: line.Status, Body: line.Body}, nil
		}
	}
	switch err := scan.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return Response{}, ErrTooLong
	case err != nil:
		return Response{}, err
	}
	return Response{}, io.ErrUnexpectedEOF
}
