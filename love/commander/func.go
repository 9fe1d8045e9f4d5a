package commander

import (
	"context"
	"net/http"

	"github.com/rubin-love/love-go/love"
)

// Func is a function as a [Commander]. It executes a command and returns its
// acknowledgement, whose text is [love.Done] or says why the command was not
// done. An invalid request is answered 400 and does not reach the function. An
// error means that there is no acknowledgement, as in [Commander].
type Func func(ctx context.Context, c love.Command) (love.Ack, error)

var _ Commander = Func(nil)

// Execute implements [Commander].
func (f Func) Execute(ctx context.Context, r Request) (Reply, error) {
	c, err := r.Command()
	if err != nil {
		return wrongRequest(err), nil
	}
	ack, err := f(ctx, c)
	if err != nil {
		return Reply{}, err
	}
	return replyWith(http.StatusOK, ack), nil
}
