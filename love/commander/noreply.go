package commander

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// NoReplyError reports that a commander gave no answer that can be passed on.
type NoReplyError struct {
	Status int    // the HTTP status to answer with: 502, 503 or 504
	Text   string // shown to the operator
	// Sent tells whether the commander may have got the request. If so, a command
	// may have been executed; if not, it certainly was not, and may be repeated.
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

// Unwrap returns the cause.
func (e *NoReplyError) Unwrap() error { return e.Err }

// The texts that tell the operator what may have happened without an answer.
const (
	unknownOutcome = "Whether the command was executed is unknown: look at the component before you repeat it."
	// UnknownLog is the text for an observing log that got no answer.
	UnknownLog = "Whether the observing log was written is unknown: look for it before you write it again."
)

// NoReply returns the error that a commander gave in place of a reply as a
// [*NoReplyError]: unchanged if it is one, with status 504 if the time was
// over, or else with 502. A new text ends with aftermath, which says what may
// have happened nevertheless; it is empty for a question, which can be asked
// again.
func NoReply(err error, aftermath string) *NoReplyError {
	if none, ok := errors.AsType[*NoReplyError](err); ok {
		return none
	}
	none := &NoReplyError{Status: http.StatusBadGateway, Sent: true, Err: err, Text: "The commander gave no answer."}
	if errors.Is(err, context.DeadlineExceeded) {
		none.Status, none.Text = http.StatusGatewayTimeout, "The commander did not answer in time."
	}
	if aftermath != "" {
		none.Text += " " + aftermath
	}
	return none
}

// ReplyTo returns the reply to a command for which the commander gave an error:
// an object {"ack": text}, with the status and text of [NoReply].
func ReplyTo(err error) Reply {
	none := NoReply(err, unknownOutcome)
	r := AckReply(none.Status, none.Text)
	r.RetryAfter = none.RetryAfter
	return r
}
