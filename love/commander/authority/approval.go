package authority

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// maxWaiting bounds the commands that wait for approval.
const maxWaiting = 100

var errManyWait = &commander.Error{
	Kind: commander.Busy, RetryAfter: retryAfter, Text: "Too many commands wait for approval. Nothing was sent.",
}

// await records a command and makes it wait for approval. It returns the error
// for its caller.
func (a *Authority) await(ctx context.Context, c commander.Call) error {
	waiting, err := a.Waiting()
	switch {
	case err != nil:
		err = unknownHolds(err)
	case len(waiting) >= maxWaiting:
		err = errManyWait
	}
	if err != nil {
		a.recorder.Refuse(ctx, c, err)
		return err
	}
	now := a.clock.Now()
	until := now.Add(a.approvalTimeout)
	text := fmt.Sprintf("The command waits for a second person's approval until %s", clockTime(until))
	id, err := a.recorder.Await(ctx, c, text+".")
	if err != nil {
		return err
	}
	if id == "" {
		id, _ = a.ids.Next(now)
	}
	c.ID = id
	w := Waiting{WaitingCommand: love.WaitingCommand{ID: id, User: c.User, Command: c.Command, Since: now, Until: until}, Call: c}
	defer a.update()
	inDoubt, err := a.addWaiting(ctx, w)
	switch {
	case err == nil:
		return &commander.Error{Kind: commander.Awaiting, Text: text + ", as " + id + "."}
	case inDoubt: // it may wait, so that it is not recorded as refused
		return &commander.Error{Kind: commander.Unknown, Err: err, Text: fmt.Sprintf(
			"Whether the command waits for a second person's approval, as %s, is not known: the manager's database gave no answer. Nothing was sent. Look at what waits before you repeat it.", id)}
	case !errors.Is(err, errManyWait):
		err = unknownHolds(err)
	}
	a.recorder.Refuse(ctx, c, err)
	return err
}

// addTries is how often a command is added to those that wait, until it is known whether
// it was.
const addTries = 3

var errWaits = errors.New("it waits already")

// addWaiting adds a command to those that wait, unless an earlier try has, whose answer was
// lost. inDoubt reports whether it may wait though there is an error.
func (a *Authority) addWaiting(ctx context.Context, w Waiting) (inDoubt bool, err error) {
	for range addTries {
		err = a.store.ChangeWaiting(ctx, func(all []Waiting) ([]Waiting, error) {
			inDoubt = false // now it is seen
			switch {
			case slices.ContainsFunc(all, func(other Waiting) bool { return other.ID == w.ID }):
				return nil, errWaits
			case len(all) >= maxWaiting: // others came in between
				return nil, errManyWait
			}
			return append(all, w), nil
		})
		if errors.Is(err, errWaits) {
			err = nil
		}
		if inDoubt = inDoubt || errors.Is(err, ErrInDoubt); err == nil || !inDoubt {
			break
		}
	}
	return inDoubt, err
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
	w, err := a.settle(ctx, id, func(w Waiting) error {
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
	w.Call.ApprovedBy = user
	return a.inner.Execute(ctx, w.Call)
}

// checkGiver refuses a waiting command whose giver may no longer give it. user is
// the second person.
func (a *Authority) checkGiver(ctx context.Context, id, user string) error {
	all, err := a.store.Waiting()
	if err != nil {
		return unknownHolds(err)
	}
	i := slices.IndexFunc(all, func(w Waiting) bool { return w.ID == id })
	if i < 0 || all[i].User == user { // settle returns the error
		return nil
	}
	c := all[i].Call
	err = a.mayStill(ctx, c)
	if err == nil || commander.ErrorOf(err, "").Kind != commander.Forbidden {
		return err
	}
	if _, gone := a.settle(ctx, id, func(Waiting) error { return nil }); gone != nil {
		return gone
	}
	a.recorder.Refuse(ctx, c, err)
	return err
}

// Dismiss drops a waiting command and records it as refused. The caller must
// check whether user may. It returns [ErrNotFound] if the command is not waiting.
func (a *Authority) Dismiss(ctx context.Context, id, user string) error {
	w, err := a.settle(ctx, id, func(Waiting) error { return nil })
	if err == nil {
		a.recorder.Refuse(ctx, w.Call, &commander.Error{Kind: commander.Forbidden, Text: fmt.Sprintf("%s did not approve the command.", user)})
	}
	return err
}

// settle removes a command from those that wait, unless allowed returns an error. Of
// several managers that try, one succeeds.
func (a *Authority) settle(ctx context.Context, id string, allowed func(Waiting) error) (w Waiting, err error) {
	defer a.update()
	err = a.store.ChangeWaiting(ctx, func(all []Waiting) ([]Waiting, error) {
		i := slices.IndexFunc(all, func(w Waiting) bool { return w.ID == id })
		if i < 0 || !a.clock.Now().Before(all[i].Until) {
			return nil, ErrNotFound
		}
		w = all[i]
		return slices.Delete(all, i, i+1), allowed(w)
	})
	return w, err
}

// Waiting returns the commands that wait for approval, the oldest first. An error means
// that they are unknown at the moment.
func (a *Authority) Waiting() ([]love.WaitingCommand, error) {
	all, err := a.store.Waiting()
	if err != nil {
		return nil, fmt.Errorf("reading what waits for approval: %w", err)
	}
	now := a.clock.Now()
	list := make([]love.WaitingCommand, 0, len(all))
	for _, w := range all {
		if now.Before(w.Until) {
			list = append(list, w.WaitingCommand)
		}
	}
	return list, nil
}

// dropExpired removes the commands that were not approved in time, and records them as
// refused.
func (a *Authority) dropExpired(ctx context.Context) error {
	now := a.clock.Now()
	over := func(w Waiting) bool { return !now.Before(w.Until) }
	all, err := a.store.Waiting()
	if err != nil || !slices.ContainsFunc(all, over) {
		return err
	}
	var expired []Waiting
	err = a.store.ChangeWaiting(ctx, func(all []Waiting) ([]Waiting, error) {
		expired = nil
		return slices.DeleteFunc(all, func(w Waiting) bool {
			if over(w) {
				expired = append(expired, w)
			}
			return over(w)
		}), nil
	})
	if err != nil {
		return err
	}
	for _, w := range expired {
		a.recorder.Refuse(ctx, w.Call, &commander.Error{Kind: commander.Forbidden, Text: "Nobody approved the command in time."})
	}
	return nil
}
