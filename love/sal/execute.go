package sal

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/rubin-love/love-go/love/sal/internal/queue"
)

// waitingCommands is the number of commands of one name that may wait for the one
// being executed. Beyond it the oldest is dropped and its sender times out.
const waitingCommands = 1000

// lane executes the commands of one name, one after another.
type lane struct{ commands *queue.Queue[*Sample] }

func newLane() *lane { return &lane{queue.New[*Sample](waitingCommands)} }

func (l *lane) run(ctx context.Context, execute func(*Sample)) {
	for {
		batch, err := l.commands.Take(ctx)
		if err != nil {
			return
		}
		for _, s := range batch {
			execute(s)
		}
	}
}

// execute runs the handler of a command and writes the final acknowledgement.
func (c *Controller) execute(ctx context.Context, s *Sample) {
	h := c.handlers[s.topic.Attr()]
	a := Ack{Code: Failed, Error: 1, Result: "Failed: This command is not supported"}
	if h != nil {
		a = outcome(c.call(ctx, h, s))
	}
	if err := c.Acknowledge(context.WithoutCancel(ctx), s, a); err != nil {
		c.domain.log.Error("an acknowledgement was not sent", "component", c.identity, "command", s.topic.Attr(), "ack", a, "error", err)
	}
}

// call runs a handler; a panic in it fails the command, not the component.
func (c *Controller) call(ctx context.Context, h Handler, s *Sample) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.domain.log.Error("the handler of a command panicked", "component", c.identity, "command", s.topic.Attr(), "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%v", p)
		}
	}()
	return h(ctx, s)
}

// outcome returns the final acknowledgement for a handler's error.
func outcome(err error) Ack {
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
