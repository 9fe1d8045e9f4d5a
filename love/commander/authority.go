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

// The errors of an [Authority] that a caller can tell apart.
var (
	// ErrHeld reports that somebody else holds this authority, or one that
	// overlaps with it.
	ErrHeld = errors.New("held by somebody else")
	// ErrNotYours reports that the user is neither the holder of an authority
	// nor an administrator, or would approve a command of their own.
	ErrNotYours = errors.New("not yours to decide")
	// ErrHoldTime reports a time for which authority cannot be taken.
	ErrHoldTime = errors.New("authority cannot be taken for so long")
	// ErrTooManyHolds reports that no more authorities can be held at once.
	ErrTooManyHolds = errors.New("too many authorities are held at once")
	// ErrNoSuch reports that there is no such authority or approval, or no longer.
	ErrNoSuch = errors.New("no such authority or approval, or its time is over")
)

// Authority is a [Commander] that guards another. While a user holds the
// authority over a [love.CommandPattern] of commands, those of others are answered 403.
// Commands that match [WithApproval] are answered 202 and wait, in this process
// only, until a second person approves. While nothing is held and no approval
// is demanded, requests pass without being parsed. It is safe for concurrent
// use; [Authority.Run] notices what expires and what other managers change.
type Authority struct {
	inner    Commander
	holds    Holds
	recorder *Recorder // inner, if it is one
	demanded []love.CommandPattern
	approval time.Duration
	longest  time.Duration
	clock    love.Clock
	watch    func()
	ids      ids
	changed  chan struct{}
	telling  sync.Mutex // held while watch is called: one call at a time

	mu      sync.Mutex
	waiting []Waiting
	coming  int       // places that take has reserved
	lapsed  []Waiting // expired, still to be recorded as refused
	told    []term    // the state that the watcher knows
}

// term is a hold or a waiting command, and when it ends.
type term struct {
	id    string
	until time.Time
}

// AuthorityOption changes a default of [NewAuthority].
type AuthorityOption func(*Authority)

// WithHolds sets the store of who holds authority. Default: in memory.
func WithHolds(h Holds) AuthorityOption { return func(a *Authority) { a.holds = h } }

// WithApproval demands a second person's approval for the commands that the
// patterns select. Default: for none.
func WithApproval(patterns ...love.CommandPattern) AuthorityOption {
	return func(a *Authority) { a.demanded = patterns }
}

// WithApprovalTime sets how long a command waits for approval. Default:
// 5 minutes.
func WithApprovalTime(d time.Duration) AuthorityOption {
	return func(a *Authority) { a.approval = d }
}

// WithLongestHold bounds the time for which authority can be taken. Default:
// 12 h, a night.
func WithLongestHold(d time.Duration) AuthorityOption { return func(a *Authority) { a.longest = d } }

// WithAuthorityClock sets the clock. Default: that of the system.
func WithAuthorityClock(c love.Clock) AuthorityOption { return func(a *Authority) { a.clock = c } }

// WithAuthorityWatcher makes the authority call f after the result of
// [Authority.Holds] or [Authority.Waiting] has changed. f must not block.
// Changes by other processes, and what expires, are noticed while
// [Authority.Run] runs.
func WithAuthorityWatcher(f func()) AuthorityOption { return func(a *Authority) { a.watch = f } }

// NewAuthority returns an authority over the commands to inner. If inner is a
// [*Recorder], commands that are refused or have to wait are recorded, too.
func NewAuthority(inner Commander, opts ...AuthorityOption) *Authority {
	a := &Authority{
		inner: inner, holds: NewMemoryHolds(), approval: 5 * time.Minute, longest: 12 * time.Hour,
		clock: love.SystemClock{}, watch: func() {}, changed: make(chan struct{}, 1),
	}
	a.recorder, _ = inner.(*Recorder)
	for _, o := range opts {
		o(a)
	}
	return a
}

// Execute implements [Commander]. A command that somebody else's authority
// excludes is answered 403. One that needs approval is answered 202, and
// executed by [Authority.Approve].
func (a *Authority) Execute(ctx context.Context, r Request) (Reply, error) {
	switch reply, needsApproval, stopped := a.judge(r); {
	case stopped:
		a.recordRefusal(ctx, r, reply)
		return reply, nil
	case needsApproval:
		return a.await(ctx, r)
	}
	return a.inner.Execute(ctx, r)
}

func (a *Authority) recordRefusal(ctx context.Context, r Request, reply Reply) {
	if a.recorder != nil {
		a.recorder.Refuse(ctx, r, reply)
	}
}

// judge tells whether a command is stopped, with the reply to it, or else
// whether it needs approval. If there is anything to check, a command that
// cannot be parsed is stopped.
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
		return wrongRequest(err), false, true
	}
	for _, h := range held {
		if h.User != r.User && h.Pattern.Matches(c) {
			return AckReply(http.StatusForbidden, fmt.Sprintf(
				"%s holds the authority over %s until %s. Nothing was sent: ask %s, or an administrator, to release it.",
				h.User, h.Pattern, clockTime(h.Until), h.User)), false, true
		}
	}
	needsApproval = slices.ContainsFunc(a.demanded, func(p love.CommandPattern) bool { return p.Matches(c) })
	return Reply{}, needsApproval, false
}

func unknownHolds(err error) error {
	return &NoReplyError{
		Status: http.StatusServiceUnavailable, RetryAfter: retryAfter, Err: err,
		Text: "The command was not sent, because it cannot be known at the moment who holds authority over it. Try again; if it lasts, the manager's database needs attention.",
	}
}

func clockTime(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

// tell drops what has expired, records it as refused, and wakes the watcher and
// Run if anything has changed. known is false if the holds could not be read.
func (a *Authority) tell() (known bool) {
	held, err := a.Holds()
	if err != nil {
		return false
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
		a.recordRefusal(context.Background(), w.request, AckReply(http.StatusForbidden, "Nobody approved the command in time."))
	}
	if changed {
		a.telling.Lock()
		a.watch()
		a.telling.Unlock()
		a.wake()
	}
	return true
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

// wake makes Run look for changes.
func (a *Authority) wake() {
	select {
	case a.changed <- struct{}{}:
	default: // Run is about to look
	}
}

// Run tells the watcher what other processes change and what expires, until ctx
// ends; it returns ctx's error.
func (a *Authority) Run(ctx context.Context) error {
	defer a.holds.Watch(a.wake)()
	for {
		wait := time.Second // until the holds can be read again
		if a.tell() {
			wait = a.untilNextEnd()
		}
		timer := a.clock.NewTimer(wait)
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

// untilNextEnd returns the time until the next hold or waiting command ends, at
// most an hour.
func (a *Authority) untilNextEnd() time.Duration {
	const most = time.Hour // arbitrary: a change wakes Run
	now := a.clock.Now()
	next := now.Add(most)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range a.told {
		if t.until.Before(next) {
			next = t.until
		}
	}
	return next.Sub(now)
}
