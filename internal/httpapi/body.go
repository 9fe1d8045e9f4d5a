package httpapi

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// The reasons why a body could not be read.
var (
	ErrBodyTooLarge = errors.New("the body is too large")
	ErrBodyTimeout  = errors.New("the body did not come to its end in time")
	ErrBodyBroken   = errors.New("the body could not be read to its end")
)

// ReadBody reads a body of at most limit bytes, which must arrive within the
// timeout. The error is one of those above.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64, timeout time.Duration) ([]byte, error) {
	LimitBodyTime(w, r, timeout)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, BodyError(err)
	}
	return body, nil
}

// LimitBodyTime sets a deadline for reading only the body: net/http lifts it when
// the whole body has been read.
func LimitBodyTime(w http.ResponseWriter, r *http.Request, timeout time.Duration) {
	if r.ContentLength != 0 {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeout)) // not every writer supports it
	}
}

// BodyError returns which of the errors above an error of reading a body is.
func BodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrBodyTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrBodyTimeout
	}
	return ErrBodyBroken
}
