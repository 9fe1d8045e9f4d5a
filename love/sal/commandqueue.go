package sal

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/rubin-love/love-go/love/sal/internal/queue"
)

// maxWaitingCommands is the number of commands of one name that may wait for the one
// being executed. Beyond it the oldest is dropped and its sender times out.
const maxWaitingCommands = 1000

// commandQueue executes the commands of one name, one after another.
type commandQueue struct{ waiting *queue.Queue[*Sample] }

func newCommandQueue() *commandQueue {
	return &commandQueue{queue.New[*Sample](maxWaitingCommands)}
}

// run executes commands until ctx ends.
func (q *commandQueue) run(ctx context.Context, execute func(*Sample)) {
	for {
		command, err := q.waiting.Next(ctx)
		if err != nil {
			return
		}
		execute(command)
	}
}

// execute runs the handler of a command and writes the final acknowledgement.
func (c *Controller) execute(ctx context.Context, command *Sample) {
	h := c.handlers[command.topic.Attr()]
	a := Ack{Code: Failed, Error: 1, Result: "Failed: This command is not supported"}
	if h != nil {
		a = ackFor(c.call(ctx, h, command))
	}
	if err := c.Acknowledge(context.WithoutCancel(ctx), command, a); err != nil {
		c.domain.log.Error("an acknowledgement was not sent", "component", c.identity, "command", command.topic.Attr(), "ack", a, "error", err)
	}
}

// call runs a handler; a panic in it fails the command, not the component.
func (c *Controller) call(ctx context.Context, h Handler, command *Sample) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.domain.log.Error("the handler of a command panicked", "component", c.identity, "command", command.topic.Attr(), "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%v", p)
		}
	}()
	return h(ctx, command)
}

// ackFor returns the final acknowledgement for a handler's error.
func ackFor(err error) Ack {
	var answer *AckError
	switch {
	case err == nil:
		return Ack{Code: Complete, Result: "Done"}
	case errors.As(err, &answer):
		return answer.Ack
	case errors.Is(err, context.DeadlineExceeded):
		return Ack{Code: TimedOut, Error: 1, Result: "Timeout"}
	case errors.Is(err, context.Canceled), errors.Is(err, ErrClosed):
		return Ack{Code: Aborted, Error: 1, Result: "Aborted"}
	}
	return Ack{Code: Failed, Error: 1, Result: "Failed: " + err.Error()}
}
