package sal

import (
	"fmt"
	"time"
)

// AckCode is the code of an acknowledgement
// (docs/protocol/sal-kafka.md#return-codes).
type AckCode int

// The codes. Acknowledged and InProgress do not end a command; of the others only
// Complete is success.
const (
	Acknowledged AckCode = 300 // CMD_ACK: seen, nothing more
	InProgress   AckCode = 301 // CMD_INPROGRESS: takes about Timeout longer
	Stalled      AckCode = 302
	Complete     AckCode = 303
	NoPermission AckCode = -300
	NoAck        AckCode = -301 // set by the sender when no acknowledgement came
	Failed       AckCode = -302
	Aborted      AckCode = -303
	TimedOut     AckCode = -304 // the component's own time ran out
)

// String returns the name of the code on the bus: "CMD_COMPLETE".
func (c AckCode) String() string {
	switch c {
	case Acknowledged:
		return "CMD_ACK"
	case InProgress:
		return "CMD_INPROGRESS"
	case Stalled:
		return "CMD_STALLED"
	case Complete:
		return "CMD_COMPLETE"
	case NoPermission:
		return "CMD_NOPERM"
	case NoAck:
		return "CMD_NOACK"
	case Failed:
		return "CMD_FAILED"
	case Aborted:
		return "CMD_ABORTED"
	case TimedOut:
		return "CMD_TIMEOUT"
	}
	return fmt.Sprintf("AckCode(%d)", int(c))
}

// Final reports whether no further acknowledgement of the command follows.
func (c AckCode) Final() bool { return c == Complete || c.IsFailure() }

// IsFailure reports whether the command did not succeed.
func (c AckCode) IsFailure() bool {
	return c == Stalled || c <= NoPermission && c >= TimedOut
}

// Ack is an acknowledgement of a command.
type Ack struct {
	Code    AckCode
	Error   int           // 0 if there is none
	Result  string        // for people: "Done", "Failed: not allowed in state …"
	Timeout time.Duration // with InProgress: how much longer it will take
}

// String returns the acknowledgement in readable form.
func (a Ack) String() string {
	s := fmt.Sprintf("%v (%d)", a.Code, int(a.Code))
	if a.Error != 0 {
		s += fmt.Sprintf(", error %d", a.Error)
	}
	if a.Result != "" {
		s += ": " + a.Result
	}
	return s
}

// AckError reports a command that did not succeed.
type AckError struct {
	Command string // with the instance that it was sent to: "MTHexapod:1 cmd_move"
	Ack     Ack    // the final one, else the last one seen, NoAck if there was none
	// Cause is why the wait ended without a final acknowledgement: ErrTimeout, the
	// cause of the context or the error of the remote. It is nil if one came.
	Cause error
}

// Error implements error.
func (e *AckError) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %v; last acknowledgement %v", e.Command, e.Cause, e.Ack)
	}
	return fmt.Sprintf("%s: %v", e.Command, e.Ack)
}

// Unwrap returns the cause.
func (e *AckError) Unwrap() error { return e.Cause }

// Answer returns an error with which a [Handler] ends its command with an
// acknowledgement of its choice.
func Answer(a Ack) error { return &AckError{Command: "answer", Ack: a} }
