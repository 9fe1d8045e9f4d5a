package external

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// handlerTransport makes requests to a handler of this process. It keeps the whole
// answer in memory, up to maxAnswer.
type handlerTransport struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := r.Clone(r.Context())
	sent.RequestURI = r.URL.RequestURI() // as a server has it
	if sent.Body == nil {
		sent.Body = http.NoBody
	}
	w := &memoryWriter{header: http.Header{}}
	t.handler.ServeHTTP(w, sent)
	w.WriteHeader(http.StatusOK) // unless it was written
	if w.full {
		return nil, errAnswerTooLong
	}
	return &http.Response{
		StatusCode: w.status, Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

var errAnswerTooLong = errors.New("the answer is too long")

// memoryWriter is an http.ResponseWriter.
type memoryWriter struct {
	header http.Header
	status int // 0: none yet
	body   bytes.Buffer
	full   bool
}

func (w *memoryWriter) Header() http.Header { return w.header }

func (w *memoryWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.body.Len()+len(p) > maxAnswer {
		w.full = true
		return 0, errAnswerTooLong
	}
	return w.body.Write(p)
}
