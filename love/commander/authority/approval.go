package authority

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// waitingCall is a command that waits for approval, and the call to execute then.
type waitingCall struct {
	love.WaitingCommand
	call commander.Call
}

// maxWaiting bounds the commands that wait for approval.
const maxWaiting = 100

// await records a command and makes it wait for approval. It returns the error
// for its caller.
func (a *Authority) await(ctx context.Context, c commander.Call) error {
	if !a.reserve() {
		full := &commander.Error{
			Kind: commander.Busy, RetryAfter: retryAfter, Text: "Too many commands wait for approval. Nothing was sent.",
		}
		a.recorder.Refuse(ctx, c, full)
		return full
	}
	now := a.clock.Now()
	until := now.Add(a.approvalTimeout)
	text := fmt.Sprintf("The command waits for a second person's approval until %s", clockTime(until))
	id, err := a.recorder.Await(ctx, c, text+".")
	if err != nil {
		a.unreserve()
		return err
	}
	if id == "" {
		id, _ = a.ids.Next(now)
	}
	c.ID = id
	defer a.update()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reserved--
	a.waiting = append(a.waiting, waitingCall{
		love.WaitingCommand{ID: id, User: c.User, Command: c.Command, Since: now, Until: until}, c,
	})
	return &commander.Error{Kind: commander.Awaiting, Text: text + ", as " + id + "."}
}

// reserve takes a place for a command that will wait, and reports whether there
// was one.
func (a *Authority) reserve() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(a.clock.Now())
	free := len(a.waiting)+a.reserved < maxWaiting
	if free {
		a.reserved++
	}
	return free
}

// unreserve gives back the place that reserve took.
func (a *Authority) unreserve() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reserved--
}

// Approve executes the waiting command with this ID on behalf of the user who
// gave it; user is the second person. It returns [ErrNotFound] if the command
// is not waiting, [ErrNotYours] if user gave it, and [ErrHeld] if somebody has
// taken the authority since; after the last two it continues to wait. If the giver
// may no longer give it, it is refused. The caller must check whether user may give
// such a command. A command that was passed on does not wait again, even if executing
// it fails.
func (a *Authority) Approve(ctx context.Context, id, user string) (love.Ack, error) {
	held, err := a.Holds()
	if err != nil {
		return love.Ack{}, unknownHolds(err)
	}
	if err := a.checkGiver(ctx, id, user); err != nil {
		return love.Ack{}, err
	}
	w, err := a.settle(id, func(w waitingCall) error {
		if w.User == user {
			return fmt.Errorf("%w: a second person must approve it", ErrNotYours)
		}
		for _, h := range held { // it may have been taken since
			if h.User != w.User && h.Pattern.Matches(w.Command) {
				return heldBy(h)
			}
		}
		return nil
	})
	if err != nil {
		return love.Ack{}, err
	}
	w.call.ApprovedBy = user
	return a.inner.Execute(ctx, w.call)
}

// checkGiver refuses a waiting command whose giver may no longer give it. user is
// the second person.
func (a *Authority) checkGiver(ctx context.Context, id, user string) error {
	a.mu.Lock()
	i := slices.IndexFunc(a.waiting, func(w waitingCall) bool { return w.ID == id })
	if i < 0 || a.waiting[i].User == user { // settle returns the error
		a.mu.Unlock()
		return nil
	}
	c := a.waiting[i].call
	a.mu.Unlock()
	err := a.mayStill(ctx, c)
	if err == nil || commander.ErrorOf(err, "").Kind != commander.Forbidden {
		return err
	}
	if _, gone := a.settle(id, func(waitingCall) error { return nil }); gone != nil {
		return gone
	}
	a.recorder.Refuse(ctx, c, err)
	return err
}

// Dismiss drops a waiting command and records it as refused. The caller must
// check whether user may. It returns [ErrNotFound] if the command is not waiting.
func (a *Authority) Dismiss(ctx context.Context, id, user string) error {
	w, err := a.settle(id, func(waitingCall) error { return nil })
	if err == nil {
		a.recorder.Refuse(ctx, w.call, &commander.Error{Kind: commander.Forbidden, Text: fmt.Sprintf("%s did not approve the command.", user)})
	}
	return err
}

// settle removes a command from those that wait, unless allowed returns an error.
func (a *Authority) settle(id string, allowed func(waitingCall) error) (waitingCall, error) {
	defer a.update()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(a.clock.Now())
	i := slices.IndexFunc(a.waiting, func(w waitingCall) bool { return w.ID == id })
	if i < 0 {
		return waitingCall{}, ErrNotFound
	}
	w := a.waiting[i]
	if err := allowed(w); err != nil {
		return waitingCall{}, err
	}
	a.waiting = slices.Delete(a.waiting, i, i+1)
	return w, nil
}

// Waiting returns the commands that wait for approval, the oldest first.
func (a *Authority) Waiting() []love.WaitingCommand {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(a.clock.Now())
	all := make([]love.WaitingCommand, len(a.waiting))
	for i, w := range a.waiting {
		all[i] = w.WaitingCommand
	}
	return all
}

// expire moves the commands that were not approved in time to expired.
func (a *Authority) expire(now time.Time) {
	a.waiting = slices.DeleteFunc(a.waiting, func(w waitingCall) bool {
		over := !now.Before(w.Until)
		if over {
			a.expired = append(a.expired, w)
		}
		return over
	})
}
