package record

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// answer is what the inner commander returned, and the outcome to record.
type answer struct {
	ack     love.Ack
	err     error
	outcome love.CommandOutcome
}

// send executes the command in the background and returns a channel for the
// answer. It cancels the contexts at the end.
func (r *Recorder) send(ctx context.Context, c commander.Call, began time.Time, late *lateTimeout) <-chan answer {
	release := context.AfterFunc(r.ending, func() { late.cancel(context.Canceled) })
	answered := make(chan answer, 1)
	go func() {
		defer late.cancel(context.Canceled)
		defer release()
		ack, err := r.execute(ctx, c)
		o := r.outcome(ack, err)
		o.Duration = r.clock.Now().Sub(began)
		answered <- answer{ack, err, o}
	}()
	return answered
}

// execute executes the command and turns a panic into an error: nothing else
// recovers in its goroutine, and a commander that panics must not end the program.
func (r *Recorder) execute(ctx context.Context, c commander.Call) (_ love.Ack, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("a commander panicked", "csc", c.CSC, "salindex", c.SalIndex, "cmd", c.Name, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("the commander panicked: %v", p)
		}
	}()
	return r.inner.Execute(ctx, c)
}

// wait returns the answer that came before ctx ended, if one did. A command that
// has not left by then is given up. Its commander returns soon, with an error that says
// whether it was sent, so there is a moment to wait for that.
func (r *Recorder) wait(ctx context.Context, answered <-chan answer, late *lateTimeout) (a answer, ok bool) {
	select {
	case a = <-answered:
		return a, true
	case <-r.abandoned.Done():
		return r.abandonment(), true
	case <-ctx.Done():
	}
	if late.sent.Load() {
		select {
		case a = <-answered: // at the same time
			return a, true
		default:
			return answer{}, false
		}
	}
	moment := time.NewTimer(endTimeout)
	defer moment.Stop()
	select {
	case a = <-answered:
		return a, true
	case <-r.abandoned.Done():
		return r.abandonment(), true
	case <-moment.C:
		return answer{}, false
	}
}

// abandonment is the answer for a caller when nothing waits for the commander's any
// more.
func (r *Recorder) abandonment() answer {
	err := &commander.Error{
		Kind: commander.Unknown, Err: context.Canceled, Text: "The manager ended before an answer came. " + commander.UnknownOutcome,
	}
	return answer{err: err, outcome: r.outcome(love.Ack{}, err)}
}

// follow records an answer that came after its caller had stopped waiting. An
// error that says no more than the entry which is recorded as timed out adds
// nothing to it.
func (r *Recorder) follow(e love.CommandEntry, a answer, timedOut bool) {
	if timedOut {
		err := commander.ErrorOf(a.err, "")
		switch {
		case a.err == nil, err.Answered:
			a.outcome.State = love.CommandLate
		case err.Sent():
			return
		}
	}
	r.finish(e, a.outcome)
}

// timeoutError returns the error for a caller whose time limit has passed; last
// is the last progress that came.
func timeoutError(waited time.Duration, last love.Progress) *commander.Error {
	progress := ""
	if last.Code != 0 {
		progress = strings.TrimSpace(fmt.Sprintf("; the last acknowledgement was %d %s", last.Code, last.Name))
		if last.Result != "" {
			progress += ": " + last.Result
		}
	}
	return &commander.Error{
		Kind: commander.TimedOut, Code: last.Code, Err: context.DeadlineExceeded,
		Text: fmt.Sprintf("No answer within %s%s. The command is still waited for; the record of commands will tell what came of it.", round(waited), progress),
	}
}

// endTimeout is how long commanders have to return after their contexts ended.
const endTimeout = 250 * time.Millisecond

// round rounds a duration for a text: to milliseconds below a second, else
// to tenths of a second.
func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
