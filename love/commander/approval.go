package commander

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Waiting is a command that waits for a second person's approval.
type Waiting struct {
	ID      string       `json:"id"`   // that of its entry in the record, if there is one
	User    string       `json:"user"` // who gave it
	Command love.Command `json:"command"`
	Since   time.Time    `json:"since"` // when it was given
	Until   time.Time    `json:"until"` // when it is refused if nobody has approved

	request Request
}

// maxWaiting bounds the commands that wait for approval.
const maxWaiting = 100

// await records a command and makes it wait for approval.
func (a *Authority) await(ctx context.Context, r Request) (Reply, error) {
	c, err := r.Command()
	if err != nil {
		return Reply{}, err
	}
	if !a.take() {
		full := AckReply(http.StatusServiceUnavailable, "Too many commands wait for approval. Nothing was sent.")
		a.recordRefusal(ctx, r, full)
		return full, nil
	}
	now := a.clock.Now()
	w := Waiting{User: r.User, Command: c, Since: now, Until: now.Add(a.approval), request: r}
	text := fmt.Sprintf("The command waits for a second person's approval until %s", clockTime(w.Until))
	if a.recorder == nil {
		w.ID, _ = a.ids.next(now)
	} else {
		recorded, err := a.recorder.await(ctx, r, AckReply(http.StatusAccepted, text+"."))
		if err != nil {
			a.give()
			return Reply{}, err
		}
		w.ID, w.request = recorded.awaited.ID, recorded
	}
	defer a.tell()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.coming--
	a.waiting = append(a.waiting, w)
	return AckReply(http.StatusAccepted, text+", as "+w.ID+"."), nil
}

// take reserves a place for a command that is to wait, and reports whether there
// was one.
func (a *Authority) take() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(a.clock.Now())
	room := len(a.waiting)+a.coming < maxWaiting
	if room {
		a.coming++
	}
	return room
}

// give gives back the place that take reserved.
func (a *Authority) give() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.coming--
}

// Approve executes the waiting command with this ID on behalf of the user who
// gave it; user is the second person. It returns [ErrNoSuch] if the command
// does not wait, or no longer, [ErrNotYours] if user gave it, and [ErrHeld] if
// somebody has taken the authority since; after the last two it goes on
// waiting. The caller has to check whether user may give such a command. A
// command that was passed on does not wait again, even if executing it fails.
func (a *Authority) Approve(ctx context.Context, id, user string) (Reply, error) {
	held, err := a.Holds()
	if err != nil {
		return Reply{}, unknownHolds(err)
	}
	w, err := a.settle(id, func(w Waiting) error {
		if w.User == user {
			return fmt.Errorf("%w: a second person has to approve it", ErrNotYours)
		}
		for _, h := range held { // it may have been taken since
			if h.User != w.User && h.Pattern.Matches(w.Command) {
				return h.excludes()
			}
		}
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	w.request.ApprovedBy = user
	return a.inner.Execute(ctx, w.request)
}

// Dismiss drops a waiting command and records it as refused. Anybody who may
// command may do so. It returns [ErrNoSuch] if the command does not wait.
func (a *Authority) Dismiss(ctx context.Context, id, user string) error {
	w, err := a.settle(id, func(Waiting) error { return nil })
	if err == nil {
		a.recordRefusal(ctx, w.request, AckReply(http.StatusForbidden, fmt.Sprintf("%s did not approve the command.", user)))
	}
	return err
}

// settle takes a command out of those that wait, unless allowed returns an error.
func (a *Authority) settle(id string, allowed func(Waiting) error) (Waiting, error) {
	defer a.tell()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(a.clock.Now())
	i := slices.IndexFunc(a.waiting, func(w Waiting) bool { return w.ID == id })
	if i < 0 {
		return Waiting{}, ErrNoSuch
	}
	w := a.waiting[i]
	if err := allowed(w); err != nil {
		return Waiting{}, err
	}
	a.waiting = slices.Delete(a.waiting, i, i+1)
	return w, nil
}

// Waiting returns the commands that wait for approval, the oldest first.
func (a *Authority) Waiting() []Waiting {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(a.clock.Now())
	return slices.Clone(a.waiting)
}

// expire moves the commands that nobody has approved in time to lapsed.
func (a *Authority) expire(now time.Time) {
	a.waiting = slices.DeleteFunc(a.waiting, func(w Waiting) bool {
		over := !now.Before(w.Until)
		if over {
			a.lapsed = append(a.lapsed, w)
		}
		return over
	})
}
