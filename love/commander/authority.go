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
	// ErrHoldTime: authority cannot be taken for such a time.
	ErrHoldTime = errors.New("authority is not taken for such a time")
	// ErrNoSuch: there is no such authority or approval, or no longer.
	ErrNoSuch = errors.New("no such authority or approval, or its time is over")
)

// Authority is a [Commander] that lets through to another only the commands of
// whom nobody has excluded: a user may hold the authority over a pattern of
// commands for some time, and a pattern can demand that a second person
// approves. While nothing is held or demanded it lets everything through. What
// is held is kept in [Holds]; what waits for approval is known to this process
// alone. It is safe for concurrent use.
type Authority struct {
	inner    Commander
	holds    Holds
	recorder *Recorder // nil: none
	demanded []Pattern
	approval time.Duration
	longest  time.Duration
	clock    love.Clock
	watch    func()
	ids      ids
	changed  chan struct{}

	mu      sync.Mutex
	waiting []Waiting
	lapsed  []Waiting // whose time is over, to be recorded
	told    []term    // what the watcher knows
}

// term is something that ends.
type term struct {
	id    string
	until time.Time
}

// AuthorityOption changes a default of [NewAuthority].
type AuthorityOption func(*Authority)

// WithHolds sets where it is kept who holds authority. Default: in memory.
func WithHolds(h Holds) AuthorityOption { return func(a *Authority) { a.holds = h } }

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
// [Authority.Waiting] tell has changed. f must not block. What other processes
// change, and that the time of something is over, is noticed while
// [Authority.Run] runs.
func WithAuthorityWatcher(f func()) AuthorityOption { return func(a *Authority) { a.watch = f } }

// NewAuthority makes an authority over the commands to inner.
func NewAuthority(inner Commander, opts ...AuthorityOption) *Authority {
	a := &Authority{
		inner: inner, holds: NewMemoryHolds(), approval: 5 * time.Minute, longest: 12 * time.Hour,
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
	switch reply, needsApproval, stopped := a.judge(r); {
	case stopped:
		a.refuse(ctx, r, reply)
		return reply, nil
	case needsApproval:
		return a.await(ctx, r)
	}
	return a.inner.Execute(ctx, r)
}

func (a *Authority) refuse(ctx context.Context, r Request, reply Reply) {
	if a.recorder != nil {
		a.recorder.Refuse(ctx, r, reply)
	}
}

// judge tells whether a command is stopped, with the reply to it, or else
// whether it needs approval. A command that cannot be read while there is
// anything to check is stopped.
func (a *Authority) judge(r Request) (reply Reply, needsApproval, stopped bool) {
	held, err := a.Holds()
	if err != nil {
		return ReplyTo(unknownHolds(err)), false, true
	}
	if len(held) == 0 && len(a.demanded) == 0 {
		return Reply{}, false, false
	}
	c, err := r.Command()
	if err != nil {
		return refuse(err), false, true
	}
	for _, h := range held {
		if h.User != r.User && h.Pattern.Matches(c) {
			return AckReply(http.StatusForbidden, fmt.Sprintf(
				"%s holds the authority over %s until %s. Nothing was sent: ask %s, or an administrator, to release it.",
				h.User, h.Pattern, clockTime(h.Until), h.User)), false, true
		}
	}
	needsApproval = slices.ContainsFunc(a.demanded, func(p Pattern) bool { return p.Matches(c) })
	if needsApproval && len(a.Waiting()) >= maxWaiting {
		return AckReply(http.StatusServiceUnavailable, "Too many commands wait for approval. Nothing was sent."), false, true
	}
	return Reply{}, needsApproval, false
}

func unknownHolds(err error) error {
	return &NoReplyError{
		Status: http.StatusServiceUnavailable, RetryAfter: retryAfter, Err: err,
		Text: "The command was not sent, because it cannot be known at the moment who holds authority over it. Try again; if it lasts, the manager's database needs attention.",
	}
}

func clockTime(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

// tell has the watcher look if something changed, Run look for the next end,
// and what nobody approved recorded.
func (a *Authority) tell() {
	held, err := a.Holds()
	if err != nil {
		return // what cannot be known has not changed
	}
	a.mu.Lock()
	a.expire(a.clock.Now())
	now := terms(held, a.waiting)
	changed := !slices.Equal(now, a.told)
	a.told = now
	lapsed := a.lapsed
	a.lapsed = nil
	a.mu.Unlock()
	for _, w := range lapsed {
		a.refuse(context.Background(), w.request, AckReply(http.StatusForbidden, "Nobody approved the command in time."))
	}
	if changed {
		a.watch()
		a.wake()
	}
}

func terms(held []Hold, waiting []Waiting) (all []term) {
	for _, h := range held {
		all = append(all, term{h.ID, h.Until})
	}
	for _, w := range waiting {
		all = append(all, term{w.ID, w.Until})
	}
	return all
}

// wake has Run look.
func (a *Authority) wake() {
	select {
	case a.changed <- struct{}{}:
	default: // it will
	}
}

// Run tells the watcher what other processes change and when the time of
// something is over, until ctx ends; it returns ctx's error.
func (a *Authority) Run(ctx context.Context) error {
	defer a.holds.Watch(a.wake)()
	for {
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
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range a.told {
		if t.until.Before(next) {
			next = t.until
		}
	}
	return next.Sub(now)
}
