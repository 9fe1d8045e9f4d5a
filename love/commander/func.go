package commander

import (
	"context"
	"net/http"

	"github.com/rubin-love/love-go/love"
)

// Func is a [Commander] made of a function that executes a command and returns
// its acknowledgement: text [love.Done] if that has been done, else why not. A
// request that is no command is answered 400 and does not reach it. An error
// means that there is no acknowledgement, as in [Commander].
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
