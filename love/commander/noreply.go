package commander

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// NoReplyError is that no answer could be had from a commander, in words that
// an operator understands.
type NoReplyError struct {
	Status int    // the HTTP status to answer with: 502, 503 or 504
	Text   string // for the operator
	// Sent is that the commander may have got the request: whether a command
	// was executed is unknown then.
	Sent       bool
	RetryAfter time.Duration // if the commander is only too busy
	Err        error         // the cause, for the log; may be nil
}

// Error implements error.
func (e *NoReplyError) Error() string {
	if e.Err != nil {
		return e.Text + " (" + e.Err.Error() + ")"
	}
	return e.Text
}

// Unwrap gives the cause.
func (e *NoReplyError) Unwrap() error { return e.Err }

// unknownOutcome stands in texts about a command that may have been executed.
const unknownOutcome = "Whether the command was executed is unknown: look at the component before you repeat it."

// ReplyTo is what to answer when a commander gave an error in place of a
// reply: always an object {"ack": text}, 504 if the time was over and 502 for
// what is not a [*NoReplyError].
func ReplyTo(err error) Reply {
	if none, ok := errors.AsType[*NoReplyError](err); ok {
		r := AckReply(none.Status, none.Text)
		r.RetryAfter = none.RetryAfter
		return r
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return AckReply(http.StatusGatewayTimeout, "The commander did not answer in time. "+unknownOutcome)
	}
	return AckReply(http.StatusBadGateway, "The commander gave no answer. "+unknownOutcome)
}
