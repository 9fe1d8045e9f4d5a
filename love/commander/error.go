package commander

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kind is what is known about a command that was not acknowledged.
type Kind int

// The kinds of an [Error].
const (
	// Unknown: the answer was lost. The command may have been executed.
	Unknown Kind = iota
	// TimedOut: no answer came in time. The command may have been executed, or
	// may still be.
	TimedOut
	// NotSent: the command was not sent because the system failed.
	NotSent
	// Busy: the command was not sent; it may be tried again after RetryAfter.
	Busy
	// Refused: the command was not executed, and would be refused again.
	Refused
	// Forbidden: the command was not sent, because this user may not send
	// it, or not at the moment.
	Forbidden
	// Awaiting: the command has not been sent yet, and waits for a second
	// person's approval.
	Awaiting
)

// String returns the kind as text: "timed out".
func (k Kind) String() string {
	switch k {
	case TimedOut:
		return "timed out"
	case NotSent:
		return "not sent"
	case Busy:
		return "busy"
	case Refused:
		return "refused"
	case Forbidden:
		return "forbidden"
	case Awaiting:
		return "awaiting approval"
	}
	return "unknown"
}

// Error reports that a command, or another request to a commander, was not
// acknowledged.
type Error struct {
	Kind Kind
	Text string // shown to the operator
	// Code is that of the last acknowledgement, which did not end the command; 0
	// if there was none.
	Code       int
	RetryAfter time.Duration // if the kind is Busy
	// Answered is set if the commander at the other end said so; otherwise it is
	// what this process knows.
	Answered bool
	Err      error // the cause, for the log; may be nil
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Text + " (" + e.Err.Error() + ")"
	}
	return e.Text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Sent reports whether the component may have received the command. If not, the
// command was certainly not executed, and may be repeated.
func (e *Error) Sent() bool { return e.Kind == Unknown || e.Kind == TimedOut }

// Fault reports whether something failed here that those who run the system
// should know. All other errors only concern whoever gave the command.
func (e *Error) Fault() bool {
	return !e.Answered && (e.Err != nil || e.Sent() || e.Kind == NotSent)
}

// Refuse returns an error of kind [Refused], with a text that tells the operator
// what is wrong with the command.
func Refuse(format string, args ...any) *Error {
	return &Error{Kind: Refused, Text: fmt.Sprintf(format, args...)}
}

// The texts that tell the operator what may have happened without an answer.
const (
	UnknownOutcome = "Whether the command was executed is unknown: look at the component before you repeat it."
	UnknownLog     = "Whether the observing log was written is unknown: look for it before you write it again."
)

// ErrorOf returns the error of a commander as an [*Error]: unchanged if it is
// one, of kind [TimedOut] if it is a [context.DeadlineExceeded], or else
// [Unknown]. A new text ends with outcome, about what may have happened
// all the same: [UnknownOutcome] for a command, nothing for a question, which
// can be asked again.
func ErrorOf(err error, outcome string) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	e := &Error{Kind: Unknown, Err: err, Text: "The commander gave no answer."}
	if errors.Is(err, context.DeadlineExceeded) {
		e.Kind, e.Text = TimedOut, "The commander did not answer in time."
	}
	if outcome != "" {
		e.Text += " " + outcome
	}
	return e
}
