package commanderhttp

import (
	"context"
	"io"
)

// largeResponses bounds how many large answers are read at a time.
type largeResponses chan struct{}

// reader returns the body of an answer, of which more than maxAck bytes are read only
// when there is a place for it, or until ctx ends. release gives the place back.
func (l largeResponses) reader(ctx context.Context, body io.ReadCloser) (bounded io.ReadCloser, release func()) {
	r := &largeResponse{ReadCloser: body, ctx: ctx, places: l, small: maxAck}
	return r, r.release
}

// largeResponse is the body of an answer that may turn out to be large.
type largeResponse struct {
	io.ReadCloser
	ctx    context.Context
	places largeResponses
	small  int // how many bytes may be read without a place
	holds  bool
}

func (r *largeResponse) Read(p []byte) (int, error) {
	if r.small <= 0 && !r.holds {
		select {
		case r.places <- struct{}{}:
			r.holds = true
		case <-r.ctx.Done():
			return 0, context.Cause(r.ctx)
		}
	}
	n, err := r.ReadCloser.Read(p)
	r.small -= n
	return n, err
}

func (r *largeResponse) release() {
	if r.holds {
		<-r.places
	}
}
