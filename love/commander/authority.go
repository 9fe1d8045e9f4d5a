package commander

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// The decisions that a caller can take on an error of an [Authority].
var (
	// ErrHeld: somebody else holds the authority, or what overlaps with it.
	ErrHeld = errors.New("held by somebody else")
	// ErrNotYours: only who holds it, or an administrator, may release it; and
	// nobody approves a command of their own.
	ErrNotYours = errors.New("not yours to decide")
	// ErrNoSuch: there is no such authority or approval, or no longer.
	ErrNoSuch = errors.New("no such authority or approval, or its time is over")
)

// Hold is the exclusive authority over the commands that a pattern selects.
type Hold struct {
	ID      string    `json:"id"`
	Pattern Pattern   `json:"pattern"`
	User    string    `json:"user"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
}

// Waiting is a command that waits for a second person's approval.
type Waiting struct {
	ID      string       `json:"id"`
	User    string       `json:"user"`
	Command love.Command `json:"command"`
	Since   time.Time    `json:"since"`
	Until   time.Time    `json:"until"`

	request Request
}

// Authority is a [Commander] that lets through to another only the commands of
// whom nobody has excluded: a user may hold the authority over a pattern of
// commands for some time, and a pattern can demand that a second person
// approves. While nothing is held or demanded it lets everything through. It
// knows what this process was told: managers that act as one do not share it.
// It is safe for concurrent use.
type Authority struct {
	inner    Commander
	recorder *Recorder // nil: none
	demanded []Pattern
	approval time.Duration
	longest  time.Duration
	clock    love.Clock
	watch    func()
	ids      ids
	changed  chan struct{}

	mu      sync.Mutex
	holds   []Hold
	waiting []Waiting
	lapsed  []Waiting // whose time is over, to be recorded
	news    bool // the watcher has not been told what changed
}

// AuthorityOption changes a default of [NewAuthority].
type AuthorityOption func(*Authority)

// WithApproval demands a second person's approval for what the patterns
// select. Default: for nothing.
func WithApproval(patterns ...Pattern) AuthorityOption {
	return func(a *Authority) { a.demanded = patterns }
}

// WithApprovalTime sets for how long a command waits for approval. Default:
// 5 minutes.
func WithApprovalTime(d time.Duration) AuthorityOption {
	return func(a *Authority) { a.approval = d }
}

// WithLongestHold bounds for how long authority can be taken at once. Default:
// 12 h, a night.
func WithLongestHold(d time.Duration) AuthorityOption { return func(a *Authority) { a.longest = d } }

// WithAuthorityClock sets the clock. Default: that of the system.
func WithAuthorityClock(c love.Clock) AuthorityOption { return func(a *Authority) { a.clock = c } }

// WithRecorder has what is not let through, or not yet, recorded. The same
// recorder usually is what the rest goes to.
func WithRecorder(r *Recorder) AuthorityOption { return func(a *Authority) { a.recorder = r } }

// WithAuthorityWatcher has f called after what [Authority.Holds] or
// [Authority.Waiting] tell has changed. f must not block. That the time of
// something is over is noticed while [Authority.Run] runs.
func WithAuthorityWatcher(f func()) AuthorityOption { return func(a *Authority) { a.watch = f } }

// NewAuthority makes an authority over the commands to inner.
func NewAuthority(inner Commander, opts ...AuthorityOption) *Authority {
	a := &Authority{
		inner: inner, approval: 5 * time.Minute, longest: 12 * time.Hour,
		clock: love.SystemClock{}, watch: func() {}, changed: make(chan struct{}, 1),
	}
	for _, o := range opts {
		o(a)
	}
	return a
}

// Execute implements [Commander]. A command that somebody else's authority
// excludes is 403; one that has to be approved is 202, and executed when
// [Authority.Approve] is called.
func (a *Authority) Execute(ctx context.Context, r Request) (Reply, error) {
	switch reply, needsApproval, stopped := a.decide(r); {
	case stopped:
		a.refuse(ctx, r, reply)
		return reply, nil
	case needsApproval:
		return a.await(ctx, r)
	}
	return a.inner.Execute(ctx, r)
}

func (a *Authority) decide(r Request) (reply Reply, needsApproval, stopped bool) {
	defer a.tell()
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.judge(r)
}

func (a *Authority) refuse(ctx context.Context, r Request, reply Reply) {
	if a.recorder != nil {
		a.recorder.Refuse(ctx, r, reply)
	}
}

// await has a command wait for approval, once it is in the record.
func (a *Authority) await(ctx context.Context, r Request) (Reply, error) {
	c, _ := r.Command() // judge has read it
	now := a.clock.Now()
	w := Waiting{User: r.User, Command: c, Since: now, Until: now.Add(a.approval), request: r}
	text := fmt.Sprintf("The command waits for a second person's approval until %s", clockTime(w.Until))
	if a.recorder == nil {
		w.ID, _ = a.ids.next(now)
	} else {
		recorded, err := a.recorder.Await(ctx, r, AckReply(http.StatusAccepted, text+"."))
		if err != nil {
			return Reply{}, err
		}
		w.ID, w.request = recorded.awaited.ID, recorded
	}
	defer a.tell()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting, a.news = append(a.waiting, w), true
	return AckReply(http.StatusAccepted, text+", as "+w.ID+"."), nil
}

// judge tells whether a command is stopped, with the reply to it, or else
// whether it needs approval. A command that cannot be read while there is
// anything to check is stopped.
func (a *Authority) judge(r Request) (reply Reply, needsApproval, stopped bool) {
	a.expire(a.clock.Now())
	if len(a.holds) == 0 && len(a.demanded) == 0 {
		return Reply{}, false, false
	}
	c, err := r.Command()
	if err != nil {
		return refuse(err), false, true
	}
	for _, h := range a.holds {
		if h.User != r.User && h.Pattern.Matches(c) {
			return AckReply(http.StatusForbidden, fmt.Sprintf(
				"%s holds the authority over %s until %s. Nothing was sent: ask %s, or an administrator, to release it.",
				h.User, h.Pattern, clockTime(h.Until), h.User)), false, true
		}
	}
	needsApproval = slices.ContainsFunc(a.demanded, func(p Pattern) bool { return p.Matches(c) })
	if needsApproval && len(a.waiting) == maxWaiting {
		return AckReply(http.StatusServiceUnavailable, "Too many commands wait for approval. Nothing was sent."), false, true
	}
	return Reply{}, needsApproval, false
}

// maxWaiting bounds the commands that wait for approval.
const maxWaiting = 100

func clockTime(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

// Take gives a user the authority over a pattern for some time. Who holds the
// same pattern already prolongs it. What somebody else holds, or part of it,
// is [ErrHeld].
func (a *Authority) Take(user string, p Pattern, d time.Duration) (Hold, error) {
	if d <= 0 || d > a.longest {
		return Hold{}, fmt.Errorf("authority is taken for a time up to %s, not for %s", a.longest, d)
	}
	now := a.clock.Now()
	defer a.tell()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(now)
	for i, h := range a.holds {
		switch {
		case h.User != user && h.Pattern.Overlaps(p):
			return Hold{}, fmt.Errorf("%w: %s has the authority over %s until %s", ErrHeld, h.User, h.Pattern, clockTime(h.Until))
		case h.User == user && h.Pattern == p:
			a.holds[i].Until, a.news = now.Add(d), true
			return a.holds[i], nil
		}
	}
	id, _ := a.ids.next(now)
	h := Hold{ID: id, Pattern: p, User: user, Since: now, Until: now.Add(d)}
	a.holds, a.news = append(a.holds, h), true
	return h, nil
}

// Release ends an authority. The user is whoever releases it: who holds it, or
// anybody if administrator is true.
func (a *Authority) Release(id, user string, administrator bool) error {
	defer a.tell()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(a.clock.Now())
	i := slices.IndexFunc(a.holds, func(h Hold) bool { return h.ID == id })
	switch {
	case i < 0:
		return ErrNoSuch
	case a.holds[i].User != user && !administrator:
		return fmt.Errorf("%w: %s holds it", ErrNotYours, a.holds[i].User)
	}
	a.holds, a.news = slices.Delete(a.holds, i, i+1), true
	return nil
}

// Approve executes a command that waits, in the name of who gave it; the user
// is the second person.
func (a *Authority) Approve(ctx context.Context, id, user string) (Reply, error) {
	w, err := a.settle(id, func(w Waiting) error {
		if w.User == user {
			return fmt.Errorf("%w: a second person has to approve it", ErrNotYours)
		}
		for _, h := range a.holds { // taken since
			if h.User != w.User && h.Pattern.Matches(w.Command) {
				return fmt.Errorf("%w: %s has the authority over %s until %s", ErrHeld, h.User, h.Pattern, clockTime(h.Until))
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

// Dismiss drops a command that waits. Anybody who may command can.
func (a *Authority) Dismiss(ctx context.Context, id, user string) error {
	w, err := a.settle(id, func(Waiting) error { return nil })
	if err == nil {
		a.refuse(ctx, w.request, AckReply(http.StatusForbidden, fmt.Sprintf("%s did not approve the command.", user)))
	}
	return err
}

// settle takes a command out of those that wait, if that is allowed.
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
	a.waiting, a.news = slices.Delete(a.waiting, i, i+1), true
	return w, nil
}

// Holds are the authorities that are held, the oldest first.
func (a *Authority) Holds() []Hold {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(a.clock.Now())
	return slices.Clone(a.holds)
}

// Waiting are the commands that wait for approval, the oldest first.
func (a *Authority) Waiting() []Waiting {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(a.clock.Now())
	return slices.Clone(a.waiting)
}

// expire drops that whose time is over.
func (a *Authority) expire(now time.Time) {
	had := len(a.holds) + len(a.waiting)
	a.holds = slices.DeleteFunc(a.holds, func(h Hold) bool { return !now.Before(h.Until) })
	a.waiting = slices.DeleteFunc(a.waiting, func(w Waiting) bool {
		over := !now.Before(w.Until)
		if over {
			a.lapsed = append(a.lapsed, w)
		}
		return over
	})
	a.news = a.news || len(a.holds)+len(a.waiting) < had
}

// tell has the watcher look if something changed, Run look for the next end,
// and what nobody approved recorded.
func (a *Authority) tell() {
	a.mu.Lock()
	news, lapsed := a.news, a.lapsed
	a.news, a.lapsed = false, nil
	a.mu.Unlock()
	if !news {
		return
	}
	for _, w := range lapsed {
		a.refuse(context.Background(), w.request, AckReply(http.StatusForbidden, "Nobody approved the command in time."))
	}
	a.watch()
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

// Run tells the watcher when the time of something is over, until ctx ends; it
// returns ctx's error.
func (a *Authority) Run(ctx context.Context) error {
	for {
		a.mu.Lock()
		a.expire(a.clock.Now())
		a.mu.Unlock()
		a.tell()
		timer := a.clock.NewTimer(a.untilNextEnd())
		select {
		case <-timer.C():
		case <-a.changed:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// untilNextEnd is how long nothing ends by itself.
func (a *Authority) untilNextEnd() time.Duration {
	const nothing = time.Hour // to wait for: what comes wakes Run
	now := a.clock.Now()
	next := now.Add(nothing)
	for _, h := range a.Holds() {
		next = earlier(next, h.Until)
	}
	for _, w := range a.Waiting() {
		next = earlier(next, w.Until)
	}
	return next.Sub(now)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
