package commander

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Commander executes commands. A team plugs in its own by implementing this
// one method; every implementation must pass lovetest.RunCommander.
type Commander interface {
	// Execute sends the command and waits for the component's final
	// acknowledgement, or until ctx ends. After that nothing may leave any more:
	// the operator reads that the command failed. To wait longer for the answer
	// to a command that has left, see [Sent]. Whatever the component answers, even
	// a failure, is an Ack with a nil error. An error means that no
	// acknowledgement came, and should be an [*Error] that says what is known
	// about the command; any other counts as [Unknown], or as [TimedOut] if it
	// is a [context.DeadlineExceeded]. Execute passes progress to [Report].
	Execute(ctx context.Context, c Call) (love.Ack, error)
}

// Call is a command on its way to a component, and who gave it.
type Call struct {
	love.Command // with the identity of whoever gave it

	// Posted is the JSON object from which the command was read; nil if it was
	// not read from one. A relay passes it on, with all keys, under the call's
	// identity. If checking is left to the relay, it need not be a command: the
	// Command then has only its identity.
	Posted json.RawMessage

	User    string // who gave the command; empty if unknown
	Address string // of the user's program; empty if unknown
	// UserVersion is that of the user's credentials at the log-in, as in
	// auth.Principal; 0 if unknown.
	UserVersion int64
	ApprovedBy  string // the second person, if one had to approve
	// ID is that of the command's entry in the record, if it has one already
	// because it had to wait; empty otherwise.
	ID string
}

// Decode decodes the parameters into v, a pointer to a struct, as [love.Command.Decode]
// does. Parameters that are wrong, missing or do not exist are an [*Error] of kind
// [Refused], with a text for the operator.
func (c Call) Decode(v any) error {
	err := c.Command.Decode(v)
	if param, ok := errors.AsType[*love.ParamError](err); ok {
		return Refuse("%s %s: %v", c.CSC, strings.TrimPrefix(c.Name, "cmd_"), param)
	}
	return err
}

// Failed returns the acknowledgement of a component that could not execute a command,
// or would not, with the reason for the operator: "Failed: the door is open". A command
// that is wrong, so that it never reached the component, is an error instead; see
// [Refuse].
func Failed(format string, args ...any) love.Ack {
	return love.Ack{Text: "Failed: " + fmt.Sprintf(format, args...), Code: love.AckFailed}
}

// Func is a function as a [Commander].
type Func func(ctx context.Context, c Call) (love.Ack, error)

// Execute implements [Commander].
func (f Func) Execute(ctx context.Context, c Call) (love.Ack, error) { return f(ctx, c) }

// Checker checks a command without sending it. The answer is what
// [Commander.Execute] would return before sending the command, or an Ack whose
// text is [WouldSend] or [Unchecked]. After WouldSend it may name what would be sent
// for parameters that are left out.
type Checker interface {
	Check(ctx context.Context, c Call) (love.Ack, error)
}

// The texts of a [Checker]'s acknowledgement.
const (
	// WouldSend is for a command that would be sent.
	WouldSend = "The command is in order; it was not sent."
	// Unchecked is for a command whose parameters no commander on the way to
	// the component can check.
	Unchecked = "You may send the command; this commander cannot check its parameters. It was not sent."
)

// Check checks a command with a commander if that is a [Checker]. Otherwise the
// answer is [Unchecked].
func Check(ctx context.Context, with Commander, c Call) (love.Ack, error) {
	if checker, ok := with.(Checker); ok {
		return checker.Check(ctx, c)
	}
	return love.Ack{Text: Unchecked}, nil
}

// Informer lists the topics of the components, as the JSON objects of
// salinfo/topic-names and salinfo/topic-data. categories is the text of the query
// ("event-telemetry-command"), empty for all (docs/protocol/commander.md).
type Informer interface {
	TopicNames(ctx context.Context, categories string) (json.RawMessage, error)
	TopicData(ctx context.Context, categories string) (json.RawMessage, error)
}

// Heartbeater returns the time of the commander's heartbeat, which shows that
// the commander is alive.
type Heartbeater interface {
	Heartbeat(ctx context.Context) (time.Time, error)
}

// Logbook writes observing logs (docs/protocol/manager.md#observing-logs).
type Logbook interface {
	// WriteObservingLog returns the acknowledgement that the log was written. An
	// error should be an [*Error].
	WriteObservingLog(ctx context.Context, l love.ObservingLog) (love.Ack, error)
}
