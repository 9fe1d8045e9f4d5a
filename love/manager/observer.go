package manager

import (
	"errors"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
)

// Observer is notified of what a manager does, for metrics. Its methods are called
// concurrently, and must not block. Package metrics has one.
type Observer interface {
	// Commanded is called when a command has been answered, with one of
	// [CommandOutcomes] and the time since it had arrived.
	Commanded(outcome love.CommandState, took time.Duration)
	// LoggedIn is called when a user name and a password were checked, or refused
	// without a check, with one of [LogInOutcomes].
	LoggedIn(outcome LogInOutcome, took time.Duration)
}

type nopObserver struct{}

func (nopObserver) Commanded(love.CommandState, time.Duration) {}
func (nopObserver) LoggedIn(LogInOutcome, time.Duration)       {}

// CommandOutcomes returns the states in which a command is when it is answered.
func CommandOutcomes() []love.CommandState {
	return slices.DeleteFunc(love.CommandStates(), func(s love.CommandState) bool {
		return s == love.CommandPending || s == love.CommandLate
	})
}

// commandOutcome returns the state of a command that was answered so.
func commandOutcome(ack love.Ack, err error) love.CommandState {
	if err == nil {
		if ack.Succeeded() {
			return love.CommandDone
		}
		return love.CommandFailed
	}
	e, ok := errors.AsType[*commander.Error](err)
	if !ok {
		return love.CommandRefused // by the manager itself
	}
	switch e.Kind {
	case commander.Unknown:
		return love.CommandUnknown
	case commander.TimedOut:
		return love.CommandTimedOut
	case commander.Awaiting:
		return love.CommandAwaiting
	}
	return love.CommandRefused
}

// LogInOutcome is how an attempt to log in ended.
type LogInOutcome string

// The outcomes.
const (
	LogInDone    LogInOutcome = "done"
	LogInWrong   LogInOutcome = "wrong"   // user name or password
	LogInLimited LogInOutcome = "limited" // not checked, because too many were wrong before
	LogInFailed  LogInOutcome = "failed"  // it could not be checked
)

// LogInOutcomes returns all outcomes.
func LogInOutcomes() []LogInOutcome {
	return []LogInOutcome{LogInDone, LogInWrong, LogInLimited, LogInFailed}
}

// logInOutcome returns the outcome of a log-in; "" of a request that was none.
func logInOutcome(err error) LogInOutcome {
	many, refused := (*auth.TooManyTriesError)(nil), (*refusal)(nil)
	switch {
	case err == nil:
		return LogInDone
	case errors.Is(err, errWrongLogIn):
		return LogInWrong
	case errors.As(err, &many), errors.As(err, &refused) && refused.Status == 429:
		return LogInLimited
	case errors.As(err, &refused) && refused.Status < 500:
		return ""
	}
	return LogInFailed
}
